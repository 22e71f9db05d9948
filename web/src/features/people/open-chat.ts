/** Finding the way from a friend to the DM of two with them, which is made where there is none. */

import { SottoError, type Dm, type Sotto } from "@sotto/sdk";

/** What this needs of a session. */
export type ChatOpener = Pick<Sotto, "username" | "state" | "dms" | "createDm">;

/** The DMs whose members are these two now: the DM of two, and groups that everybody else has left. */
export function betweenTwo(dms: readonly Dm[], self: string, name: string): readonly Dm[] {
  return dms
    .filter((dm) => dm.users.length === 2 && dm.users.includes(self) && dm.users.includes(name))
    .sort((one, other) => Number(one.name !== null) - Number(other.name !== null) || one.id - other.id);
}

const known = new WeakMap<ChatOpener, Map<string, number>>();

/**
 * The id of the DM of two. Who has left a group may still know its key, so a group that shrank to two is not taken for one: only the
 * server knows which DM was created for two, and says so by refusing another (`dm_exists`, R-309). That is asked once in a session; where
 * the server cannot be asked, what looks like the DM of two is opened.
 */
export async function chatWith(sotto: ChatOpener, name: string): Promise<number> {
  const remembered = known.get(sotto) ?? new Map<string, number>();
  known.set(sotto, remembered);
  const candidates = betweenTwo(await sotto.dms(), sotto.username, name);
  const before = remembered.get(name);
  if (before !== undefined && candidates.some((dm) => dm.id === before)) return before;
  const [likely] = candidates;
  if (sotto.state !== "online" && likely !== undefined) return likely.id;
  try {
    const made = await sotto.createDm([name]);
    remembered.set(name, made.id);
    return made.id;
  } catch (error) {
    if (!(error instanceof SottoError)) throw error;
    const exists = error.isRefusal("dm_exists");
    // The list may be older than the DM: it was made on another device, or by the other one, a moment ago.
    const found = (likely ?? (exists ? betweenTwo(await sotto.dms(), sotto.username, name)[0] : undefined))?.id;
    if (found === undefined) throw error;
    if (exists) remembered.set(name, found);
    return found;
  }
}
