/** Whom a new DM is for: the chosen people in order, and what follows from how many they are. */

/** So many others a DM takes. */
export const OTHERS = 255;
/** Bytes of a DM's name (C-310). */
export const NAME_LIMIT = 780;

/** The chosen names with one more at the end; the same list where it is there already or there is no room. */
export function chosenWith(chosen: readonly string[], name: string): readonly string[] {
  return chosen.includes(name) || chosen.length >= OTHERS ? chosen : [...chosen, name];
}

/** How many bytes of UTF-8 a name has. */
export function nameBytes(name: string): number {
  return new TextEncoder().encode(name).length;
}

/** The name as it is sealed, or undefined for none: without white space at its ends, line breaks as spaces. */
export function sealedName(typed: string): string | undefined {
  const name = typed.replace(/\p{Surrogate}/gu, "\ufffd").replace(/\s+/gu, " ").trim();
  return name === "" ? undefined : name;
}

/** What is wrong with a name, or null. */
export function nameProblem(typed: string): string | null {
  const over = nameBytes(sealedName(typed) ?? "") - NAME_LIMIT;
  return over > 0 ? "That name is too long. Take about ten words." : null;
}
