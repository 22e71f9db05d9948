/** The 60 digits of safety numbers and group codes: their form, and what people type or paste of them. */

/** How many digits a safety number (C-407) or group code (C-408) has. */
export const DIGITS = 60;
const GROUP = 5;

/** Only the digits, whatever stands between them; digits of other scripts count as what they mean. */
export function onlyDigits(text: string): string {
  return text.normalize("NFKC").replace(/[^0-9]/gu, "");
}

/** 60 digits as 12 groups of 5, whatever stood between them; null for anything else. */
export function groupsOf(text: string): readonly string[] | null {
  if (!/^[0-9\s]*$/u.test(text)) return null;
  const digits = text.replace(/\s/gu, "");
  if (digits.length !== DIGITS) return null;
  return Array.from({ length: DIGITS / GROUP }, (_, at) => digits.slice(at * GROUP, (at + 1) * GROUP));
}

/** How a typed or pasted number stands to the one shown here. */
export type Comparison =
  /** Nothing to compare yet, or not enough digits. */
  | { readonly state: "incomplete"; readonly missing: number }
  | { readonly state: "match" }
  /** `group`: the first of the 12 groups that differs, from 1; null where there are too many digits. */
  | { readonly state: "mismatch"; readonly group: number | null };

/** Compares as much as there is: a group that is complete and wrong is a mismatch at once. */
export function compareDigits(mine: string, typed: string): Comparison {
  const own = onlyDigits(mine);
  const theirs = onlyDigits(typed);
  if (theirs.length > DIGITS) return { state: "mismatch", group: null };
  for (let at = 0; at + GROUP <= theirs.length; at += GROUP) {
    if (own.slice(at, at + GROUP) !== theirs.slice(at, at + GROUP)) return { state: "mismatch", group: at / GROUP + 1 };
  }
  return theirs.length < DIGITS ? { state: "incomplete", missing: DIGITS - theirs.length } : { state: "match" };
}
