/**
 * Following DMs without gaps or repeats: a cursor per DM, kept across runs, and what was told since.
 *
 * Two sources tell of a message: the server's notices, in order, and `get_message_changes`, in order. Between the two there is
 * no order, so a DM is either settling (what was read may be ahead of the notices, which then only cause another read) or live
 * (the notices are ahead). A DM goes live with the first notice of a message newer than everything that was read: all notices
 * that follow are newer, too. So an older state never replaces a newer one.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
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

/** What is kept of one DM, as JSON. */
interface Kept {
  readonly cursor: string;
  readonly newest: string | null;
  readonly filling: boolean;
  readonly shown: readonly (readonly [number, string | null])[];
}

/** What is known of one DM. */
class Followed {
  /** Everything before it was told. */
  cursor: string;
  /** The newest message that was told. */
  newest: string | null = null;
  /** History from `newest` on is still to be told: the DM is new, or the cursor was too old. */
  filling = false;
  /** What was told since the cursor: a digest of the state, or null for a message that is gone. */
  shown = new Map<number, string | null>();
  settling = true;
  /** A notice or a read failed: nothing of the DM is told until a read has succeeded. */
  behind = false;
  /** What the running chain of pages has touched, and the newest message in it. */
  touched = new Set<number>();
  seen: string | null = null;
  changed = true;

  constructor(cursor: string) {
    this.cursor = cursor;
  }

  static from(kept: Kept): Followed {
    const followed = new Followed(kept.cursor);
    followed.newest = kept.newest;
    followed.filling = kept.filling;
    followed.shown = new Map(kept.shown);
    followed.changed = false;
    return followed;
  }

  toBytes(): Uint8Array {
    const kept: Kept = { cursor: this.cursor, newest: this.newest, filling: this.filling, shown: [...this.shown] };
    return new TextEncoder().encode(JSON.stringify(kept));
  }

  isNewer(wire: protocol.Message): boolean {
    return this.newest === null || wire.timestamp > this.newest;
  }

  show(wire: protocol.Message): void {
    this.shown.set(wire.id, digest(wire));
    this.seen = latest(this.seen, wire.timestamp);
    this.changed = true;
  }

  /** What was shown has become everything up to it. */
  advance(): void {
    this.newest = latest(this.newest, this.seen);
  }
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
  /** Messages that went without this device knowing where they had been. */
  readonly #gone = new Set<number>();

  private constructor(store: Store, source: Source, began: boolean) {
    this.#store = store;
    this.#source = source;
    this.#began = began;
  }

  static async open(store: Store, source: Source): Promise<Follower> {
    return new Follower(store, source, (await store.read(BEGAN)) !== undefined);
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
        const kept = await readJson<Kept>(this.#store, key(dm));
        if (kept !== undefined) this.#dms.set(dm, Followed.from(kept));
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
    if (followed === undefined) {
      const told = this.#gone.has(id);
      this.#gone.add(id);
      return !told;
    }
    const told = followed.shown.get(id) === null;
    followed.shown.set(id, null);
    followed.changed = true;
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
      this.#ends.delete(id);
      const told = followed.shown.get(id) === null;
      followed.shown.set(id, null);
      if (!told && !this.#gone.delete(id)) happenings.push({ event: "messageDeleted", payload: { dm, id } });
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
  }
}

function latest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/** Stands for a state of a message: equal for equal states, as 32 hex digits. */
export function digest(wire: protocol.Message): string {
  const reactions = wire.reactions.map(({ id, reaction }) => [id, reaction]);
  const state = [wire.sender, wire.message, wire.signature, wire.pinned, wire.delete_timestamp, reactions];
  return encodeHex(sha256(new TextEncoder().encode(JSON.stringify(state)))).slice(0, 32);
}
