/**
 * The newest messages of each DM, as sealed as the server sent them: what is shown at once and without the network. What a shelf
 * holds is a run without gaps that ends with the newest message.
 */

import type { Page } from "./model.js";
import type { Message } from "./protocol.js";
import type { Store } from "./store/store.js";
import { micros } from "./time.js";

/** Messages kept of one DM. */
export const KEEP = 200;

/** Characters of their sealed bytes kept of one DM. */
const KEEP_CHARACTERS = 2 << 20;

/** How many changes are remembered for {@link Recent.since}. */
const CHANGES = 4_000;

const PREFIX = "recent-";

function key(dm: number): string {
  return PREFIX + String(dm);
}

interface Kept {
  readonly complete: boolean;
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/** The newest messages of one DM. */
interface Shelf {
  /** Oldest first. */
  messages: Message[];
  /** Whether nothing is older than the oldest. */
  complete: boolean;
  changed: boolean;
}

/** What became of a message. */
export type Change = "put" | "removed";

/** The shelves of all DMs. */
export class Recent {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #shelves = new Map<number, Promise<Shelf>>();
  readonly #changes = new Map<number, { readonly tick: number; readonly change: Change }>();
  #tick = 0;

  /** `now`: milliseconds since 1970 UTC. */
  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** A point in time to ask {@link Recent.since} about. */
  mark(): number {
    return this.#tick;
  }

  /** What the server has told of a message since: an answer to an earlier question may be older than that. */
  since(mark: number, id: number): Change | undefined {
    const last = this.#changes.get(id);
    return last !== undefined && last.tick > mark ? last.change : undefined;
  }

  /** The messages of a page as far as they are here, in the page's order; undefined where the page reaches beyond what is here. */
  async page(dm: number, page: Page, count: number): Promise<Message[] | undefined> {
    const { messages, complete } = await this.#shelf(dm);
    const now = this.#now() * 1000;
    const live = messages.filter((message) => message.delete_timestamp === null || micros(message.delete_timestamp) > now);
    const oldest = messages[0]?.timestamp;
    if ("after" in page) {
      const whole = complete || (oldest !== undefined && page.after >= oldest);
      return whole ? live.filter((message) => message.timestamp > page.after).slice(0, count) : undefined;
    }
    const before = "before" in page ? live.filter((message) => message.timestamp < page.before) : live;
    const found = before.slice(-count).reverse();
    return found.length > 0 || complete ? found : undefined;
  }

  /** One message, where it is here. */
  async message(dm: number, id: number): Promise<Message | undefined> {
    return (await this.#shelf(dm)).messages.find((message) => message.id === id);
  }

  /** The DM of a message that is here. */
  async find(id: number): Promise<number | undefined> {
    for (const name of await this.#store.keys(PREFIX)) {
      const dm = Number(name.slice(PREFIX.length));
      if ((await this.message(dm, id)) !== undefined) return dm;
    }
    return undefined;
  }

  /** The server has told of a message: a new one, newer than all others, or what has become of one. */
  async put(dm: number, wire: Message, isNew: boolean): Promise<void> {
    this.#note(wire.id, "put");
    const shelf = await this.#shelf(dm);
    const at = shelf.messages.findIndex((message) => message.id === wire.id);
    if (at >= 0) shelf.messages[at] = wire;
    else if (isNew) insert(shelf, wire);
    else return;
    this.#trim(shelf);
  }

  /** Messages are gone: from here, and at once from what is kept. */
  async remove(dm: number, ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of ids) this.#note(id, "removed");
    const gone = new Set(ids);
    const shelf = await this.#shelf(dm);
    shelf.messages = shelf.messages.filter((message) => !gone.has(message.id));
    await this.#store.update(key(dm), (old) => {
      const kept = read(old);
      const messages = kept.messages.filter((message) => !gone.has(message.id));
      return messages.length === kept.messages.length ? old : write({ ...kept, messages });
    });
  }

  /** Takes a page that the server has answered; `mark` was taken before it was asked. */
  async take(dm: number, page: Page, wire: readonly Message[], mark: number): Promise<void> {
    const shelf = await this.#shelf(dm);
    const current = wire.filter((message) => this.since(mark, message.id) === undefined);
    if ("after" in page) {
      for (const message of current) replace(shelf, message);
      return;
    }
    const before = "before" in page ? page.before : undefined;
    const [oldestHere, newestHere] = [shelf.messages[0]?.timestamp, shelf.messages.at(-1)?.timestamp];
    const oldestThere = wire.at(-1)?.timestamp;
    if (before !== undefined && (oldestHere === undefined || before < oldestHere)) return;
    if (before === undefined && oldestThere !== undefined && newestHere !== undefined && newestHere < oldestThere) {
      // Nothing joins the two: what is older is not the run that ends here.
      shelf.messages = shelf.messages.filter((message) => this.since(mark, message.id) !== undefined);
      shelf.complete = false;
    }
    // What the page leaves out is gone.
    shelf.messages = shelf.messages.filter((message) => {
      const isAfter = before !== undefined && message.timestamp >= before;
      const isBefore = oldestThere !== undefined && message.timestamp < oldestThere;
      return isAfter || isBefore || this.since(mark, message.id) !== undefined;
    });
    for (const message of current) insert(shelf, message);
    if (oldestThere === undefined) shelf.complete = true;
    this.#trim(shelf);
  }

  /** What is here of a DM is no longer sure to be a run without gaps, or to be current. */
  async reset(dm: number): Promise<void> {
    const shelf = await this.#shelf(dm);
    Object.assign(shelf, { messages: [], complete: false, changed: false });
    await this.#store.update(key(dm), () => undefined);
  }

  /** A DM is gone. */
  async dropDm(dm: number): Promise<void> {
    this.#shelves.delete(dm);
    await this.#store.update(key(dm), () => undefined);
  }

  /** Keeps what has come since the last time. */
  async save(): Promise<void> {
    for (const [dm, loading] of this.#shelves) {
      const shelf = await loading;
      if (!shelf.changed) continue;
      shelf.changed = false;
      const bytes = write(shelf);
      await this.#store.update(key(dm), () => bytes);
    }
  }

  #note(id: number, change: Change): void {
    this.#tick += 1;
    this.#changes.delete(id);
    this.#changes.set(id, { tick: this.#tick, change });
    for (const oldest of this.#changes.keys()) {
      if (this.#changes.size <= CHANGES) break;
      this.#changes.delete(oldest);
    }
  }

  #trim(shelf: Shelf): void {
    shelf.changed = true;
    let characters = 0;
    // At least the newest stays.
    const from = shelf.messages.findLastIndex((message, at) => {
      characters += message.message.length;
      const here = shelf.messages.length - at;
      return here > KEEP || (here > 1 && characters > KEEP_CHARACTERS);
    });
    if (from < 0) return;
    shelf.messages = shelf.messages.slice(from + 1);
    shelf.complete = false;
  }

  #shelf(dm: number): Promise<Shelf> {
    const known = this.#shelves.get(dm);
    if (known !== undefined) return known;
    const loading = this.#load(dm);
    this.#shelves.set(dm, loading);
    return loading;
  }

  async #load(dm: number): Promise<Shelf> {
    // What cannot be read is read again from the server.
    const kept = read(await this.#store.read(key(dm)).catch(() => undefined));
    return { messages: [...kept.messages], complete: kept.complete, changed: false };
  }
}

function replace(shelf: Shelf, wire: Message): void {
  const at = shelf.messages.findIndex((message) => message.id === wire.id);
  if (at < 0) return;
  shelf.messages[at] = wire;
  shelf.changed = true;
}

function insert(shelf: Shelf, wire: Message): void {
  const after = shelf.messages.findLastIndex((message) => message.timestamp < wire.timestamp);
  shelf.messages.splice(after + 1, 0, wire);
}

function write(kept: Kept): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ complete: kept.complete, messages: kept.messages }));
}

function read(bytes: Uint8Array | undefined): Kept {
  try {
    return bytes === undefined ? { complete: false, messages: [] } : (JSON.parse(new TextDecoder().decode(bytes)) as Kept);
  } catch {
    return { complete: false, messages: [] };
  }
}
