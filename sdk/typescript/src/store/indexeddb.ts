/** A store in the browser's IndexedDB, shared by all tabs of the origin. */

import { SottoError } from "../errors.js";
import { databaseOf, deleteDatabase, request, transact } from "./database.js";
import type { Claim, Store } from "./store.js";

const VALUES = "values";

/** Keeps everything in one IndexedDB database. */
export class IndexedDbStore implements Store {
  readonly #name: string;
  #database: Promise<IDBDatabase> | undefined;

  /** `name` names the database; two stores of the same name share it. Nothing is opened before the first use. */
  constructor(name: string) {
    this.#name = name;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const found: unknown = await this.#run("readonly", (values) => request(values.get(key)));
    if (found === undefined) return undefined;
    if (found instanceof Uint8Array) return found;
    throw new SottoError("storage", `Local storage: ${key} is damaged.`);
  }

  async update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void> {
    await this.#run("readwrite", async (values) => {
      const old: unknown = await request(values.get(key));
      const made = change(old instanceof Uint8Array ? old : undefined);
      if (made === undefined) values.delete(key);
      else values.put(made, key);
    });
  }

  async keys(prefix: string): Promise<string[]> {
    // Everything from the prefix on; where it ends is left to the filter, as no last string begins with it.
    const keys = await this.#run("readonly", (values) => request(values.getAllKeys(IDBKeyRange.lowerBound(prefix))));
    return keys.filter((key): key is string => typeof key === "string" && key.startsWith(prefix));
  }

  async claim(role: string): Promise<Claim | undefined> {
    const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
    const name = `${this.#name}/${role}`;
    return locks === undefined ? claimHere(name) : claimLock(locks, name);
  }

  async clear(): Promise<void> {
    const open = this.#database;
    this.#database = undefined;
    if (open !== undefined) (await open.catch(() => undefined))?.close();
    await deleteDatabase(this.#name);
  }

  async #run<T>(mode: IDBTransactionMode, work: (values: IDBObjectStore) => Promise<T>): Promise<T> {
    this.#database ??= databaseOf(this.#name, [VALUES], () => {
      this.#database = undefined;
    });
    const opening = this.#database;
    const database = await opening.catch((error: unknown) => {
      if (this.#database === opening) this.#database = undefined;
      throw error;
    });
    return transact(database, VALUES, mode, work);
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
