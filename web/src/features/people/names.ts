/** Naming several people in a sentence, and the way to somebody's profile. */

/** «Ann», «Ann and Bob», «Ann, Bob and 3 others». */
export function peopleText(names: readonly string[]): string {
  const [first = "", second = "", third = ""] = names;
  if (names.length <= 1) return first;
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length === 3) return `${first}, ${second} and ${third}`;
  return `${first}, ${second} and ${names.length - 2} others`;
}

/** The profile of somebody. */
export const personPath = (name: string): string => `/person/${encodeURIComponent(name)}`;
