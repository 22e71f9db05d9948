/** What is known of one DM that is followed: where the telling stands, and what was told since. See `follow.ts`. */

import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "./crypto/index.js";
import type * as protocol from "./protocol.js";

/** What is kept of one DM, as JSON. */
interface Kept {
  readonly cursor: string;
  readonly newest: string | null;
  readonly filling: boolean;
  readonly shown: readonly (readonly [number, string | null])[];
}

/** What is known of one DM. */
export class Followed {
  /** Everything before it was told. */
  cursor: string;
  /** The newest message that was told. */
  newest: string | null = null;
  /** History from `newest` on is still to be told: the DM is new, or the cursor was too old. */
  filling = false;
  /** What was told since the cursor: a digest of the state, or null for a message that is gone. */
  shown = new Map<number, string | null>();
  settling = true;
  /** A notice or a read failed: nothing of the DM is told until a read has succeeded. */
  behind = false;
  /** What the running chain of pages has touched, and the newest message in it. */
  touched = new Set<number>();
  seen: string | null = null;
  changed = true;

  constructor(cursor: string) {
    this.cursor = cursor;
  }

  /** Reads what {@link Followed.toBytes} wrote. A cursor that is damaged is none: the DM is told anew. */
  static from(bytes: Uint8Array | undefined): Followed | undefined {
    if (bytes === undefined) return undefined;
    try {
      const kept = JSON.parse(new TextDecoder().decode(bytes)) as Kept;
      if (typeof kept.cursor !== "string" || !Array.isArray(kept.shown)) return undefined;
      const followed = new Followed(kept.cursor);
      followed.newest = kept.newest;
      followed.filling = kept.filling;
      followed.shown = new Map(kept.shown);
      followed.changed = false;
      return followed;
    } catch {
      return undefined;
    }
  }

  toBytes(): Uint8Array {
    const kept: Kept = { cursor: this.cursor, newest: this.newest, filling: this.filling, shown: [...this.shown] };
    return new TextEncoder().encode(JSON.stringify(kept));
  }

  isNewer(wire: protocol.Message): boolean {
    return this.newest === null || wire.timestamp > this.newest;
  }

  show(wire: protocol.Message): void {
    this.shown.set(wire.id, digest(wire));
    this.seen = latest(this.seen, wire.timestamp);
    this.changed = true;
  }

  /** What was shown has become everything up to it. */
  advance(): void {
    this.newest = latest(this.newest, this.seen);
  }
}

function latest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/** Stands for a state of a message: equal for equal states, as 32 hex digits. */
export function digest(wire: protocol.Message): string {
  const reactions = wire.reactions.map(({ id, reaction }) => [id, reaction]);
  const state = [wire.sender, wire.message, wire.signature, wire.pinned, wire.delete_timestamp, reactions];
  return encodeHex(sha256(new TextEncoder().encode(JSON.stringify(state)))).slice(0, 32);
}
