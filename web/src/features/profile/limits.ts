/** What a profile may hold, and counting as the server counts. */

/** Code points of a biography. */
export const BIOGRAPHY_LIMIT = 500;
/** Code points of a status. */
export const STATUS_LIMIT = 64;
/** Bytes of the `data:` URL of a picture. */
export const PICTURE_LIMIT = 256 * 1024;
/** Pixels of a picture's side, as this client makes it. */
export const PICTURE_SIDE = 256;

/** Unicode code points, which is neither what `length` counts nor what a person would call characters. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** What `text` becomes on the wire: NUL and lone surrogates are refused by the server. */
export function cleanText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd").replaceAll("\0", "");
}

/** The length of a `data:` URL in base64 of so many bytes. */
export function dataUrlLength(type: string, bytes: number): number {
  return `data:${type};base64,`.length + Math.ceil(bytes / 3) * 4;
}

const tooLong = (over: number): string => `That is ${over} ${over === 1 ? "character" : "characters"} too long.`;

/** What is wrong with a status of one's own words, or null. */
export function statusProblem(text: string): string | null {
  const status = cleanText(text).trim();
  if (status === "") return "Write a few words, or choose one of the others.";
  const over = codePoints(status) - STATUS_LIMIT;
  return over > 0 ? tooLong(over) : null;
}

/** What is wrong with a biography, or null. */
export function biographyProblem(text: string): string | null {
  const over = codePoints(cleanText(text).trim()) - BIOGRAPHY_LIMIT;
  return over > 0 ? tooLong(over) : null;
}
