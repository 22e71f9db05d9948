/** The DMs as last seen, for a start without the network: names stay sealed, and what opens them lies in `own_storage`. */

import { readJson } from "./store/json.js";
import type { Store } from "./store/store.js";
import type * as protocol from "./protocol.js";

const PREFIX = "dm-";

/** Says that the list of DMs has been read once. */
const LISTED = "dms";

/** What is kept of a DM. */
export interface KnownDm {
  readonly dm: protocol.Dm;
  /** The signed GroupInfo (hex). */
  readonly info: string | null;
}

/** The DMs as last seen. */
export class KnownDms {
  readonly #store: Store;
  readonly #dms = new Map<number, KnownDm>();
  #listed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes up what an earlier run has seen. */
  async recall(): Promise<void> {
    this.#listed = (await this.#store.read(LISTED)) !== undefined;
    for (const key of await this.#store.keys(PREFIX)) {
      const kept = await readJson<KnownDm>(this.#store, key).catch(() => undefined);
      // Who is in a call is no news from long ago.
      if (kept !== undefined) this.#dms.set(kept.dm.id, { ...kept, dm: { ...kept.dm, users_in_call: [] } });
    }
  }

  /** All that are known, by id; undefined where the list was never read. */
  list(): KnownDm[] | undefined {
    return this.#listed ? [...this.#dms.values()].sort((a, b) => a.dm.id - b.dm.id) : undefined;
  }

  get(dm: number): KnownDm | undefined {
    return this.#dms.get(dm);
  }

  /** A DM as the server shows it now; `info` where it was told. */
  async put(seen: protocol.Dm, info?: string | null): Promise<void> {
    const { id, users, name, created_at, users_in_call } = seen;
    const before = this.#dms.get(id);
    const known = { dm: { id, users, name, created_at, users_in_call }, info: info ?? before?.info ?? null };
    this.#dms.set(id, known);
    if (before !== undefined && lasting(before) === lasting(known)) return;
    const bytes = new TextEncoder().encode(lasting(known));
    await this.#store.update(PREFIX + String(id), () => bytes);
  }

  /** The whole list as the server shows it now: what is not among it is gone. */
  async keepOnly(ids: readonly number[]): Promise<void> {
    const kept = new Set(ids);
    for (const id of [...this.#dms.keys()]) if (!kept.has(id)) await this.drop(id);
    if (this.#listed) return;
    this.#listed = true;
    await this.#store.update(LISTED, () => new Uint8Array([1]));
  }

  /** A DM is gone. */
  async drop(dm: number): Promise<void> {
    this.#dms.delete(dm);
    await this.#store.update(PREFIX + String(dm), () => undefined);
  }
}

/** What is kept, as text. */
function lasting(known: KnownDm): string {
  return JSON.stringify({ ...known, dm: { ...known.dm, users_in_call: [] } });
}
