/**
 * What the QR code of a safety number says: `sotto:1:<name>:<name>:<60 digits>`.
 *
 * - `sotto:1` names the form and its version; a reader refuses any other.
 * - The two names are the stored spellings, never folded (a user is addressed by that spelling alone, R-128, and the fingerprint is
 *   taken over it, C-406), percent-encoded as UTF-8 by `encodeURIComponent`, so that no `:` stands in them. The one whose UTF-8 bytes
 *   come first stands first, so that both people show the same code.
 * - The digits are those of C-407, without spaces.
 *
 * The digits alone decide. The names only let a reader say «that is the code of two other people» instead of raising an alarm.
 */

import { DIGITS, onlyDigits } from "./comparison";

/** What a scanned code says. */
export interface SafetyCode {
  readonly names: readonly [string, string];
  readonly digits: string;
}

/** How a scanned code stands to the safety number on the screen. */
export type ScanVerdict =
  | { readonly verdict: "match" }
  /** The same two people, other digits: somebody may stand between them. */
  | { readonly verdict: "mismatch" }
  /** A safety code of other people. */
  | { readonly verdict: "others"; readonly names: readonly [string, string] }
  /** No safety code at all. */
  | { readonly verdict: "foreign" };

const PREFIX = "sotto:1:";
const utf8 = new TextEncoder();

/** The order of two names by their UTF-8 bytes, which is not that of JavaScript's UTF-16 strings. */
function compareBytes(one: string, other: string): number {
  const a = utf8.encode(one);
  const b = utf8.encode(other);
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The text of the QR code. */
export function safetyPayload(one: string, other: string, digits: string): string {
  const [first, second] = compareBytes(one, other) <= 0 ? [one, other] : [other, one];
  return `${PREFIX}${encodeURIComponent(first)}:${encodeURIComponent(second)}:${onlyDigits(digits)}`;
}

/** The inverse of {@link safetyPayload}; null for anything else. */
export function readSafetyPayload(text: string): SafetyCode | null {
  if (!text.startsWith(PREFIX)) return null;
  const parts = text.slice(PREFIX.length).split(":");
  const [first, second, digits] = parts;
  if (parts.length !== 3 || first === undefined || second === undefined || digits === undefined) return null;
  if (digits.length !== DIGITS || !/^[0-9]+$/u.test(digits)) return null;
  try {
    return { names: [decodeURIComponent(first), decodeURIComponent(second)], digits };
  } catch {
    return null;
  }
}

/** Holds a scanned code against the number that this device computed for `mine` and `theirs`. */
export function judgeScan(text: string, mine: string, theirs: string, digits: string): ScanVerdict {
  const code = readSafetyPayload(text);
  if (code === null) return { verdict: "foreign" };
  if (text === safetyPayload(mine, theirs, digits)) return { verdict: "match" };
  const same = code.names.includes(mine) && code.names.includes(theirs);
  return same ? { verdict: "mismatch" } : { verdict: "others", names: code.names };
}
