/** A store that can be shut: nothing that is still under way writes to it after that. */

import { SottoError } from "../errors.js";
import type { Claim, Store } from "./store.js";

/** Passes everything on until it is shut. */
export class Gate implements Store {
  readonly #store: Store;
  readonly #writing = new Set<Promise<void>>();
  #isShut = false;

  constructor(store: Store) {
    this.#store = store;
  }

  read(key: string): Promise<Uint8Array | undefined> {
    return this.#store.read(key);
  }

  update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void> {
    if (this.#isShut) return Promise.reject(new SottoError("disconnected", "The client was closed."));
    const writing = this.#store.update(key, change);
    this.#writing.add(writing);
    return writing.finally(() => this.#writing.delete(writing));
  }

  keys(prefix: string): Promise<string[]> {
    return this.#store.keys(prefix);
  }

  claim(role: string): Promise<Claim | undefined> {
    return this.#store.claim(role);
  }

  clear(): Promise<void> {
    return this.#store.clear();
  }

  onCleared(told: () => void): void {
    this.#store.onCleared?.(told);
  }

  tell(what: string): void {
    if (!this.#isShut) this.#store.tell?.(what);
  }

  onTold(told: (what: string) => void): () => void {
    return this.#store.onTold?.(told) ?? (() => undefined);
  }

  /** Refuses writes from now on; resolves when those that had begun are done. */
  async shut(): Promise<void> {
    this.#isShut = true;
    await Promise.allSettled(this.#writing);
  }
}
