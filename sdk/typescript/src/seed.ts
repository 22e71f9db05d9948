/**
 * The seed protocol's functions by their names, with the meaning that `sotto/1` gives them (SPEC.md part C): for those who drive the
 * wire themselves. Everything is lower-case hex, ready for the wire. An app is better served by `Sotto`, which does all this and
 * remembers what was seen, and by `Account`, which keeps its secrets out of reach: the strings here can be printed and not wiped.
 *
 * Nothing here answers a server by a Diffie-Hellman result, and {@link signature} signs nothing that would be valid as a login.
 */

import {
  decodeHex,
  decodeIk,
  type Draft,
  encodeHex,
  Envelope,
  GroupContext,
  GroupRandom,
  GroupSecret,
  Identity,
  type KnownGroups,
  NO_PINS,
  openEnvelope,
  parseInvitation,
  type Pins,
  Prekey,
  Refusal,
  sealEnvelope,
  createGroup,
  receiveGroup,
  type Slot,
  Spk,
} from "./crypto/index.js";
import { readUtf8, utf8 } from "./crypto/bytes.js";
import { rawSignature } from "./crypto/hazmat.js";
import type { Platform } from "./platform/platform.js";
import { webPlatform } from "./platform/web.js";
import type { User, X3dhNotice } from "./protocol.js";
import { checked, checkedAsync } from "./refused.js";

/** A private key: 32 random bytes as 64 hex digits. Call it twice, for the identity key and for the prekey. */
export function generatePrivateKey(platform: Pick<Platform, "randomBytes"> = webPlatform()): string {
  return encodeHex(platform.randomBytes(32));
}

/** The Ed25519 public key of an identity's private key: 64 hex digits, the wire's `public_key`. */
export function getPublicKey(priv: string): string {
  return checked(() => identity(priv).public.hex);
}

/**
 * The public form of a prekey: 100 hex digits, the wire's `spk`. `createdAt` is when it was made, in seconds since 1970 UTC; keep it
 * with the private key.
 */
export function getPublicSpk(privSpk: string, createdAt: number): string {
  return checked(() => encodeHex(Prekey.fromBytes(decodeHex(privSpk, 32), BigInt(createdAt)).spk.toBytes()));
}

/**
 * Signs what travels with a signature beside it: a prekey from {@link getPublicSpk} (the wire's `sig`), or an envelope such as
 * {@link encrypt} makes. The answer is 128 hex digits.
 *
 * The seed's function signs any bytes. This one refuses the others, since those that a server chose could be a login in disguise:
 * logins go through {@link generateChallengeResponse}, groups through {@link createGroupDM}.
 *
 * @throws SottoError `security`: `E_HEX`; `E_DOWNGRADE` for a prekey of 32 bytes; `E_SPK`, `E_X25519`, `E_INNER`, `E_KIND` for what is
 * neither
 */
export function signature(priv: string, message: string): string {
  return checked(() => {
    const bytes = decodeHex(message);
    if (bytes.length === 32 || bytes.length === Spk.LENGTH) {
      Spk.parse(bytes);
    } else {
      Envelope.parse(bytes);
    }
    return encodeHex(rawSignature(decodeHex(priv, 32), bytes));
  });
}

/** Whether `sig` is the signature of the owner of `pub` over `message`, by the rule C-115; false also for what is no hex or no key. */
export function verify(pub: string, message: string, sig: string): boolean {
  try {
    decodeIk(decodeHex(pub)).verify(decodeHex(message), decodeHex(sig));
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/**
 * The answer to a login's challenge, 128 hex digits: a signature over the server's origin, the name, the key and the challenge (C-401).
 * The seed's multiplied the challenge by the private key, which made of every client an oracle; no setting does that here.
 *
 * `origin` is that of the URL that was dialled, as `new URL(…).origin` gives it, wss as https and ws as http (C-402).
 *
 * @throws SottoError `security`: `E_HEX`, `E_NAME`; `E_CHALLENGE` unless the challenge has 32 bytes
 */
export function generateChallengeResponse(priv: string, challenge: string, at: { origin: string; username: string }): string {
  return checked(() => encodeHex(identity(priv).signLogin(at.origin, at.username, decodeHex(challenge))));
}

/** A DM's group as its members hold it: plain values, to be kept where secrets are kept. */
export interface SeedGroup {
  /** The group's secret: 64 hex digits. */
  readonly sharedKey: string;
  /** What names the group for ever: 64 hex digits. */
  readonly giHash: string;
  /** The signed description, which the server has too. */
  readonly info: string;
  /** The own place in it; the creator's is 0. */
  readonly position: number;
}

/** What a creator sends, beside the usernames, in `create_dm`. */
export interface SeedCreated extends SeedGroup {
  /** `messages`, one per bundle, in their order. */
  readonly messages: readonly { readonly ek: string; readonly spk: string }[];
  /** `key_tree`. */
  readonly keyTree: readonly string[];
}

/** A person's keys, as `get_user` gives them. */
export type SeedBundle = Pick<User, "username" | "public_key" | "spk" | "sig">;

/**
 * Makes the keys of a DM with the owners of `bundles`, oneself not among them. One bad bundle and no DM is made. Keep the result
 * before it is sent.
 *
 * `pins` are the keys known from before: whoever has another now is refused. Without them every key is taken at first sight.
 *
 * @throws SottoError `security`, in the order of C-201: `E_HEX`, `E_GI`, `E_NAME`, `E_IK`, `E_KEY_CHANGED`, `E_DOWNGRADE`, `E_SPK` (no
 * prekey included), `E_X25519`, `E_SIG`, `E_SPK_STALE`
 */
export async function createGroupDM(
  priv: string,
  bundles: readonly SeedBundle[],
  me: { username: string; createdAt?: number; pins?: Pins },
  platform: Platform = webPlatform(),
): Promise<SeedCreated> {
  const making = async (): Promise<SeedCreated> => {
    const people = bundles.map(({ username, public_key, spk, sig }) => ({
      username,
      ik: decodeHex(public_key),
      spk: decodeHex(spk ?? ""),
      sig: decodeHex(sig ?? ""),
    }));
    const createdAt = BigInt(me.createdAt ?? Math.floor(platform.now() / 1000));
    const random = GroupRandom.generate(platform, people.length + 1);
    const made = await createGroup(identity(priv), me.username, createdAt, people, me.pins ?? NO_PINS, random);
    return {
      ...plain(made.context, made.info, 0),
      messages: made.messages.map(({ ek, spk }) => ({ ek: encodeHex(ek), spk: encodeHex(spk) })),
      keyTree: made.keyTree.map(encodeHex),
    };
  };
  return checkedAsync(making());
}

/** Who joins a DM, with what. */
export interface SeedMe {
  readonly username: string;
  /** The own prekeys, retired ones too, each with the time that {@link getPublicSpk} was given. */
  readonly spks: readonly { readonly priv: string; readonly createdAt: number }[];
  /** The keys known from before. */
  readonly pins?: Pins;
  /** Which DM holds which group, so that an invitation served twice is noticed. */
  readonly known?: KnownGroups;
}

const NOTHING_KNOWN: KnownGroups = { dmOf: () => undefined, groupOf: () => undefined };

/**
 * Joins the DM of an `x3dh_notification`, after all checks of C-216 in their order. Keep the result, then acknowledge.
 *
 * @throws SottoError `security`: `E_HEX` and the codes of C-216; `E_DOWNGRADE` for a notification without `info`, which a client of the
 * seed makes
 */
export async function recvGroupDM(priv: string, notice: X3dhNotice, me: SeedMe): Promise<SeedGroup> {
  const joining = async (): Promise<SeedGroup> => {
    const { sender, ik, spk, ek, key_tree: keyTree, position, id: dmId, info } = notice;
    const invitation = parseInvitation({ sender, ik, spk, ek, keyTree, position, dmId, info });
    const prekeys = me.spks.map((own) => Prekey.fromBytes(decodeHex(own.priv, 32), BigInt(own.createdAt)));
    const who = { identity: identity(priv), name: me.username, prekeys };
    const { context } = await receiveGroup(who, invitation, me.pins ?? NO_PINS, me.known ?? NOTHING_KNOWN);
    return plain(context, invitation.info ?? new Uint8Array(), position);
  };
  return checkedAsync(joining());
}

/** What {@link encrypt} may be told beyond the text. */
export interface SeedDraft {
  /** What it is: a message unless said otherwise. */
  readonly kind?: Draft["kind"];
  /** What it hangs on (hex): a reaction's or an edit's message by its `root`, the message that is replied to by its `ref`. */
  readonly target?: string;
  /** The revision: from 1 for edits, rising for names. */
  readonly rev?: number;
  /** After how many seconds every client forgets it; 0: never. */
  readonly expire?: number;
}

/** What goes into `send_message` or `add_reaction`. */
export interface SeedEnvelope {
  /** The wire's `message` or `reaction`. */
  readonly message: string;
  readonly signature: string;
  /** The name of this envelope, for replies. */
  readonly ref: string;
}

/**
 * Seals and signs a text, which is the hex of its UTF-8, for a DM. The seed's shared key alone is not enough: an envelope is bound to its
 * group, its sender and its place in the sender's row, so that none can be moved or said twice. The row is that of the `group` object.
 *
 * @throws SottoError `security`: `E_HEX`, `E_INNER` for what is no UTF-8 or too long, `E_SENDER` for another's private key
 */
export async function encrypt(
  group: SeedGroup,
  priv: string,
  text: string,
  draft: SeedDraft = {},
  platform: Platform = webPlatform(),
): Promise<SeedEnvelope> {
  const sealing = async (): Promise<SeedEnvelope> => {
    const { kind = "message", target = "00".repeat(32), rev = 0, expire: expireS = 0 } = draft;
    const body = readUtf8(decodeHex(text));
    if (body === undefined) throw new Refusal("E_INNER");
    const what = { kind, target: decodeHex(target, 32), rev, sentAtMs: BigInt(platform.now()), expireS, body };
    const [me, members] = [identity(priv), await context(group)];
    const row = rowOf(group, platform);
    const stamp = { sid: row.sid, seq: row.next++, salt: platform.randomBytes(32) };
    const sealed = await sealEnvelope(platform, members, me, group.position, stamp, what);
    return { message: encodeHex(sealed.envelope), signature: encodeHex(sealed.signature), ref: encodeHex(sealed.msgRef) };
  };
  return checkedAsync(sealing());
}

/** What an envelope held. */
export interface SeedOpened {
  /** The text, as the hex of its UTF-8. */
  readonly text: string;
  readonly sender: string;
  /** The name of this envelope, for replies. */
  readonly ref: string;
  /** What reactions and edits of this message aim at. */
  readonly root: string;
  readonly rev: number;
  /** The sender's clock, in milliseconds since 1970 UTC. */
  readonly sentAtMs: number;
  /** After how many seconds it is to be forgotten; 0: never. */
  readonly expire: number;
}

/**
 * Checks and opens an envelope. `sender` is whom the server names; the key that verifies is the one of the group's description, never
 * that of `get_user`. `slot` says where it stood: in a Message unless told otherwise, of a Reaction with its message's root.
 *
 * It has no memory: that an envelope comes twice, or an old edit again, only `Sotto` notices.
 *
 * @throws SottoError `security`: `E_HEX` and the codes of C-309 but those of replay
 */
export async function decrypt(
  group: SeedGroup,
  incoming: { message: string; signature: string; sender: string; slot?: Slot },
  platform: Platform = webPlatform(),
): Promise<SeedOpened> {
  const opening = async (): Promise<SeedOpened> => {
    const opened = await openEnvelope(platform, await context(group), {
      slot: incoming.slot ?? { slot: "message" },
      sender: incoming.sender,
      envelope: decodeHex(incoming.message),
      signature: decodeHex(incoming.signature),
    });
    const { sender, rev, expireS: expire } = opened;
    const [ref, root] = [encodeHex(opened.msgRef), encodeHex(opened.root)];
    return { text: encodeHex(utf8(opened.body)), sender, ref, root, rev, sentAtMs: Number(opened.sentAtMs), expire };
  };
  return checkedAsync(opening());
}

/** Lower-case hex. */
export function bytesToHex(bytes: Uint8Array): string {
  return encodeHex(bytes);
}

/**
 * Reads lower-case hex (C-104).
 *
 * @throws SottoError `security` `E_HEX` for an odd length, an upper-case digit, a prefix or any other character
 */
export function hexToBytes(hex: string): Uint8Array {
  return checked(() => decodeHex(hex));
}

function identity(priv: string): Identity {
  return Identity.fromSeed(decodeHex(priv, 32));
}

function plain(group: GroupContext, info: Uint8Array, position: number): SeedGroup {
  return { sharedKey: encodeHex(group.secret.expose()), giHash: encodeHex(group.giHash), info: encodeHex(info), position };
}

/** A sender's row of envelopes: a session of random name, numbered from 0. */
interface Row {
  readonly sid: Uint8Array;
  next: number;
}

const rows = new WeakMap<SeedGroup, Row>();

function rowOf(group: SeedGroup, platform: Platform): Row {
  const row = rows.get(group) ?? { sid: platform.randomBytes(8), next: 0 };
  rows.set(group, row);
  return row;
}

const contexts = new WeakMap<SeedGroup, Promise<GroupContext>>();

/** The group with its keys checked, once per object. */
function context(group: SeedGroup): Promise<GroupContext> {
  let restored = contexts.get(group);
  if (restored === undefined) {
    restored = restore(group);
    contexts.set(group, restored);
  }
  return restored;
}

async function restore(group: SeedGroup): Promise<GroupContext> {
  const secret = GroupSecret.fromBytes(decodeHex(group.sharedKey, 32));
  return GroupContext.restore(decodeHex(group.info), decodeHex(group.giHash, 32), secret);
}
