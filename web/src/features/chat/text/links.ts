/** Web addresses in messages: where they are in a text, which may be followed, and what host a link really leads to. */

/** A stretch of text, or an address in it. */
export type Piece = { readonly text: string } | { readonly text: string; readonly href: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"\u0000-\u001f]{1,2048}/giu;
const TRAILING = /[.,:;!?'*_~|\\`…»”’]+$/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const NAME_LIKE = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

/** Answers the address in the form a browser would open, where it is one of the web or of mail; else null. */
export function safeHref(address: string | undefined): string | null {
  if (address === undefined) return null;
  try {
    const url = new URL(address);
    if (url.protocol === "mailto:") return url.href;
    return (url.protocol === "https:" || url.protocol === "http:") && url.host !== "" ? url.href : null;
  } catch {
    return null;
  }
}

/** What belongs to the sentence around an address, not to it: punctuation, and brackets that were opened before. */
function trimmed(found: string): string {
  let address = found;
  for (;;) {
    const shorter = address.replace(TRAILING, "");
    const end = shorter.at(-1) ?? "";
    const open = end === ")" ? "(" : end === "]" ? "[" : null;
    if (open === null || count(shorter, open) >= count(shorter, end)) return shorter;
    address = shorter.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  let found = 0;
  for (const each of text) if (each === character) found += 1;
  return found;
}

/** Addresses made links in one text; more stay text, so that no message takes long to show. */
const MAX_LINKS = 200;

/** Splits a text at the addresses in it. */
export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  let links = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (links === MAX_LINKS) break;
    const address = trimmed(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > done) pieces.push({ text: text.slice(done, match.index) });
    pieces.push({ text: address, href });
    done = match.index + address.length;
    links += 1;
  }
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/**
 * What must stand beside a link's text so that nobody is misled about where it leads: the host, or the mail address. Null where the text
 * is the
 * address itself, or names just this host.
 */
export function trueTarget(text: string, href: string): string | null {
  const url = new URL(href);
  const target = url.protocol === "mailto:" ? decodeQuietly(url.pathname) : url.host;
  if (BIDI.test(text) || url.username !== "" || url.password !== "") return target;
  if (url.protocol === "mailto:") return text.trim() === target || text.trim() === href ? null : target;
  // Whatever looks like a host in the text has to be the host; letters that look alike differ here, as the target's are in Punycode.
  const plain = text.trim();
  const named = /^https?:\/\//i.test(plain) ? hostOf(plain) : null;
  if (named !== null) return named === url.host && plain.toLowerCase().includes(url.host) ? null : target;
  const names = plain.toLowerCase().match(NAME_LIKE) ?? [];
  return names.length === 1 && names[0] === url.hostname && plain.toLowerCase().startsWith(url.hostname) ? null : target;
}

function hostOf(address: string): string | null {
  try {
    return new URL(address).host;
  } catch {
    return null;
  }
}

function decodeQuietly(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
