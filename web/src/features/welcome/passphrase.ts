/** A passphrase that locks the keys on one device. */

/** The fewest characters of a passphrase. */
export const SHORTEST = 10;

/** What is wrong with a new passphrase, in a sentence; null where nothing is. */
export function passphraseProblem(passphrase: string): string | null {
  const length = [...passphrase].length;
  if (length < SHORTEST) return `Use at least ${SHORTEST} characters; a few words are easy to remember.`;
  if (new Set(passphrase).size < 4) return "That is too easy to guess.";
  return null;
}

/** What is wrong with the repetition. */
export const repeatProblem = (passphrase: string, repeated: string): string | null =>
  passphrase === repeated ? null : "The two are not the same.";
