/** What a client remembers of a DM's envelopes, so that none is repeated, moved or rolled back (C-311, C-312, C-316). */
import type { Aead } from "./aead.js";
import { concat, equal, utf8 } from "./bytes.js";
import { Reader, Writer, u32 } from "./encode.js";
import type { Opened } from "./envelope.js";
import type { GroupContext } from "./group-context.js";
import { decodeHex, encodeHex } from "./hex.js";
import { type Slot, checkTarget, openUntargeted } from "./open.js";
import { Refusal, refuse } from "./refusal.js";

/** How far a revision may be above the highest one seen. */
export const MAX_REV_STEP = 65_536;

/** Where on the wire an envelope stood. */
export type Place =
  /** The Message object with this id. */
  | { readonly place: "message"; readonly id: number }
  /** The Reaction object with this id, on a message with this root reference. */
  | { readonly place: "reaction"; readonly id: number; readonly root: Uint8Array }
  /** The DM's name. */
  | { readonly place: "name" }
  /** A call signal with this target, from `callTarget`. */
  | { readonly place: "call"; readonly target: Uint8Array };

/** What an envelope is bound to: its place, the object's id (0 where there is none), and its bytes. */
interface Mark {
  readonly place: Place["place"];
  readonly id: number;
  readonly msgRef: Uint8Array;
}

/** What was shown last in a place that has revisions. */
interface Current {
  readonly rev: number;
  readonly msgRef: Uint8Array;
}

interface MessageState {
  readonly root: Uint8Array;
  readonly author: number;
  readonly current: Current;
}

/** An envelope that was taken. */
export interface Received {
  /** Its content. */
  readonly opened: Opened;
  /** False if this very envelope stands in this place already: nothing to do. */
  readonly fresh: boolean;
  /**
   * How many envelopes of this session, between the highest known and this one, have not been seen. They may still come, be older
   * than what was loaded, or be withheld; if they stay away, show the gap.
   */
  readonly gap: number;
}

const MAGIC = utf8("STR1");
/** By the byte in the stored form. */
const PLACES: readonly Place["place"][] = ["message", "reaction", "name", "call"];

/** The memory of one DM. Keep it as long as the DM; {@link Replay.toBytes} stores it. */
export class Replay {
  /** By position and sid, in hex. */
  readonly #seen = new Map<string, Session>();
  readonly #messages = new Map<number, MessageState>();
  /** The message id of each root reference (in hex). */
  readonly #roots = new Map<string, number>();
  #name: Current | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Opens an envelope and makes every check of C-309, in its order; on success it is remembered, on refusal nothing changes. Calls run
   * one after another, in the order in which they were made. `sender` is the one the server names, undefined for a DM's name.
   *
   * @throws Refusal those of `openEnvelope` up to the limits of the body; `E_REPLAY_MSG` if (sender, session, number) was seen with
   * other bytes or in another place; `E_INNER` if the target is not the message it is attached to; `E_SENDER` for an edit by another
   * than the message's author; `E_REPLAY_MSG` for a revision below the highest seen; `E_INNER` for one more than 65,536 above it
   */
  receive(
    aead: Aead,
    context: GroupContext,
    place: Place,
    sender: string | undefined,
    envelope: Uint8Array,
    signature: Uint8Array,
  ): Promise<Received> {
    const received = this.#last.then(async () => {
      const opened = await openUntargeted(aead, context, place.place, { sender, envelope, signature });
      return this.#take(place, opened);
    });
    this.#last = received.catch(() => undefined);
    return received;
  }

  #take(place: Place, opened: Opened): Received {
    // Copies: what the caller does with its own changes nothing here.
    const mark = { place: place.place, id: idOf(place), msgRef: opened.msgRef.slice() };
    const key = sessionKey(opened.position, opened.sid);
    const session = this.#seen.get(key) ?? new Session();
    const seen = session.get(opened.seq);
    if (seen !== undefined && !sameMark(seen, mark)) {
      refuse("E_REPLAY_MSG");
    }
    checkTarget(this.#slot(place), opened);
    const fresh = this.#isFresh(place, opened, seen);
    const gap = seen === undefined ? session.gapBefore(opened.seq) : 0;
    session.set(opened.seq, mark);
    this.#seen.set(key, session);
    if (fresh) {
      this.#note(place, opened);
    }
    return { opened, fresh, gap };
  }

  #slot(place: Place): Slot {
    switch (place.place) {
      case "message":
        return { slot: "message", root: this.#messages.get(place.id)?.root };
      case "reaction":
        return { slot: "reaction", root: place.root };
      case "name":
        return { slot: "name" };
      case "call":
        return { slot: "call", target: place.target };
    }
  }

  #isFresh(place: Place, opened: Opened, seen: Mark | undefined): boolean {
    switch (place.place) {
      case "message":
        return this.#isFreshMessage(place.id, opened);
      case "name":
        return replaces(this.#name, opened);
      case "reaction":
      case "call":
        return seen === undefined;
    }
  }

  #isFreshMessage(id: number, opened: Opened): boolean {
    const known = this.#messages.get(id);
    // The slot compared the root with this message's; here it must not be another message's either.
    if ((this.#roots.get(encodeHex(opened.root)) ?? id) !== id) {
      refuse("E_INNER");
    }
    if (known !== undefined && known.author !== opened.position) {
      refuse("E_SENDER");
    }
    return replaces(known?.current, opened);
  }

  #note(place: Place, opened: Opened): void {
    const current = { rev: opened.rev, msgRef: opened.msgRef.slice() };
    if (place.place === "message") {
      this.#roots.set(encodeHex(opened.root), place.id);
      this.#messages.set(place.id, { root: opened.root.slice(), author: opened.position, current });
    } else if (place.place === "name") {
      this.#name = current;
    }
  }

  /** Forgets what a deleted or expired message showed. Its envelopes stay known, so that they cannot come back elsewhere. */
  forget(messageId: number): void {
    const message = this.#messages.get(messageId);
    if (message !== undefined) {
      this.#messages.delete(messageId);
      this.#roots.delete(encodeHex(message.root));
    }
  }

  /** The root reference of a message, once it was received: what its reactions and edits aim at. */
  root(messageId: number): Uint8Array | undefined {
    return this.#messages.get(messageId)?.root.slice();
  }

  /** Takes up what another memory of the same DM knows. Where both know of one thing, the higher revision counts, else this one. */
  join(other: Replay): void {
    for (const [key, theirs] of other.#seen) {
      const mine = this.#seen.get(key) ?? new Session();
      for (const [seq, mark] of theirs.inOrder()) if (mine.get(seq) === undefined) mine.set(seq, mark);
      this.#seen.set(key, mine);
    }
    for (const [id, theirs] of other.#messages) {
      const mine = this.#messages.get(id);
      const isTaken = (this.#roots.get(encodeHex(theirs.root)) ?? id) !== id;
      if (isTaken || (mine !== undefined && (!equal(mine.root, theirs.root) || mine.current.rev >= theirs.current.rev))) continue;
      this.#roots.set(encodeHex(theirs.root), id);
      this.#messages.set(id, theirs);
    }
    if (other.#name !== undefined && (this.#name === undefined || this.#name.rev < other.#name.rev)) this.#name = other.#name;
  }

  /** The memory as bytes: a layout of the SDKs' own, no part of `sotto/1`. It holds no secret, but tells when who wrote. */
  toBytes(): Uint8Array {
    const count = [...this.#seen.values()].reduce((sum, session) => sum + session.size, 0);
    const named = this.#name === undefined ? 0 : CURRENT;
    const writer = new Writer(MAGIC.length + 8 + count * SEEN + 8 + this.#messages.size * MESSAGE + 1 + named);
    writer.put(MAGIC);
    writer.u64(count);
    for (const [key, session] of [...this.#seen].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const head = decodeHex(key);
      for (const [seq, mark] of session.inOrder()) {
        writer.put(head);
        writer.u32(seq);
        writer.u8(PLACES.indexOf(mark.place));
        writer.u64(mark.id);
        writer.put(mark.msgRef);
      }
    }
    writer.u64(this.#messages.size);
    for (const [id, { root, author, current }] of [...this.#messages].sort(([a], [b]) => a - b)) {
      writer.u64(id);
      writer.put(root);
      writer.u32(author);
      putCurrent(writer, current);
    }
    writer.u8(this.#name === undefined ? 0 : 1);
    if (this.#name !== undefined) {
      putCurrent(writer, this.#name);
    }
    return writer.bytes;
  }

  /** Reads what {@link Replay.toBytes} wrote; undefined if it is anything else. */
  static fromBytes(bytes: Uint8Array): Replay | undefined {
    try {
      const replay = Replay.#read(new Reader(bytes, "E_STORAGE"));
      return equal(replay.toBytes(), bytes) ? replay : undefined;
    } catch (error) {
      if (error instanceof Refusal) {
        return undefined;
      }
      throw error;
    }
  }

  static #read(reader: Reader): Replay {
    const replay = new Replay();
    if (!equal(reader.take(MAGIC.length), MAGIC)) {
      refuse("E_STORAGE");
    }
    for (let left = reader.u64(); left > 0n; left--) {
      const [head, seq] = [reader.take(4 + 8), reader.u32()];
      const place = PLACES[reader.u8()] ?? refuse("E_STORAGE");
      const id = readId(reader);
      if (id !== 0 && (place === "name" || place === "call")) {
        refuse("E_STORAGE");
      }
      const session = replay.#seen.get(encodeHex(head)) ?? new Session();
      session.set(seq, { place, id, msgRef: reader.take(32) });
      replay.#seen.set(encodeHex(head), session);
    }
    for (let left = reader.u64(); left > 0n; left--) {
      const [id, root, author] = [readId(reader), reader.take(32), reader.u32()];
      replay.#roots.set(encodeHex(root), id);
      replay.#messages.set(id, { root, author, current: readCurrent(reader) });
    }
    const named = reader.u8();
    if (named > 1) {
      refuse("E_STORAGE");
    }
    replay.#name = named === 1 ? readCurrent(reader) : undefined;
    reader.end();
    return replay;
  }
}

function idOf(place: Place): number {
  return place.place === "message" || place.place === "reaction" ? place.id : 0;
}

function sameMark(a: Mark, b: Mark): boolean {
  return a.place === b.place && a.id === b.id && equal(a.msgRef, b.msgRef);
}

/** True if `opened` replaces what is current, false if it is what is current. */
function replaces(current: Current | undefined, opened: Opened): boolean {
  const highest = current?.rev ?? 0;
  if (current !== undefined && equal(current.msgRef, opened.msgRef)) {
    return false;
  }
  if (opened.rev < highest) {
    refuse("E_REPLAY_MSG");
  }
  if (opened.rev - highest > MAX_REV_STEP) {
    refuse("E_INNER");
  }
  return true;
}

/** Position and sid, in hex: the order of these texts is that of the numbers. */
function sessionKey(position: number, sid: Uint8Array): string {
  return encodeHex(concat(u32(position), sid));
}

/** Bytes of one seen envelope: session, number, place, id, msg_ref. */
const SEEN = 4 + 8 + 4 + 1 + 8 + 32;
/** Bytes of a revision. */
const CURRENT = 4 + 32;
/** Bytes of one message: id, root, author, revision. */
const MESSAGE = 8 + 32 + 4 + CURRENT;

function putCurrent(writer: Writer, current: Current): void {
  writer.u32(current.rev);
  writer.put(current.msgRef);
}

function readCurrent(reader: Reader): Current {
  return { rev: reader.u32(), msgRef: reader.take(32) };
}

/** An object's id; those of the wire are exact as numbers. */
function readId(reader: Reader): number {
  const id = reader.u64();
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : refuse("E_STORAGE");
}

/** What one session of a sender has sent, as far as it was seen. */
class Session {
  readonly #marks = new Map<number, Mark>();
  /** The numbers that were seen, rising. */
  readonly #seqs: number[] = [];

  get size(): number {
    return this.#seqs.length;
  }

  get(seq: number): Mark | undefined {
    return this.#marks.get(seq);
  }

  set(seq: number, mark: Mark): void {
    if (!this.#marks.has(seq)) {
      this.#seqs.splice(this.#below(seq), 0, seq);
    }
    this.#marks.set(seq, mark);
  }

  /** How many numbers below `seq` are missing down to the next that was seen. */
  gapBefore(seq: number): number {
    return seq - (this.#seqs[this.#below(seq) - 1] ?? -1) - 1;
  }

  inOrder(): (readonly [number, Mark])[] {
    return this.#seqs.flatMap((seq) => {
      const mark = this.#marks.get(seq);
      return mark === undefined ? [] : [[seq, mark] as const];
    });
  }

  /** How many of the numbers seen are below `seq`. */
  #below(seq: number): number {
    let [from, to] = [0, this.#seqs.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      [from, to] = (this.#seqs[middle] ?? seq) < seq ? [middle + 1, to] : [from, middle];
    }
    return from;
  }
}
