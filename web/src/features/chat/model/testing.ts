/** For tests: messages out of thin air, chance from a seed, and a server in memory that answers late. */

import type { Message, Page, Queued, SendOptions, Sent, SottoEvents } from "@sotto/sdk";
import { toTimestamp } from "./time";

/** Numbers in [0, 1) from a seed (mulberry32), so that a failing order can be repeated. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Midday, so that a few minutes more or less stay within the day. */
export const NOON = new Date(2026, 4, 14, 12, 0, 0).getTime();

/** A readable message; `ms` is when the server took it. */
export function message(id: number, ms = NOON + id * 1000, more: Partial<Message> & { text?: string; revision?: number } = {}): Message {
  const { text = `message ${String(id)}`, revision = 0, ...rest } = more;
  return {
    id,
    dm: 1,
    sender: "ada",
    timestamp: toTimestamp(ms),
    expires: null,
    pinned: false,
    content: { ok: true, value: { text, reference: `ref-${String(id)}`, replyTo: null, revision, writtenMs: ms } },
    reactions: [],
    missingBefore: 0,
    ...rest,
  };
}

/** A message that waits for the connection. */
export function queued(reference: string, text: string, more: Partial<Queued> = {}): Queued {
  return { dm: 1, reference, text: { ok: true, value: text }, replyTo: null, writtenMs: NOON, due: null, deleteAfter: null, ...more };
}

/** A message that could not be opened. */
export function unreadable(id: number, ms = NOON + id * 1000): Message {
  return { ...message(id, ms), content: { ok: false, why: { code: "E_SIG", sentence: "The signature is not the sender's." } } };
}

type Listener = (payload: never) => void;

/** A session of one DM on a server in memory; pages and events are delivered when the test says so. */
export class FakeSession {
  readonly username = "me";
  /** The server's truth, oldest first. */
  readonly truth: Message[] = [];
  /** Pages asked for. */
  readonly asked: Page[] = [];
  /** What is on its way to the client, oldest first: replies and events, each in its own order. */
  readonly replies: (() => void)[] = [];
  readonly events: (() => void)[] = [];
  /** What `send` answers next. */
  sending: (text: string, options?: SendOptions) => Promise<Sent> = () => Promise.resolve({ reference: "sent", queued: false });
  failing: Error | null = null;
  /** What waits for the connection since before. */
  waiting: () => Promise<Queued[]> = () => Promise.resolve([]);
  readonly #listeners = new Map<string, Set<Listener>>();

  readonly on = <E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): (() => void) => {
    const set = this.#listeners.get(event) ?? new Set<Listener>();
    this.#listeners.set(event, set);
    set.add(listener as Listener);
    return () => set.delete(listener as Listener);
  };

  readonly messages = (_dm: number, page: Page = {}): Promise<Message[]> => {
    this.asked.push(page);
    const failing = this.failing;
    const count = page.count ?? 50;
    let found: Message[];
    if ("after" in page) found = this.truth.filter(({ timestamp }) => timestamp > page.after).slice(0, count);
    else {
      const before = "before" in page ? page.before : null;
      found = this.truth
        .filter(({ timestamp }) => before === null || timestamp < before)
        .slice(-count)
        .reverse();
    }
    return new Promise((resolve, reject) => {
      this.replies.push(() => {
        if (failing === null) resolve(found);
        else reject(failing);
      });
    });
  };

  readonly queued = (): Promise<Queued[]> => this.waiting();

  readonly send = (_dm: number, text: string, options?: SendOptions): Promise<Sent> => this.sending(text, options);

  /** Puts an event on its way. */
  tell<E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]): void {
    this.events.push(() => {
      for (const listener of this.#listeners.get(event) ?? []) (listener as (payload: SottoEvents[E]) => void)(payload);
    });
  }

  /** Delivers everything that is on its way, until nothing is. */
  async settle(): Promise<void> {
    for (;;) {
      const next = this.events.shift() ?? this.replies.shift();
      if (next === undefined) return;
      next();
      await turn();
    }
  }
}

/** Lets all promises that are ready run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
