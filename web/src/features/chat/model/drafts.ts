/** What is half written in each DM; in memory only, so that no content outlives the page. */

import type { Message } from "@sotto/sdk";

/** What the composer of one DM holds. */
export interface Draft {
  readonly text: string;
  readonly replyTo: Message | null;
  readonly editing: Message | null;
  /** What was written before editing began; comes back after it. */
  readonly before: string;
  /** Seconds after which what is sent destroys itself; stays on until it is switched off. */
  readonly deleteAfter: number | null;
}

/** Nothing written. */
export const EMPTY_DRAFT: Draft = { text: "", replyTo: null, editing: null, before: "", deleteAfter: null };

/** The drafts of one session. */
export class Drafts {
  readonly #drafts = new Map<number, Draft>();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(dm: number): Draft {
    return this.#drafts.get(dm) ?? EMPTY_DRAFT;
  }

  change(dm: number, change: Partial<Draft>): void {
    this.#drafts.set(dm, { ...this.get(dm), ...change });
    for (const listener of this.#listeners) listener();
  }
}
