/** A store that keeps nothing beyond the process: for tests, bots without memory, and one-off tools. */

import type { Claim, Store } from "./store.js";

/** Keeps everything in memory. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>();
  readonly #claims = new Set<string>();
  readonly #told = new Set<(what: string) => void>();

  read(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#values.get(key)?.slice());
  }

  update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void> {
    // In a microtask, so that what `change` throws rejects.
    return Promise.resolve().then(() => {
      const made = change(this.#values.get(key)?.slice());
      if (made === undefined) this.#values.delete(key);
      else this.#values.set(key, made.slice());
    });
  }

  keys(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort());
  }

  claim(role: string): Promise<Claim | undefined> {
    if (this.#claims.has(role)) return Promise.resolve(undefined);
    this.#claims.add(role);
    let held = true;
    return Promise.resolve({
      release: () => {
        if (held) this.#claims.delete(role);
        held = false;
      },
    });
  }

  clear(): Promise<void> {
    this.#values.clear();
    return Promise.resolve();
  }

  tell(what: string): void {
    for (const told of this.#told) queueMicrotask(() => { told(what); });
  }

  onTold(told: (what: string) => void): () => void {
    this.#told.add(told);
    return () => this.#told.delete(told);
  }
}
