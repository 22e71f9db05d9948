/** What an avatar shows: which pictures are let in, the initials, a colour that stays the same for a name. */

// What a server or another user calls a picture is shown only if it carries its bytes itself: no address is ever fetched, no SVG run.
const PICTURE = /^data:image\/(?:png|jpeg|webp|gif|avif);base64,[A-Za-z0-9+/]+={0,2}$/;

/** The picture, where it is one that may be shown; else null. */
export function safePicture(picture: string | null | undefined): string | null {
  return picture !== null && picture !== undefined && PICTURE.test(picture) ? picture : null;
}

/** One or two characters for a name, as a reader counts characters. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word: string | undefined) => (word === undefined ? "" : firstCharacter(word));
  const letters = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0] ?? name.trim());
  return letters.toLocaleUpperCase("en-GB") || "?";
}

function firstCharacter(word: string): string {
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(word)) return segment;
  return "";
}

/** How many colours there are; see Avatar.module.css. */
export const COLOURS = 8;

/** Which of the colours a name has (FNV-1a). */
export function colourOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const unit of new TextEncoder().encode(name)) hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  return hash % COLOURS;
}
