/**
 * Following DMs without gaps or repeats: a cursor per DM, kept across runs, and what was told since.
 *
 * Two sources tell of a message: the server's notices, in order, and `get_message_changes`, in order. Between the two there is
 * no order, so a DM is either settling (what was read may be ahead of the notices, which then only cause another read) or live
 * (the notices are ahead). A DM goes live with the first notice of a message newer than everything that was read: all notices
 * that follow are newer, too. So an older state never replaces a newer one.
 */

import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
import { digest, Followed } from "./followed.js";
import type { Message, Page } from "./model.js";
import type * as protocol from "./protocol.js";
import { readJson } from "./store/json.js";
import type { Claim, Store } from "./store/store.js";
import { EPOCH, micros } from "./time.js";

/** The role of the one tab or process that keeps a profile's cursors. */
export const ROLE = "follow";

/** Entries that are told before the cursor moves on. */
const ADVANCE_AT = 256;

/** Messages per page. */
const PAGE = 200;

/** How long after its end a message is taken away here if the server says nothing, in microseconds. */
const GRACE = 5_000_000;

/** How many messages that went are remembered, in a run and across runs. */
const GONE = 10_000;
const KEPT_GONE = 1_000;

/** Messages that went without this device knowing where they had been: a later read must not tell of them again. */
const LOST = `${ROLE}-gone`;

/** Says that this profile has followed before. */
const BEGAN = "followed";

function key(dm: number): string {
  return `${ROLE}-${String(dm)}`;
}

/** Something to tell the app. */
export type Happening = { [E in keyof SottoEvents]: { readonly event: E; readonly payload: SottoEvents[E] } }[keyof SottoEvents];

/** Where changes come from and go to. */
export interface Source {
  changes(dm: number, since: string | null, count: number): Promise<protocol.MessageChanges>;
  page(dm: number, page: Page, count: number): Promise<readonly protocol.Message[]>;
  open(dm: number, wire: readonly protocol.Message[]): Promise<readonly Message[]>;
  /** A message is told of as it is now; `isNew`: newer than all before. */
  keep(dm: number, wire: protocol.Message, isNew: boolean): Promise<void>;
  /** Messages are gone. */
  forget(dm: number, ids: readonly number[]): Promise<void>;
  /** What was kept of a DM may have holes. */
  reset(dm: number): Promise<void>;
  /** Milliseconds since 1970 UTC. */
  now(): number;
}

/** What to do with a notice: told already; a new message; a new state of one; older or newer than what was read, so read again. */
export type Verdict = "known" | "new" | "changed" | "pull";

/** What one read brought. */
export interface Pulled {
  readonly happenings: readonly Happening[];
  readonly more: boolean;
}

const NOTHING: Pulled = { happenings: [], more: false };

/** The cursors of one profile. */
export class Follower {
  readonly #store: Store;
  readonly #source: Source;
  #claim: Claim | undefined;
  /** Whether this profile has followed before: then a DM without a cursor is a new one. */
  #began: boolean;
  readonly #dms = new Map<number, Followed>();
  /** When messages destroy themselves, in microseconds. */
  readonly #ends = new Map<number, { readonly at: number; readonly dm: number }>();
  /** Messages of which this run has told that they are gone: a notice may come long after the read that told of it first. */
  readonly #gone = new Set<number>();
  /** Those of them, of this run and earlier ones, whose DM was not known. */
  #lost: readonly number[];
  #lostChanged = false;

  private constructor(store: Store, source: Source, began: boolean, lost: readonly number[]) {
    this.#store = store;
    this.#source = source;
    this.#began = began;
    this.#lost = lost;
    for (const id of lost) this.#gone.add(id);
  }

  static async open(store: Store, source: Source): Promise<Follower> {
    const lost = await readJson<number[]>(store, LOST).catch(() => undefined);
    return new Follower(store, source, (await store.read(BEGAN)) !== undefined, lost ?? []);
  }

  /**
   * Whether this tab or process keeps the profile's cursors; a second one that follows does so without keeping anything, until the
   * first is gone.
   */
  async isOwner(): Promise<boolean> {
    this.#claim ??= await this.#store.claim(ROLE);
    return this.#claim !== undefined;
  }

  /** Lets another tab or process keep the cursors. */
  release(): void {
    this.#claim?.release();
    this.#claim = undefined;
  }

  dms(): number[] {
    return [...this.#dms.keys()].sort((a, b) => a - b);
  }

  follows(dm: number): boolean {
    return this.#dms.has(dm);
  }

  /**
   * Takes up the cursors after a login. A DM that has none gets one now, before anything of it is read. Answers the DMs that are
   * new since the last time.
   */
  async begin(dms: readonly number[]): Promise<number[]> {
    const fresh: number[] = [];
    for (const dm of this.#dms.keys()) if (!dms.includes(dm)) this.#forgetDm(dm);
    for (const dm of dms) {
      if (!this.follows(dm)) {
        const kept = Followed.from(await this.#store.read(key(dm)));
        if (kept !== undefined) this.#dms.set(dm, kept);
      }
      if (!this.follows(dm)) {
        await this.#takeUp(dm);
        await this.save(dm);
        if (this.#began && this.follows(dm)) fresh.push(dm);
      }
      const followed = this.#dms.get(dm);
      if (followed !== undefined) followed.settling = true;
    }
    if (!this.#began) {
      this.#began = true;
      if (await this.isOwner()) await this.#store.update(BEGAN, () => new Uint8Array([1]));
    }
    return fresh;
  }

  /** Begins to follow a DM, from its first message. False where it is followed already or out of reach. */
  async adopt(dm: number): Promise<boolean> {
    if (this.follows(dm)) return false;
    await this.#takeUp(dm);
    return this.follows(dm);
  }

  async #takeUp(dm: number): Promise<void> {
    let cursor: string;
    try {
      cursor = (await this.#source.changes(dm, null, 1)).cursor;
    } catch (error) {
      if (error instanceof SottoError && error.isRefusal("no_access")) return;
      throw error;
    }
    const followed = new Followed(cursor);
    followed.filling = this.#began;
    if (!this.#began) {
      // What is there before the first time belongs to history.
      const [newest] = await this.#source.page(dm, {}, 1);
      followed.newest = newest?.timestamp ?? null;
    }
    this.#dms.set(dm, followed);
  }

  /** A DM is gone. */
  async dropDm(dm: number): Promise<void> {
    this.#forgetDm(dm);
    if (await this.isOwner()) await this.#store.update(key(dm), () => undefined);
  }

  #forgetDm(dm: number): void {
    this.#dms.delete(dm);
    for (const [id, end] of this.#ends) if (end.dm === dm) this.#ends.delete(id);
  }

  /** Whether and how a notice is to be told. */
  judge(wire: protocol.Message): Verdict {
    const followed = this.#dms.get(wire.dm_id);
    if (followed === undefined || followed.behind) return "pull";
    if (this.#gone.has(wire.id)) return "known";
    const newer = followed.isNewer(wire);
    const shown = followed.shown.get(wire.id);
    if (shown === null || (shown !== undefined && shown === digest(wire))) return "known";
    if (shown !== undefined) return followed.settling ? "pull" : "changed";
    if (followed.filling || (followed.settling && !newer)) return "pull";
    if (!newer) return "changed";
    followed.settling = false;
    return "new";
  }

  /** The DM of a message that was told of lately, in this run or before. */
  place(id: number): number | undefined {
    for (const [dm, followed] of this.#dms) if (followed.shown.has(id)) return dm;
    return undefined;
  }

  /** Something of this DM could not be told in its turn. */
  fallBehind(dm: number): void {
    const followed = this.#dms.get(dm);
    if (followed !== undefined) followed.behind = true;
  }

  /** A notice is told. */
  shown(wire: protocol.Message, message: Message): void {
    const followed = this.#dms.get(wire.dm_id);
    if (followed !== undefined) {
      followed.show(wire);
      followed.advance();
    }
    this.noteEnd(message);
  }

  /** A message is gone; false where that was told already. */
  delete(dm: number | undefined, id: number): boolean {
    this.#ends.delete(id);
    const followed = dm === undefined ? undefined : this.#dms.get(dm);
    const told = this.#gone.has(id) || followed?.shown.get(id) === null;
    this.#gone.add(id);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= GONE) break;
      this.#gone.delete(oldest);
    }
    if (followed !== undefined) {
      followed.shown.set(id, null);
      followed.changed = true;
    } else if (!told) {
      this.#lost = [...this.#lost, id].slice(-KEPT_GONE);
      this.#lostChanged = true;
    }
    return !told;
  }

  /** DMs of which so much was told that the cursor must move on. */
  overdue(): number[] {
    return this.dms().filter((dm) => (this.#dms.get(dm)?.shown.size ?? 0) > ADVANCE_AT);
  }

  /** Reads one page of what happened. Called again while there is more. */
  async pull(dm: number): Promise<Pulled> {
    if (!this.follows(dm) && !(await this.adopt(dm))) return NOTHING;
    const since = this.#dms.get(dm);
    if (since === undefined) return NOTHING;
    if (since.filling) return this.#fill(dm, since);
    let changes: protocol.MessageChanges;
    try {
      changes = await this.#source.changes(dm, since.cursor, PAGE);
    } catch (error) {
      return this.#noChanges(dm, error);
    }
    if (changes.more && changes.cursor === since.cursor) {
      throw new SottoError("protocol", "The server's answer to get_message_changes has a cursor that stands still.");
    }
    const messages = await this.#source.open(dm, changes.messages);
    const followed = this.#dms.get(dm);
    if (followed === undefined) return NOTHING;
    const happenings: Happening[] = [];
    for (const [at, wire] of changes.messages.entries()) {
      const message = messages[at];
      followed.touched.add(wire.id);
      const before = followed.shown.get(wire.id);
      if (message === undefined || before === null || before === digest(wire)) continue;
      const isNew = before === undefined && followed.isNewer(wire);
      followed.show(wire);
      await this.#source.keep(dm, wire, isNew);
      this.noteEnd(message);
      happenings.push({ event: isNew ? "messageNew" : "messageChanged", payload: { message } });
    }
    await this.#source.forget(dm, changes.deleted);
    for (const id of changes.deleted) {
      followed.touched.add(id);
      if (this.delete(dm, id)) happenings.push({ event: "messageDeleted", payload: { dm, id } });
    }
    followed.cursor = changes.cursor;
    followed.changed = true;
    if (!changes.more) {
      followed.advance();
      followed.settling = true;
      followed.behind = false;
      for (const id of followed.shown.keys()) if (!followed.touched.has(id)) followed.shown.delete(id);
      followed.touched = new Set();
    }
    return { happenings, more: changes.more };
  }

  /** The cursor is no use any more: a new one, then history from where the telling stopped. Or the DM is gone. */
  async #noChanges(dm: number, error: unknown): Promise<Pulled> {
    if (!(error instanceof SottoError)) throw error;
    if (error.isRefusal("no_access")) {
      await this.dropDm(dm);
      return { happenings: [{ event: "dmGone", payload: { dm } }], more: false };
    }
    if (!error.isRefusal("cursor_too_old")) throw error;
    const { cursor } = await this.#source.changes(dm, null, 1);
    await this.#source.reset(dm);
    const followed = this.#dms.get(dm);
    if (followed !== undefined) {
      Object.assign(followed, { cursor, filling: true, shown: new Map(), changed: true });
    }
    return { happenings: [{ event: "historyReset", payload: { dm } }], more: this.follows(dm) };
  }

  /** Tells history forward, oldest first. */
  async #fill(dm: number, { newest }: Followed): Promise<Pulled> {
    const wire = await this.#source.page(dm, { after: newest ?? EPOCH }, PAGE);
    const messages = await this.#source.open(dm, wire);
    const followed = this.#dms.get(dm);
    if (followed === undefined) return NOTHING;
    followed.changed = true;
    if (wire.length === 0) followed.filling = false;
    for (const each of wire) {
      followed.show(each);
      await this.#source.keep(dm, each, true);
    }
    followed.advance();
    for (const message of messages) this.noteEnd(message);
    // What changed since the cursor is read after the last page.
    return { happenings: messages.map((message) => ({ event: "messageNew", payload: { message } })), more: true };
  }

  /** A message is shown that will destroy itself. */
  noteEnd(message: Message): void {
    if (message.expires !== null) this.#ends.set(message.id, { at: micros(message.expires) + GRACE, dm: message.dm });
  }

  /** When the next message ends that the server should have taken away, in milliseconds since 1970 UTC. */
  nextExpiry(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#ends.values()) if (next === undefined || at < next) next = at;
    return next === undefined ? undefined : Math.ceil(next / 1000);
  }

  /** Messages whose end has come and that are still shown. */
  takeExpired(): { dm: number; id: number }[] {
    const now = this.#source.now() * 1000;
    const expired = [...this.#ends].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at);
    return expired.map(([id, { dm }]) => ({ dm, id })).filter(({ dm, id }) => this.delete(dm, id));
  }

  /** Keeps a DM's cursor, where it changed and this tab is the one to keep it. */
  async save(dm: number): Promise<void> {
    const followed = this.#dms.get(dm);
    if (followed?.changed !== true || !(await this.isOwner())) return;
    followed.changed = false;
    const bytes = followed.toBytes();
    try {
      await this.#store.update(key(dm), () => bytes);
    } catch (error) {
      followed.changed = true;
      throw error;
    }
  }

  async saveAll(): Promise<void> {
    for (const dm of this.dms()) await this.save(dm);
    if (!this.#lostChanged || !(await this.isOwner())) return;
    this.#lostChanged = false;
    const bytes = new TextEncoder().encode(JSON.stringify(this.#lost));
    await this.#store.update(LOST, () => bytes);
  }
}
