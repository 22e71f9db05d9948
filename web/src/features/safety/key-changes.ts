/** What the user must know about keys: changes that wait for a decision, refused invitations, warnings. Kept per session. */

import type { Sotto } from "@sotto/sdk";

/** A key that the server shows in place of the pinned one; both in hex. */
export interface KeyChange {
  readonly username: string;
  readonly pinned: string;
  readonly seen: string;
}

/** An invitation that was not accepted, for the user's safety. */
export interface RefusedInvitation {
  readonly dm: number;
  readonly sender: string;
  readonly code: string | undefined;
  readonly sentence: string;
}

/** Everything that waits for the user. */
export interface SafetyNews {
  readonly changes: readonly KeyChange[];
  readonly refused: readonly RefusedInvitation[];
  readonly warnings: readonly string[];
}

const NOTHING: SafetyNews = { changes: [], refused: [], warnings: [] };
/** More than so many warnings at once help nobody. */
const WARNINGS = 5;

/** What this needs of a session. */
export type SafetySource = Pick<Sotto, "on" | "person">;

/** Collects the news of one session, for `useSyncExternalStore`. */
export class SafetyStore {
  #news: SafetyNews = NOTHING;
  readonly #source: SafetySource;
  readonly #listeners = new Set<() => void>();

  constructor(source: SafetySource) {
    this.#source = source;
    source.on("keyChanged", (change) => {
      this.noticed(change);
    });
    source.on("invitationRefused", ({ dm, sender, error }) => {
      const refused = this.#news.refused.filter((other) => other.dm !== dm);
      this.#set({ refused: [...refused, { dm, sender, code: error.code, sentence: error.message }] });
    });
    source.on("warning", ({ text }) => {
      const warnings = this.#news.warnings.filter((other) => other !== text);
      this.#set({ warnings: [...warnings, text].slice(-WARNINGS) });
    });
    source.on("invited", ({ dm }) => {
      this.dismissInvitation(dm.id);
    });
    source.on("dmGone", ({ dm }) => {
      this.dismissInvitation(dm);
    });
    // Decided on another device, or the server shows the pinned key again.
    source.on("connected", () => {
      for (const { username } of this.#news.changes) void this.check(username);
    });
    source.on("profile", ({ user }) => {
      if (this.#news.changes.some((change) => change.username === user.username)) void this.check(user.username);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): SafetyNews => this.#news;

  /** A key that differs from the pinned one was seen, by an event or by looking at a person. */
  noticed(change: KeyChange): void {
    const known = this.#news.changes.find((other) => other.username === change.username);
    if (known?.seen === change.seen && known.pinned === change.pinned) return;
    const changes = this.#news.changes.filter((other) => other.username !== change.username);
    this.#set({ changes: [...changes, { username: change.username, pinned: change.pinned, seen: change.seen }] });
  }

  /** Nothing waits for a decision about this user any more. */
  settled(username: string): void {
    if (!this.#news.changes.some((change) => change.username === username)) return;
    this.#set({ changes: this.#news.changes.filter((change) => change.username !== username) });
  }

  /** Looks again how the key stands. What cannot be looked up stays as it is. */
  async check(username: string): Promise<void> {
    const person = await this.#source.person(username).catch(() => null);
    if (person === null) return;
    if (person.key.state === "changed") this.noticed({ username, pinned: person.key.pinned, seen: person.key.seen });
    else this.settled(username);
  }

  /** Hides it until it comes again, which it does with the next login if it is still refused. */
  dismissInvitation(dm: number): void {
    if (!this.#news.refused.some((other) => other.dm === dm)) return;
    this.#set({ refused: this.#news.refused.filter((other) => other.dm !== dm) });
  }

  dismissWarning(text: string): void {
    this.#set({ warnings: this.#news.warnings.filter((other) => other !== text) });
  }

  #set(part: Partial<SafetyNews>): void {
    this.#news = { ...this.#news, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}

const stores = new WeakMap<SafetySource, SafetyStore>();

/** The store of a session; made, and listening, from the first call on. */
export function safetyStore(source: SafetySource): SafetyStore {
  let store = stores.get(source);
  if (store === undefined) {
    store = new SafetyStore(source);
    stores.set(source, store);
  }
  return store;
}
