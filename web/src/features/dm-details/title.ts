/** What a DM is called, and whether it is one with a single other person. */

import type { Dm } from "@sotto/sdk";

const list = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** The members besides the user. */
export function othersOf(dm: Dm, self: string): string[] {
  return dm.users.filter((name) => name !== self);
}

/** Its name, or else the others' names. */
export function titleOf(dm: Dm, self: string): string {
  if (dm.name?.ok === true && dm.name.value !== "") return dm.name.value;
  const others = othersOf(dm, self);
  return others.length === 0 ? "Nobody else" : list.format(others);
}
