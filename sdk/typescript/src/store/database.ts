/** IndexedDB with promises: open, one transaction, delete. Every failure is a {@link SottoError} of kind `storage`. */

import { SottoError } from "../errors.js";

/** Opens a database with these object stores. `gone` is told when it was closed from elsewhere and must be opened anew. */
export function databaseOf(name: string, stores: readonly string[], gone: () => void): Promise<IDBDatabase> {
  return guarded(
    new Promise((resolve, reject) => {
      const opening = factory().open(name, 1);
      opening.onupgradeneeded = () => {
        for (const store of stores) opening.result.createObjectStore(store);
      };
      opening.onerror = () => {
        reject(opening.error ?? new Error("it cannot be opened"));
      };
      opening.onblocked = () => {
        reject(new Error("another tab keeps an older version open"));
      };
      opening.onsuccess = () => {
        const database = opening.result;
        // Another tab deletes it or brings a newer version: in the way would be worse.
        database.onversionchange = () => {
          database.close();
          gone();
        };
        database.onclose = gone;
        resolve(database);
      };
    }),
  );
}

/**
 * Runs `work` in one transaction on one object store: atomic against other tabs, and on disk when it resolves. Between its requests
 * `work` must await nothing else. What it throws undoes the transaction.
 */
export async function transact<T>(
  database: IDBDatabase,
  store: string,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  let transaction: IDBTransaction;
  try {
    transaction = database.transaction(store, mode, { durability: "strict" });
  } catch (cause) {
    throw failed(cause);
  }
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error("the transaction was undone"));
    };
  });
  // It is awaited below; until then its failure must not count as unheard.
  ended.catch(() => undefined);
  try {
    const result = await work(transaction.objectStore(store));
    await guarded(ended);
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

/** Waits for a request within a transaction. */
export function request<T>(pending: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    pending.onsuccess = () => {
      resolve(pending.result);
    };
    pending.onerror = () => {
      reject(failed(pending.error));
    };
  });
}

/** Deletes a database, waiting until other tabs have let go of it. */
export function deleteDatabase(name: string): Promise<void> {
  return guarded(
    new Promise((resolve, reject) => {
      const deleting = factory().deleteDatabase(name);
      deleting.onsuccess = () => {
        resolve();
      };
      deleting.onerror = () => {
        reject(deleting.error ?? new Error("it cannot be deleted"));
      };
    }),
  );
}

/** IndexedDB, where there is one. Throws `storage`. */
export function factory(): IDBFactory {
  const found = (globalThis as { indexedDB?: IDBFactory | null }).indexedDB;
  if (found === undefined || found === null) throw failed(new Error("there is no IndexedDB here"));
  return found;
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw failed(cause);
  }
}

/** Browsers refuse with DOMExceptions: in private mode, when the disk is full, when the user forbids it. */
function failed(cause: unknown): SottoError {
  if (cause instanceof SottoError) return cause;
  const why = cause instanceof Error && cause.message !== "" ? cause.message.replace(/\.$/, "") : "it failed without a reason";
  return new SottoError("storage", `Local storage: ${why}.`, { cause });
}
