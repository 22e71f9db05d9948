/** An IndexedDB database with promises. Every failure of it is a {@link SottoError} of kind `storage`. */

import { SottoError } from "../errors.js";

/** A database with one object store, opened at the first use and again whenever it was closed from elsewhere. */
export class Database {
  readonly #name: string;
  readonly #store: string;
  readonly #told: (() => void)[] = [];
  #open: Promise<IDBDatabase> | undefined;

  constructor(name: string, store: string) {
    this.#name = name;
    this.#store = store;
  }

  /**
   * Runs `work` in one transaction: atomic against other tabs, and on disk when it resolves. Between its requests `work` must await
   * nothing else. What it throws undoes the transaction.
   */
  async run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = await this.#begin(mode);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(failed(transaction.error ?? new Error("the transaction was undone")));
      };
    });
    // It is awaited below; until then its failure must not count as unheard.
    ended.catch(() => undefined);
    try {
      const result = await work(transaction.objectStore(this.#store));
      await ended;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended by itself.
      }
      throw error;
    }
  }

  /** Opens it; resolves where it can be used. */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** Calls back when it is deleted from elsewhere while it is open here. */
  onDeleted(told: () => void): void {
    this.#told.push(told);
  }

  /** Deletes it. Other tabs let go of it by themselves. */
  async delete(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) (await open.catch(() => undefined))?.close();
    await settled<undefined>((resolve, reject) => {
      const deleting = factory().deleteDatabase(this.#name);
      deleting.onsuccess = () => {
        resolve(undefined);
      };
      deleting.onerror = () => {
        reject(deleting.error);
      };
    });
  }

  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const begin = (database: IDBDatabase): IDBTransaction => database.transaction(this.#store, mode, { durability: "strict" });
    const database = await this.#opened();
    try {
      return begin(database);
    } catch {
      // Some browsers lose the connection without a word, as after a phone has slept: once more on a new one.
      this.#open = undefined;
      const again = await this.#opened();
      try {
        return begin(again);
      } catch (cause) {
        throw failed(cause);
      }
    }
  }

  #opened(): Promise<IDBDatabase> {
    if (this.#open !== undefined) return this.#open;
    const opening = this.#dial();
    this.#open = opening;
    opening.catch(() => {
      this.#forget(opening);
    });
    return opening;
  }

  #dial(): Promise<IDBDatabase> {
    const opened = settled<IDBDatabase>((resolve, reject) => {
      const opening = factory().open(this.#name, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore(this.#store);
      };
      opening.onerror = () => {
        reject(opening.error);
      };
      opening.onsuccess = () => {
        const database = opening.result;
        // Another tab deletes it, or brings a newer version: this one must not be in the way.
        database.onversionchange = ({ newVersion }) => {
          database.close();
          this.#forget(opened);
          if (newVersion === null) for (const told of this.#told) told();
        };
        database.onclose = () => {
          this.#forget(opened);
        };
        resolve(database);
      };
    });
    return opened;
  }

  #forget(opened: Promise<IDBDatabase>): void {
    if (this.#open === opened) this.#open = undefined;
  }
}

/** Asks for something within a transaction and waits for it. */
export function request<T>(ask: () => IDBRequest<T>): Promise<T> {
  return settled((resolve, reject) => {
    const pending = ask();
    pending.onsuccess = () => {
      resolve(pending.result);
    };
    pending.onerror = () => {
      reject(pending.error);
    };
  });
}

/** Whether there is an IndexedDB at all. */
export function hasIndexedDb(): boolean {
  // Some browsers have null there, in private windows.
  return (globalThis as { indexedDB?: IDBFactory | null }).indexedDB instanceof Object;
}

function factory(): IDBFactory {
  if (!hasIndexedDb()) throw new Error("there is no IndexedDB here");
  return indexedDB;
}

/** A promise that rejects with {@link failed}. */
function settled<T>(work: (resolve: (value: T) => void, reject: (cause: unknown) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(failed(cause));
    };
    try {
      work(resolve, fail);
    } catch (cause) {
      fail(cause);
    }
  });
}

/** Browsers refuse with DOMExceptions: in private windows, when the disk is full, when the user forbids it. */
function failed(cause: unknown): SottoError {
  if (cause instanceof SottoError) return cause;
  const why = cause instanceof Error && cause.message !== "" ? cause.message.replace(/\.$/, "") : "it failed without a reason";
  return new SottoError("storage", `Local storage: ${why}.`, { cause });
}
