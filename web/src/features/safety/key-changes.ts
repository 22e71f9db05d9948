/** Keys that changed and wait for the user's decision, kept for one session. */

import type { Sotto } from "@sotto/sdk";

/** A key that the server shows in place of the pinned one; both in hex. */
export interface KeyChange {
  readonly username: string;
  readonly pinned: string;
  readonly seen: string;
}

/** What this needs of a session. */
export type SafetySource = Pick<Sotto, "on" | "person">;

/** Collects the changes of one session, for `useSyncExternalStore`. */
export class KeyChanges {
  #changes: readonly KeyChange[] = [];
  readonly #source: SafetySource;
  readonly #listeners = new Set<() => void>();

  constructor(source: SafetySource) {
    this.#source = source;
    source.on("keyChanged", (change) => {
      this.noticed(change);
    });
    // Decided on another device, or the server shows the pinned key again.
    source.on("connected", () => {
      for (const { username } of this.#changes) void this.check(username);
    });
    source.on("profile", ({ user }) => {
      if (this.has(user.username)) void this.check(user.username);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): readonly KeyChange[] => this.#changes;

  has(username: string): boolean {
    return this.#changes.some((change) => change.username === username);
  }

  /** A key that differs from the pinned one was seen. */
  noticed({ username, pinned, seen }: KeyChange): void {
    const known = this.#changes.find((other) => other.username === username);
    if (known?.seen === seen && known.pinned === pinned) return;
    this.#set([...this.#changes.filter((other) => other.username !== username), { username, pinned, seen }]);
  }

  /** Nothing waits for a decision about this user any more. */
  settled(username: string): void {
    if (this.has(username)) this.#set(this.#changes.filter((change) => change.username !== username));
  }

  /** Looks again how the key stands. What cannot be looked up stays as it is. */
  async check(username: string): Promise<void> {
    const person = await this.#source.person(username).catch(() => null);
    if (person === null) return;
    if (person.key.state === "changed") this.noticed({ username, pinned: person.key.pinned, seen: person.key.seen });
    else this.settled(username);
  }

  #set(changes: readonly KeyChange[]): void {
    this.#changes = changes;
    for (const listener of [...this.#listeners]) listener();
  }
}

const stores = new WeakMap<SafetySource, KeyChanges>();

/** The changes of a session; collected from the first call on. */
export function keyChangesOf(source: SafetySource): KeyChanges {
  let changes = stores.get(source);
  if (changes === undefined) {
    changes = new KeyChanges(source);
    stores.set(source, changes);
  }
  return changes;
}
