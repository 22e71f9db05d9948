/** What was not read yet in each DM: counted from the read marks, kept true by the session's events and by other tabs. */

import type { Dm, Message, Sotto } from "@sotto/sdk";
import { pool } from "./pool";
import type { ReadMarks } from "./readMarks";
import { toMs } from "./time";

/** Counted to here; beyond it a badge says «99+». */
export const COUNTED = 100;

/** What this needs of a session. */
export type UnreadSession = Pick<Sotto, "messages" | "on" | "username">;

/** Where DMs and their newest messages come from. */
export interface UnreadSource {
  readonly dms: () => Promise<readonly Dm[]>;
  readonly latest: (dm: number) => Promise<Message | null>;
}

/** How many messages of others are unread. */
export interface UnreadCounts {
  readonly total: number;
  readonly byDm: ReadonlyMap<number, number>;
}

/** The unread messages of one session; {@link Unread.close} ends it. */
export class Unread {
  readonly marks: ReadMarks;
  readonly #session: UnreadSession;
  readonly #source: UnreadSource;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[];
  readonly #inTurn = pool(4);
  /** DM → message id → timestamp. */
  readonly #unread = new Map<number, Map<number, string>>();
  /** DMs where there may be more than is counted, or where counting failed. */
  readonly #unsure = new Set<number>();
  #counts: UnreadCounts = { total: 0, byDm: new Map() };

  constructor(session: UnreadSession, source: UnreadSource, marks: ReadMarks) {
    this.#session = session;
    this.#source = source;
    this.marks = marks;
    this.#ends = [
      session.on("messageNew", ({ message }) => {
        this.#arrived(message);
      }),
      session.on("messageDeleted", ({ dm, id }) => {
        for (const [each, unread] of this.#unread) if ((dm === null || dm === each) && unread.delete(id)) this.#tell();
      }),
      session.on("historyReset", ({ dm }) => {
        this.#unsure.add(dm);
        void this.count();
      }),
      session.on("dmGone", ({ dm }) => {
        this.#unread.delete(dm);
        this.#unsure.delete(dm);
        marks.forget(dm);
        this.#tell();
      }),
      session.on("connected", () => void this.count(true)),
    ];
    void this.count(true);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getCounts = (): UnreadCounts => this.#counts;

  close(): void {
    for (const end of this.#ends) end();
    this.#listeners.clear();
  }

  /** Everything up to a message was seen. */
  read(dm: number, timestamp: string): void {
    if (this.marks.advance(dm, timestamp)) this.#prune(dm);
  }

  /** Another tab may have moved marks. */
  marksChanged(): void {
    for (const dm of this.marks.reload()) this.#prune(dm);
  }

  /** Counts the DMs that are not sure, or all of them; failures are left for the next connection. */
  async count(all = false): Promise<void> {
    try {
      const dms = await this.#source.dms();
      await Promise.all(dms.filter(({ id }) => all || this.#unsure.has(id)).map((dm) => this.#inTurn(() => this.#countDm(dm))));
    } catch {
      // Counted again with the next connection.
    }
  }

  async #countDm(dm: Dm): Promise<void> {
    this.#unsure.delete(dm.id);
    try {
      const latest = await this.#source.latest(dm.id);
      if (latest === null) return;
      if (latest.sender === this.#session.username || (this.marks.get(dm.id) === null && this.marks.isOld(toMs(dm.createdAt)))) {
        this.read(dm.id, latest.timestamp);
        return;
      }
      const mark = this.marks.get(dm.id) ?? dm.createdAt;
      if (latest.timestamp <= mark) return;
      const page = await this.#session.messages(dm.id, { after: mark, count: COUNTED });
      if (page.length >= COUNTED) this.#unsure.add(dm.id);
      for (const message of page) this.#note(message);
      this.#tell();
    } catch {
      this.#unsure.add(dm.id);
    }
  }

  #arrived(message: Message): void {
    // Whoever writes has read what stands above, on whichever device that was.
    if (message.sender === this.#session.username) this.read(message.dm, message.timestamp);
    else {
      this.#note(message);
      this.#tell();
    }
  }

  #note({ dm, id, sender, timestamp }: Message): void {
    const mark = this.marks.get(dm);
    if (sender === this.#session.username || (mark !== null && timestamp <= mark)) return;
    const unread = this.#unread.get(dm) ?? new Map<number, string>();
    this.#unread.set(dm, unread);
    if (unread.size < COUNTED) unread.set(id, timestamp);
  }

  #prune(dm: number): void {
    const mark = this.marks.get(dm);
    const unread = this.#unread.get(dm);
    if (mark === null || unread === undefined) return;
    for (const [id, timestamp] of unread) if (timestamp <= mark) unread.delete(id);
    if (unread.size === 0) this.#unread.delete(dm);
    this.#tell();
    if (this.#unsure.has(dm)) void this.count();
  }

  #tell(): void {
    const byDm = new Map<number, number>();
    let total = 0;
    for (const [dm, { size }] of this.#unread) {
      if (size === 0) continue;
      byDm.set(dm, size);
      total += size;
    }
    this.#counts = { total, byDm };
    for (const listener of this.#listeners) listener();
  }
}
