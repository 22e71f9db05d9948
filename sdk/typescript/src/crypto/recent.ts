/** A bounded cache: what was asked for most recently stays. */

/** Values by key, at most `limit` of them. */
export class Recent<K, V> {
  readonly #limit: number;
  readonly #values = new Map<K, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of `key`, made where it is not there; nothing is kept where making it throws. */
  get(key: K, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    // A Map keeps the order of insertion: put last what was asked for last.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) {
      for (const oldest of this.#values.keys()) {
        this.#values.delete(oldest);
        break;
      }
    }
    return value;
  }
}
