/**
 * The envelope of messages, reactions, DM names, edits and call signals (C-301 to C-310): its layout, sealed and opened under the
 * key of one envelope. `open.ts` opens what a server sent.
 */
import type { Aead } from "./aead.js";
import { TAG, open, seal } from "./aead.js";
import { concat, equal, isZero, readUtf8, utf8 } from "./bytes.js";
import { Reader, isLeastPadding, pad, t, u32, u64, v } from "./encode.js";
import { type GroupContext, senderKey } from "./group-context.js";
import { expand, extract, hash } from "./kdf.js";
import { type Identity, signRaw } from "./keys.js";
import { refuse } from "./refusal.js";

const MAGIC = utf8("STM1");
/** Length of `hdr` in bytes. */
const HEADER = 73;
/** Where the ciphertext begins: after `hdr || mc`. */
const SEALED_FROM = HEADER + 32;
/** The inner text is filled to a multiple of this. */
const BLOCK = 64;
/** Bytes that sealing adds to the padded inner text. */
export const OVERHEAD = SEALED_FROM + TAG;
/** The shortest envelope, in bytes: an empty body. */
export const MIN_ENVELOPE = OVERHEAD + BLOCK;

/** What an envelope is: a message, a reaction, the name of the DM, an edited message, a call signal. */
export type Kind = "message" | "reaction" | "name" | "edit" | "call";

/** By the byte in the header. */
const KINDS: readonly (Kind | undefined)[] = [undefined, "message", "reaction", "name", "edit", "call"];

/** The byte in the header that stands for `kind`. */
export function kindByte(kind: Kind): number {
  return KINDS.indexOf(kind);
}

/** The kind that a header's byte stands for. Throws Refusal `E_KIND`. */
export function kindOf(byte: number): Kind {
  return KINDS[byte] ?? refuse("E_KIND");
}

/**
 * Longest body in bytes of UTF-8. Each makes the largest envelope that the wire's limit for its place holds: 64 KiB for messages and
 * edits, 1 KiB for reactions, 2,048 hex digits (signature included) for names, 16 KiB for call signals.
 */
export const MAX_BODY: Readonly<Record<Kind, number>> = { message: 65_356, reaction: 844, name: 780, edit: 65_356, call: 16_204 };

/** What distinguishes one envelope of a sender from all others. */
export interface Stamp {
  /** 8 random bytes per client session. */
  readonly sid: Uint8Array;
  /** Rises by 1 within the session, from 0. */
  readonly seq: number;
  /** 32 fresh random bytes. A salt used twice breaks the encryption. */
  readonly salt: Uint8Array;
}

/** What is to be sealed. */
export interface Draft {
  readonly kind: Kind;
  /** What it hangs on, 32 bytes; see {@link Opened.target}. */
  readonly target: Uint8Array;
  /** The revision: from 1 for edits, rising for names, 0 for everything else. */
  readonly rev: number;
  /** The sender's clock, in milliseconds since 1970 UTC. */
  readonly sentAtMs: bigint;
  /** After how many seconds every client forgets it; 0: never. */
  readonly expireS: number;
  /** The text. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
  readonly body: string;
}

/** A sealed and signed envelope. */
export interface Sealed {
  /** The wire's `message` or `reaction`, or the data of a call signal. */
  readonly envelope: Uint8Array;
  /** The wire's `signature`. */
  readonly signature: Uint8Array;
  /** `msg_ref(env)`. */
  readonly msgRef: Uint8Array;
}

/** An opened envelope. */
export interface Opened {
  readonly kind: Kind;
  /** The sender's position in the group. */
  readonly position: number;
  /** The sender's name in the group. */
  readonly sender: string;
  /** The sender's session, 8 bytes. */
  readonly sid: Uint8Array;
  /** The number within that session. */
  readonly seq: number;
  /** The reference of this envelope, 32 bytes. */
  readonly msgRef: Uint8Array;
  /**
   * For a message: the msg_ref it replies to, or zero. For a reaction or an edit: the root reference of its message. For a name: zero.
   * For a call signal: {@link callTarget}.
   */
  readonly target: Uint8Array;
  /** The root reference of the message this is or edits: what reactions and edits aim at. */
  readonly root: Uint8Array;
  readonly rev: number;
  /** The sender's clock, in milliseconds since 1970 UTC: any integer of 64 bits. */
  readonly sentAtMs: bigint;
  /** After how many seconds every client forgets it; 0: never. The client enforces it (C-313). */
  readonly expireS: number;
  readonly body: string;
}

/** `env || signature`, the wire's form of a DM name, which has no signature field. */
export function toName(sealed: Sealed): Uint8Array {
  return concat(sealed.envelope, sealed.signature);
}

/** `msg_ref(env) = H(T("msg-ref", env))`. */
export function msgRef(envelope: Uint8Array): Uint8Array {
  return hash(t("msg-ref", envelope));
}

/** The target of a call signal: `H(T("call", caller's uuid, callee's uuid))`, where the caller is the sender of this signal. */
export function callTarget(callerUuid: string, calleeUuid: string): Uint8Array {
  return hash(t("call", utf8(callerUuid), utf8(calleeUuid)));
}

/**
 * Splits a DM name into envelope and signature.
 *
 * @throws Refusal `E_INNER` if it is shorter than the two
 */
export function splitName(name: Uint8Array): { readonly envelope: Uint8Array; readonly signature: Uint8Array } {
  const at = name.length - 64;
  if (at < MIN_ENVELOPE) {
    refuse("E_INNER");
  }
  return { envelope: name.slice(0, at), signature: name.slice(at) };
}

/** An envelope parsed by its layout: nothing in it has been verified. */
export class Envelope {
  /** All bytes: what the sender signs. Not a copy. */
  readonly bytes: Uint8Array;
  readonly kind: Kind;
  readonly epoch: number;
  /** The first 16 bytes of `gi_hash`. */
  readonly giTag: Uint8Array;
  /** The sender's position. */
  readonly position: number;
  readonly sid: Uint8Array;
  readonly seq: number;
  readonly salt: Uint8Array;
  /** The commitment. */
  readonly mc: Uint8Array;

  private constructor(bytes: Uint8Array) {
    if (bytes.length < MIN_ENVELOPE || (bytes.length - OVERHEAD) % BLOCK !== 0) {
      refuse("E_INNER");
    }
    const reader = new Reader(bytes, "E_INNER");
    if (!equal(reader.take(MAGIC.length), MAGIC)) {
      refuse("E_DOWNGRADE");
    }
    this.bytes = bytes;
    this.kind = kindOf(reader.u8());
    this.epoch = reader.u32();
    this.giTag = reader.take(16);
    this.position = reader.u32();
    this.sid = reader.take(8);
    this.seq = reader.u32();
    this.salt = reader.take(32);
    this.mc = reader.take(32);
  }

  /**
   * Reads the layout.
   *
   * @throws Refusal `E_INNER` for a length that no envelope has, `E_DOWNGRADE` for the magic, `E_KIND`
   */
  static parse(bytes: Uint8Array): Envelope {
    return new Envelope(bytes);
  }
}

/** `prk = Extract(salt, sender_key_j)`: opens this one envelope. The caller wipes it, or gives it to {@link openWith}, which does. */
export function envelopeKey(envelope: Envelope, key: Uint8Array): Uint8Array {
  return extract(envelope.salt, key);
}

function messageKeys(prk: Uint8Array, header: Uint8Array, giHash: Uint8Array): { mk: Uint8Array; mc: Uint8Array } {
  return { mk: expand(prk, t("msg-key", header, giHash)), mc: expand(prk, t("msg-commit", header, giHash)) };
}

/**
 * From the commitment to the limits of the body: everything that can be checked with the key and no further knowledge. Wipes `prk`.
 *
 * @throws Refusal `E_COMMIT`, `E_AEAD`, `E_INNER`
 */
export async function openWith(
  aead: Aead,
  envelope: Envelope,
  prk: Uint8Array,
  giHash: Uint8Array,
  sender: string,
): Promise<Opened> {
  const { bytes, kind, position, sid, seq } = envelope;
  const { mk, mc } = messageKeys(prk, bytes.subarray(0, HEADER), giHash);
  prk.fill(0);
  if (!equal(mc, envelope.mc)) {
    mk.fill(0);
    refuse("E_COMMIT");
  }
  const ref = msgRef(bytes);
  const inner = await open(aead, mk, bytes.subarray(0, SEALED_FROM), bytes.subarray(SEALED_FROM));
  if (inner === null) {
    refuse("E_AEAD");
  }
  const reader = new Reader(inner, "E_INNER");
  const target = reader.take(32);
  const [rev, sentAtMs, expireS] = [reader.u32(), reader.u64(), reader.u32()];
  const text = reader.v();
  const body = readUtf8(text);
  if (body === undefined || !isLeastPadding(reader.rest(), BLOCK)) {
    refuse("E_INNER");
  }
  checkInner(kind, target, rev, text.length);
  const root = kind === "edit" ? target : ref;
  return { kind, position, sender, sid, seq, msgRef: ref, target, root, rev, sentAtMs, expireS, body };
}

/** What kind, revision and target must be to each other, and how long the body may be. */
function checkInner(kind: Kind, target: Uint8Array, rev: number, bodyLength: number): void {
  const revFits = kind === "edit" ? rev > 0 : kind === "name" || rev === 0;
  const targetFits = kind !== "name" || isZero(target);
  if (!revFits || !targetFits || bodyLength > MAX_BODY[kind]) {
    refuse("E_INNER");
  }
}

/**
 * Seals and signs `draft` as `me`, member `position` of the group.
 *
 * @throws Refusal `E_SENDER` if `me` is not that member; `E_INNER` if the draft breaks a rule of its kind or its limit
 */
export async function sealEnvelope(
  aead: Aead,
  context: GroupContext,
  me: Identity,
  position: number,
  stamp: Stamp,
  draft: Draft,
): Promise<Sealed> {
  if (context.roster[position]?.ik.equals(me.public) !== true) {
    refuse("E_SENDER");
  }
  const body = utf8(draft.body);
  checkInner(draft.kind, draft.target, draft.rev, body.length);
  const fields = concat(draft.target, u32(draft.rev), u64(draft.sentAtMs), u32(draft.expireS), v(body));
  const inner = pad(fields, BLOCK);
  fields.fill(0);
  return sealInner(aead, context, me, position, stamp, kindByte(draft.kind), inner);
}

/** {@link sealEnvelope} around any inner text, which it wipes: tests make with it what an honest client would not. */
export async function sealInner(
  aead: Aead,
  context: GroupContext,
  me: Identity,
  position: number,
  stamp: Stamp,
  kind: number,
  inner: Uint8Array,
): Promise<Sealed> {
  const { giHash } = context;
  if (stamp.sid.length !== 8 || stamp.salt.length !== 32) {
    throw new RangeError("a session has 8 bytes, a salt 32");
  }
  const place = [Uint8Array.of(kind), u32(context.epoch), giHash.subarray(0, 16), u32(position)];
  const header = concat(MAGIC, ...place, stamp.sid, u32(stamp.seq), stamp.salt);
  const prk = extract(stamp.salt, senderKey(context, position) ?? refuse("E_SENDER"));
  const { mk, mc } = messageKeys(prk, header, giHash);
  prk.fill(0);
  const aad = concat(header, mc);
  const envelope = concat(aad, await seal(aead, mk, aad, inner));
  return { envelope, signature: signRaw(me, envelope), msgRef: msgRef(envelope) };
}
