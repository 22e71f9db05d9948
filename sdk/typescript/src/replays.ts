/** What was seen of each DM's envelopes, kept across runs: opens what comes and refuses what comes back (C-311, C-312, C-316). */

import { decodeHex, encodeHex, type Opened as Envelope, type Place, type Received, Replay, splitName } from "./crypto/index.js";
import { type Group, orLocked } from "./groups.js";
import type { Unreadable } from "./errors.js";
import type { Content, Message, Opened, Reaction } from "./model.js";
import type { Platform } from "./platform/platform.js";
import type * as protocol from "./protocol.js";
import type { Store } from "./store/store.js";
import { micros, timestamp } from "./time.js";

/** How far clocks may differ before a message counts as one that should be gone, in microseconds. */
const LENIENCE = 60_000_000;

/** How much is remembered as verified: envelopes, and characters of them. */
const MEMO_ENTRIES = 5_000;
const MEMO_CHARACTERS = 16 << 20;

/** The last moment that a `Date` can hold, in milliseconds since 1970 UTC. */
const LAST_DATE = 8_640_000_000_000_000;

function key(dm: number): string {
  return `replay-${String(dm)}`;
}

/** What is known of one DM. */
interface Kept {
  readonly replay: Replay;
  /** The highest revision of the DM's name, also while it has none. */
  nameRev: number;
  changed: boolean;
  /** Messages that went since the last time it was kept. */
  forgotten: Set<number>;
  /** What was read or kept last: where it still lies there, nobody else has kept anything. */
  stored: Uint8Array | undefined;
}

/** An envelope that was verified and is current at its place. */
interface Verified {
  readonly sender: string | undefined;
  readonly envelope: string;
  readonly signature: string;
  /** The root that it was held against. */
  readonly root: string;
  readonly opened: Envelope;
}

/** The memory of all DMs. */
export class Replays {
  readonly #store: Store;
  readonly #platform: Platform;
  readonly #known = new Map<number, Promise<Kept>>();
  readonly #memo = new Memo();

  constructor(store: Store, platform: Platform) {
    this.#store = store;
    this.#platform = platform;
  }

  /** Opens one envelope with all the checks of C-309. Throws the crypto's refusals. Envelope and signature are hex. */
  async receive(group: Group, place: Place, sender: string | undefined, envelope: string, signature: string): Promise<Received> {
    const spot = spotOf(group.dm, place);
    const root = place.place === "reaction" ? encodeHex(place.root) : "";
    // What is current at its place changes nothing when it comes again (C-312): the same bytes need not be verified twice.
    const same = spot === undefined ? undefined : this.#memo.get(spot);
    if (same !== undefined && same.envelope === envelope && same.signature === signature && same.sender === sender && same.root === root) {
      return { opened: same.opened, fresh: false, gap: 0 };
    }
    const kept = await this.#kept(group.dm);
    const bytes = [decodeHex(envelope), decodeHex(signature)] as const;
    const received = await kept.replay.receive(this.#platform, group.context, place, sender, ...bytes);
    if (received.fresh) kept.changed = true;
    if (spot !== undefined) this.#memo.set(spot, { sender, envelope, signature, root, opened: received.opened });
    return received;
  }

  /** Opens a message with its reactions. What cannot be opened is marked so. */
  async message(group: Group, wire: protocol.Message): Promise<Message> {
    const received = await orLocked(
      this.receive(group, { place: "message", id: wire.id }, wire.sender, wire.message, wire.signature),
    );
    const root: Opened<Uint8Array> = received.ok ? { ok: true, value: received.value.opened.root } : received;
    const reactions: Reaction[] = [];
    for (const reaction of wire.reactions) {
      reactions.push({ id: reaction.id, sender: reaction.sender, text: await this.#reaction(group, root, reaction) });
    }
    const limit = received.ok ? endOfLife(wire, received.value.opened.expireS) : undefined;
    return {
      id: wire.id,
      dm: wire.dm_id,
      sender: wire.sender,
      timestamp: wire.timestamp,
      expires: earlier(wire.delete_timestamp, limit === undefined ? null : timestamp(limit)),
      pinned: wire.pinned,
      content: received.ok ? this.#content(received.value.opened, limit) : received,
      reactions,
      missingBefore: received.ok ? received.value.gap : 0,
    };
  }

  async #reaction(group: Group, root: Opened<Uint8Array>, wire: protocol.Reaction): Promise<Opened<string>> {
    if (!root.ok) return root;
    const place: Place = { place: "reaction", id: wire.id, root: root.value };
    const received = await orLocked(this.receive(group, place, wire.sender, wire.reaction, wire.signature));
    return received.ok ? { ok: true, value: received.value.opened.body } : received;
  }

  #content(opened: Envelope, limit: number | undefined): Opened<Content> {
    // The sender's own limit holds whatever the server says (C-313).
    if (limit !== undefined && this.#platform.now() * 1000 > limit + LENIENCE) {
      const sentence = "This message has destroyed itself, and the server still shows it.";
      return { ok: false, why: { code: "E_EXPIRED", sentence } };
    }
    const replies = opened.rev === 0 && !isNone(opened.target);
    return {
      ok: true,
      value: {
        text: opened.body,
        reference: encodeHex(opened.root),
        replyTo: replies ? encodeHex(opened.target) : null,
        revision: opened.rev,
        writtenMs: Math.min(Number(opened.sentAtMs), LAST_DATE),
      },
    };
  }

  /** Opens a DM's name (hex): the text and its revision. */
  async name(group: Group, hex: string): Promise<Opened<{ text: string; rev: number }>> {
    const opened = await orLocked(this.#name(group, hex));
    if (!opened.ok) return opened;
    const { body, rev } = opened.value;
    const kept = await this.#kept(group.dm);
    kept.nameRev = Math.max(kept.nameRev, rev);
    return { ok: true, value: { text: body, rev } };
  }

  async #name(group: Group, hex: string): Promise<Envelope> {
    const { envelope, signature } = splitName(decodeHex(hex));
    return (await this.receive(group, { place: "name" }, undefined, encodeHex(envelope), encodeHex(signature))).opened;
  }

  /** The highest revision that this device has seen of a DM's name, 0 for none. */
  async highestName(dm: number): Promise<number> {
    return (await this.#kept(dm)).nameRev;
  }

  /** After how many seconds a message that was just opened is to be forgotten, by its sender; 0: never. */
  limit(dm: number, message: number): number {
    return this.#memo.get(`${String(dm)} message ${String(message)}`)?.opened.expireS ?? 0;
  }

  /** A message is gone. */
  async forget(dm: number, message: number): Promise<void> {
    this.#memo.delete(`${String(dm)} message ${String(message)}`);
    const kept = await this.#kept(dm);
    if (kept.replay.root(message) !== undefined) kept.changed = true;
    kept.replay.forget(message);
    kept.forgotten.add(message);
    this.#memo.delete(`${String(dm)} message ${String(message)}`);
  }

  /** A DM is gone. */
  async forgetDm(dm: number): Promise<void> {
    this.#known.delete(dm);
    this.#memo.deleteAll(`${String(dm)} `);
    await this.#store.update(key(dm), () => undefined);
  }

  /** Keeps what was learnt since the last time, and what another tab has kept meanwhile. */
  async save(): Promise<void> {
    for (const [dm, loading] of this.#known) {
      const kept = await loading;
      if (!kept.changed) continue;
      kept.changed = false;
      const forgotten = kept.forgotten;
      kept.forgotten = new Set();
      let bytes: Uint8Array = new Uint8Array();
      try {
        await this.#store.update(key(dm), (old) => (bytes = joined(kept, forgotten, old)));
        kept.stored = bytes;
      } catch (error) {
        kept.changed = true;
        for (const id of forgotten) kept.forgotten.add(id);
        throw error;
      }
    }
  }

  #kept(dm: number): Promise<Kept> {
    const known = this.#known.get(dm);
    if (known !== undefined) return known;
    // What cannot be read begins anew, as on a new device.
    const loading = this.#store.read(key(dm)).then(fromBytes, () => fromBytes(undefined));
    this.#known.set(dm, loading);
    return loading;
  }
}

/** Verified envelopes by place, the most recently used ones, within bounds. */
class Memo {
  readonly #entries = new Map<string, Verified>();
  #characters = 0;

  get(spot: string): Verified | undefined {
    const entry = this.#entries.get(spot);
    if (entry !== undefined) {
      this.#entries.delete(spot);
      this.#entries.set(spot, entry);
    }
    return entry;
  }

  set(spot: string, entry: Verified): void {
    this.delete(spot);
    this.#entries.set(spot, entry);
    this.#characters += weight(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MEMO_ENTRIES && this.#characters <= MEMO_CHARACTERS) return;
      this.delete(oldest);
    }
  }

  delete(spot: string): void {
    const entry = this.#entries.get(spot);
    if (entry === undefined) return;
    this.#entries.delete(spot);
    this.#characters -= weight(entry);
  }

  deleteAll(prefix: string): void {
    for (const spot of [...this.#entries.keys()]) {
      if (spot.startsWith(prefix)) this.delete(spot);
    }
  }
}

function weight(entry: Verified): number {
  return entry.envelope.length + entry.opened.body.length;
}

/** Where an envelope is current; a call signal never is, for it must not be taken twice. */
function spotOf(dm: number, place: Place): string | undefined {
  if (place.place === "call") return undefined;
  return `${String(dm)} ${place.place} ${place.place === "name" ? "" : String(place.id)}`;
}

function toBytes(kept: Kept): Uint8Array {
  const replay = kept.replay.toBytes();
  const bytes = new Uint8Array(4 + replay.length);
  new DataView(bytes.buffer).setUint32(0, kept.nameRev);
  bytes.set(replay, 4);
  return bytes;
}

function fromBytes(bytes: Uint8Array | undefined): Kept {
  const replay = bytes === undefined || bytes.length < 4 ? undefined : Replay.fromBytes(bytes.subarray(4));
  const fresh = { changed: false, forgotten: new Set<number>(), stored: bytes };
  if (bytes === undefined || replay === undefined) return { ...fresh, replay: new Replay(), nameRev: 0 };
  return { ...fresh, replay, nameRev: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) };
}

/** What is to be kept beside what lies there already. */
function joined(kept: Kept, forgotten: ReadonlySet<number>, old: Uint8Array | undefined): Uint8Array {
  if (old === undefined || (kept.stored !== undefined && equal(old, kept.stored))) return toBytes(kept);
  const others = fromBytes(old);
  const whole = fromBytes(toBytes(kept));
  whole.replay.join(others.replay);
  for (const id of forgotten) whole.replay.forget(id);
  return toBytes({ ...whole, nameRev: Math.max(kept.nameRev, others.nameRev) });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** The end that the sender has set, in microseconds since 1970 UTC. */
function endOfLife(wire: protocol.Message, expireS: number): number | undefined {
  return expireS > 0 ? micros(wire.timestamp) + expireS * 1_000_000 : undefined;
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function isNone(target: Uint8Array): boolean {
  return target.every((byte) => byte === 0);
}

/** A message that this device must not open. */
export function unopened(wire: protocol.Message, why: Unreadable): Message {
  const content = { ok: false, why } as const;
  return {
    id: wire.id,
    dm: wire.dm_id,
    sender: wire.sender,
    timestamp: wire.timestamp,
    expires: wire.delete_timestamp,
    pinned: wire.pinned,
    content,
    reactions: wire.reactions.map(({ id, sender }) => ({ id, sender, text: content })),
    missingBefore: 0,
  };
}

