/** What may be a username, in sentences. */

/** The name as it is registered: in Unicode's NFC. */
export const tidyName = (typed: string): string => typed.normalize("NFC");

/** What is wrong with a name, in a sentence; null for one that may be registered if it is free. */
export function nameProblem(typed: string): string | null {
  const name = tidyName(typed);
  if (name === "") return "Choose a name.";
  if (/^\s|\s$/u.test(name)) return "A name cannot begin or end with a space.";
  if (/\s\s/u.test(name)) return "A name cannot have two spaces in a row.";
  if (/[@/:]/.test(name)) return "A name cannot have @, / or : in it.";
  if (/\p{C}/u.test(name)) return "There is a character in it that cannot be seen or is not known.";
  if (new TextEncoder().encode(name).length > 64) return "That is too long: a name has at most 64 bytes, which are 64 Latin letters.";
  return null;
}
