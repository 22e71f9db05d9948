/** The DMs as last seen, for a start without the network: names stay sealed, and what opens them lies in `own_storage`. */

import { readJson } from "./store/json.js";
import type { Store } from "./store/store.js";
import type * as protocol from "./protocol.js";

const PREFIX = "dm-";

/** The ids of all DMs, as the server listed them last. */
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
  #listed: ReadonlySet<number> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes up what an earlier run has seen. */
  async recall(): Promise<void> {
    const listed = await readJson<number[]>(this.#store, LISTED).catch(() => undefined);
    this.#listed = listed && new Set(listed);
    for (const key of await this.#store.keys(PREFIX)) {
      const kept = await readJson<KnownDm>(this.#store, key).catch(() => undefined);
      // Who is in a call is no news from long ago.
      if (kept !== undefined) this.#dms.set(kept.dm.id, { ...kept, dm: { ...kept.dm, users_in_call: [] } });
    }
  }

  /** All DMs, by id; undefined where not all of them have been seen. */
  list(): KnownDm[] | undefined {
    if (this.#listed === undefined) return undefined;
    const known = [...this.#listed].sort((a, b) => a - b).map((id) => this.#dms.get(id));
    return known.every((dm) => dm !== undefined) ? known : undefined;
  }

  /** The ids of all that have been seen. */
  ids(): number[] {
    return [...this.#dms.keys()];
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
    if (this.#listed?.has(id) === false) await this.#list([...this.#listed, id]);
    if (before !== undefined && lasting(before) === lasting(known)) return;
    const bytes = new TextEncoder().encode(lasting(known));
    await this.#store.update(PREFIX + String(id), () => bytes);
  }

  /** The whole list as the server shows it now: what is not among it is gone. */
  async keepOnly(ids: readonly number[]): Promise<void> {
    const kept = new Set(ids);
    for (const id of this.ids()) if (!kept.has(id)) await this.drop(id);
    if (this.#listed?.size !== kept.size || ids.some((id) => this.#listed?.has(id) === false)) await this.#list(ids);
  }

  async #list(ids: readonly number[]): Promise<void> {
    this.#listed = new Set(ids);
    const bytes = new TextEncoder().encode(JSON.stringify(ids));
    await this.#store.update(LISTED, () => bytes);
  }

  /** A DM is gone. */
  async drop(dm: number): Promise<void> {
    this.#dms.delete(dm);
    if (this.#listed?.has(dm) === true) await this.#list([...this.#listed].filter((id) => id !== dm));
    await this.#store.update(PREFIX + String(dm), () => undefined);
  }
}

/** What is kept, as text. */
function lasting(known: KnownDm): string {
  return JSON.stringify({ ...known, dm: { ...known.dm, users_in_call: [] } });
}
