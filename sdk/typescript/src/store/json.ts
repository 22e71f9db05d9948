/** JSON in a {@link Store}. */

import { SottoError } from "../errors.js";
import type { Store } from "./store.js";

/** Reads a JSON value; undefined where there is none. Throws `storage` where it is damaged. */
export async function readJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.read(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    throw new SottoError("storage", `Local storage: ${key} is damaged.`, { cause });
  }
}

/**
 * Changes a JSON value; one that is missing or damaged begins as `fresh()`. Answers what `change` made of it, which may run again
 * (it must not keep anything of an earlier run). Undefined removes the value.
 */
export async function updateJson<T>(
  store: Store,
  key: string,
  fresh: () => T,
  change: (value: T) => T | undefined,
): Promise<T | undefined> {
  let outcome: T | undefined;
  await store.update(key, (old) => {
    outcome = change(parse(old, fresh));
    return outcome === undefined ? undefined : new TextEncoder().encode(JSON.stringify(outcome));
  });
  return outcome;
}

function parse<T>(bytes: Uint8Array | undefined, fresh: () => T): T {
  if (bytes === undefined) return fresh();
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return fresh();
  }
}
