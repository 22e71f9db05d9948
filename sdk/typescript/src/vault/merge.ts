/** Two devices' `own_storage` become one (C-505, C-506): nothing that either of them kept is lost. */

import type { Content, KeptDm, KeptPin, KeptPrekey } from "./content.js";
import { join } from "./json.js";

/** Two devices saw different first keys for one name: `E_KEY_CHANGED`, for the user to decide. */
export interface PinConflict {
  /** Whose keys they are. */
  readonly username: string;
  /** The key (hex) that stays pinned until the user decides. */
  readonly pinned: string;
  /** The other one (hex). */
  readonly other: string;
}

/** Joins this device's content with what the server holds. Where only one value can stay and no rule decides, the server's does. */
export function merge(mine: Content, theirs: Content): { content: Content; conflicts: PinConflict[] } {
  const conflicts: PinConflict[] = [];
  const pins = union(mine.pins, theirs.pins, (own, other, username) => {
    const chosen = mergePin(own, other);
    if (own.ik !== other.ik && !own.byUser && !other.byUser) {
      conflicts.push({ username, pinned: chosen.ik, other: chosen.ik === own.ik ? other.ik : own.ik });
    }
    return chosen;
  });
  const dms = union(mine.dms, theirs.dms, mergeDm);
  const bound = new Set([...dms.values()].map((dm) => dm.groupId));
  const pending = union(mine.pending, theirs.pending, (_, other) => other);
  const content = {
    v: Math.max(mine.v, theirs.v),
    spks: mergePrekeys(mine.spks, theirs.spks),
    dms,
    // A group that one device has bound to its DM is pending nowhere.
    pending: new Map([...pending].filter(([giHash]) => !bound.has(giHash))),
    pins,
    extra: join(mine.extra, theirs.extra),
  };
  return { content, conflicts };
}

function union<K, V>(mine: ReadonlyMap<K, V>, theirs: ReadonlyMap<K, V>, both: (mine: V, theirs: V, key: K) => V): Map<K, V> {
  const joined = new Map(theirs);
  for (const [key, value] of mine) {
    const other = theirs.get(key);
    joined.set(key, other === undefined ? value : both(value, other, key));
  }
  return joined;
}

function mergePrekeys(mine: readonly KeptPrekey[], theirs: readonly KeptPrekey[]): KeptPrekey[] {
  const spks = [...theirs];
  for (const spk of mine) {
    const at = spks.findIndex((other) => sameSecret(other.private, spk.private));
    const same = spks[at];
    if (same === undefined) {
      spks.push(spk);
    } else {
      spks[at] = { ...same, retiredAt: earlier(same.retiredAt, spk.retiredAt), extra: join(spk.extra, same.extra) };
    }
  }
  return spks.sort((a, b) => order(a.createdAt, b.createdAt) || order(a.private, b.private));
}

function mergeDm(mine: KeptDm, theirs: KeptDm): KeptDm {
  // A DM id belongs to one group for ever. Were there two, the first that reached the server stays.
  if (mine.groupId !== theirs.groupId) {
    return theirs;
  }
  const leftAt = earlier(mine.leftAt, theirs.leftAt);
  const fresh = mine.epochs.filter((epoch) => theirs.epochs.every((other) => other.giHash !== epoch.giHash));
  const epochs = [...theirs.epochs, ...fresh].sort((a, b) => a.e - b.e || order(a.giHash, b.giHash));
  return { groupId: theirs.groupId, epochs: leftAt === undefined ? epochs : [], leftAt, extra: join(mine.extra, theirs.extra) };
}

function mergePin(mine: KeptPin, theirs: KeptPin): KeptPin {
  const [winner, loser] = outranks(mine, theirs) ? [mine, theirs] : [theirs, mine];
  if (mine.ik !== theirs.ik) {
    return winner;
  }
  const spkCreatedAt = mine.spkCreatedAt > theirs.spkCreatedAt ? mine.spkCreatedAt : theirs.spkCreatedAt;
  return { ...winner, spkCreatedAt, extra: join(loser.extra, winner.extra) };
}

/** A decision beats first sight, and the later of two decisions wins; of two first sights the first one is that. */
function outranks(a: KeptPin, b: KeptPin): boolean {
  if (a.byUser !== b.byUser) {
    return a.byUser;
  }
  if (a.decidedAt !== b.decidedAt) {
    return a.byUser === (a.decidedAt > b.decidedAt);
  }
  if (a.verified !== b.verified) {
    return a.verified;
  }
  return a.ik > b.ik;
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a < b ? a : b;
}

function order<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares two secrets of one length in a time that tells nothing of where they differ. */
function sameSecret(a: string, b: string): boolean {
  let differ = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) {
    differ |= a.charCodeAt(at) ^ b.charCodeAt(at);
  }
  return differ === 0;
}
