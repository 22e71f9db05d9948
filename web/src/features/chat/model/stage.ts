/** Splits a change of a virtual list into steps that touch one end at a time, which is what keeps the scroll position exact. */

/** Items in the order shown, each with a key of its own. */
export interface Keyed {
  readonly key: string;
}

/** One step: the items, and whether it differs from what is shown at its beginning (`shift`). */
export interface Step<T extends Keyed> {
  readonly items: readonly T[];
  readonly shift: boolean;
}

/**
 * The next step from what is shown to what is wanted. Where both ends differ, the first step changes the beginning alone and keeps the
 * end as it
 * is shown; calling again with its items gives the second.
 */
export function nextStep<T extends Keyed>(shown: readonly T[], wanted: readonly T[]): Step<T> {
  const first = shown[0];
  const last = shown.at(-1);
  if (first === undefined || last === undefined || wanted.length === 0) return { items: wanted, shift: false };
  const firstInWanted = wanted.findIndex(({ key }) => key === first.key);
  const wantedFirst = wanted[0];
  const wantedFirstInShown = shown.findIndex(({ key }) => key === wantedFirst?.key);
  const beginningDiffers = firstInWanted !== 0;
  if (!beginningDiffers || (firstInWanted < 0 && wantedFirstInShown < 0)) return { items: wanted, shift: false };
  if (wanted.at(-1)?.key === last.key) return { items: wanted, shift: true };
  const lastInWanted = wanted.findLastIndex(({ key }) => key === last.key);
  if (lastInWanted >= 0) return { items: wanted.slice(0, lastInWanted + 1), shift: true };
  const wantedLast = wanted.at(-1);
  const wantedLastInShown = shown.findLastIndex(({ key }) => key === wantedLast?.key);
  if (wantedLastInShown < 0) return { items: wanted, shift: false };
  return { items: [...wanted, ...shown.slice(wantedLastInShown + 1)], shift: true };
}
