/** A store in the browser's IndexedDB, shared by all tabs of the origin. */

import { SottoError } from "../errors.js";
import { Database, request } from "./database.js";
import type { Claim, Store } from "./store.js";

/** Keeps everything in one IndexedDB database. */
export class IndexedDbStore implements Store {
  readonly #name: string;
  readonly #database: Database;
  #channel: BroadcastChannel | undefined;

  /** `name` names the database; two stores of the same name share it. Nothing is opened before the first use. */
  constructor(name: string) {
    this.#name = name;
    this.#database = new Database(name, "values");
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const found: unknown = await this.#database.run("readonly", (values) => request(() => values.get(key)));
    if (found === undefined || found instanceof Uint8Array) return found;
    throw new SottoError("storage", `Local storage: ${key} is damaged.`);
  }

  async update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void> {
    await this.#database.run("readwrite", async (values) => {
      const old: unknown = await request(() => values.get(key));
      const made = change(old instanceof Uint8Array ? old : undefined);
      if (made !== undefined) await request(() => values.put(made, key));
      else if (old !== undefined) await request(() => values.delete(key));
    });
  }

  async keys(prefix: string): Promise<string[]> {
    // Everything from the prefix on; where it ends is left to the filter, as no last string begins with it.
    const from = (values: IDBObjectStore): IDBRequest<IDBValidKey[]> => values.getAllKeys(IDBKeyRange.lowerBound(prefix));
    const keys = await this.#database.run("readonly", (values) => request(() => from(values)));
    return keys.filter((key): key is string => typeof key === "string" && key.startsWith(prefix));
  }

  async claim(role: string): Promise<Claim | undefined> {
    const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
    const name = `${this.#name}/${role}`;
    return locks === undefined ? claimHere(name) : claimLock(locks, name);
  }

  async clear(): Promise<void> {
    await this.#database.delete();
  }

  onCleared(told: () => void): void {
    this.#database.onDeleted(told);
  }

  tell(what: string): void {
    this.#channel?.postMessage(what);
  }

  /** One listener at a time: whoever listens can also tell. */
  onTold(told: (what: string) => void): () => void {
    // Old browsers and some other places have no channels; their tabs do without.
    if (typeof BroadcastChannel === "undefined") return () => undefined;
    const channel = new BroadcastChannel(this.#name);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") told(data);
    };
    this.#channel = channel;
    return () => {
      channel.close();
      if (this.#channel === channel) this.#channel = undefined;
    };
  }
}

/** Without locks between tabs (old browsers, tests in Node) a role is claimed within this one alone. */
const here = new Set<string>();

function claimHere(name: string): Claim | undefined {
  if (here.has(name)) return undefined;
  here.add(name);
  let held = true;
  return {
    release: () => {
      if (held) here.delete(name);
      held = false;
    },
  };
}

/** A lock is held for as long as the promise of its callback is open. */
async function claimLock(locks: LockManager, name: string): Promise<Claim | undefined> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => {
          resolve({ release });
        });
      })
      .catch((cause: unknown) => {
        reject(new SottoError("storage", "Local storage: a lock could not be asked for.", { cause }));
      });
  });
}
