/**
 * `sotto/1`: what a client computes, byte for byte as SPEC.md part C says. DRAFT of the signatures; the modules take its place.
 *
 * Everything that says no throws a {@link Refusal}. What uses AES-GCM or takes long is asynchronous. Integers of 64 bits that
 * another party chooses (times, versions) are bigint: a number would round them.
 */
import type { Platform } from "../platform/platform.js";

/** The codes of C-901 and on. */
export type RefusalCode =
  | "E_HEX" | "E_NAME" | "E_IK" | "E_X25519" | "E_DH_ZERO" | "E_SIG" | "E_SPK" | "E_SPK_STALE" | "E_GI" | "E_TREE_LEN" | "E_TREE_HASH"
  | "E_POSITION" | "E_DOWNGRADE" | "E_CHALLENGE" | "E_LEAF" | "E_PATH" | "E_CONFIRM" | "E_KEY_CHANGED" | "E_REPLAY_GROUP" | "E_SENDER"
  | "E_EPOCH" | "E_KIND" | "E_COMMIT" | "E_AEAD" | "E_INNER" | "E_REPLAY_MSG" | "E_STORAGE" | "E_ROLLBACK" | "E_WORDS";
/** `message` is the sentence for a person; it holds no input. */
export declare class Refusal extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode);
}
export declare const REFUSALS: Readonly<Record<RefusalCode, string>>;

export declare function encodeHex(bytes: Uint8Array): string;
/** Strict lower-case hex (C-104), of `length` bytes where given. Throws E_HEX. */
export declare function decodeHex(text: string, length?: number): Uint8Array;

/** Longest username in bytes of UTF-8. */
export declare const MAX_NAME: 64;
/** Throws E_NAME for what C-105 refuses. */
export declare function checkName(name: string): void;
/** Reads a username from bytes. */
export declare function readName(bytes: Uint8Array): string;

declare abstract class Secret {
  /** The 32 secret bytes (a copy), to be kept and never shown. */
  expose(): Uint8Array;
  /** Overwrites them; after it every use throws. */
  wipe(): void;
}
/** R. */
export declare class RecoverySecret extends Secret {
  static fromBytes(bytes: Uint8Array): RecoverySecret;
  static generate(platform: Pick<Platform, "randomBytes">): RecoverySecret;
  /** Throws E_WORDS. */
  static fromWords(words: string): RecoverySecret;
  /** 24 words, single spaces. */
  words(): string;
  identity(): Identity;
  storageKey(): StorageKey;
  equals(other: RecoverySecret): boolean;
}
/** os_key. */
export declare class StorageKey extends Secret {
  static fromBytes(bytes: Uint8Array): StorageKey;
  equals(other: StorageKey): boolean;
}
/** group_secret. */
export declare class GroupSecret extends Secret {
  static fromBytes(bytes: Uint8Array): GroupSecret;
  equals(other: GroupSecret): boolean;
}
export declare class Identity {
  static fromSeed(seed: Uint8Array): Identity;
  readonly public: VerifyingIdentity;
  /** ik_seed (a copy). */
  exposeSeed(): Uint8Array;
  signSpk(spk: Spk): Uint8Array;
  /** Throws E_CHALLENGE unless `challenge` has 32 bytes. */
  signLogin(origin: string, username: string, challenge: Uint8Array): Uint8Array;
  signGroup(group: GroupInfo): Uint8Array;
  signEnvelope(envelope: Envelope): Uint8Array;
  wipe(): void;
}
/** An identity key that passed decode_ik. */
export declare class VerifyingIdentity {
  /** 64 hex digits. */
  readonly hex: string;
  toBytes(): Uint8Array;
  equals(other: VerifyingIdentity): boolean;
  /** Throws E_SIG. */
  verify(message: Uint8Array, signature: Uint8Array): void;
}
/** Throws E_IK. */
export declare function decodeIk(bytes: Uint8Array): VerifyingIdentity;
export declare class XPublic {
  readonly hex: string;
  toBytes(): Uint8Array;
}
/** Throws E_X25519. */
export declare function decodeX(bytes: Uint8Array): XPublic;
/** A public signed prekey, 50 bytes on the wire. */
export declare class Spk {
  static readonly LENGTH: 50;
  /** Throws E_DOWNGRADE, E_SPK, E_X25519. */
  static parse(bytes: Uint8Array): Spk;
  /** Seconds since 1970. */
  readonly createdAt: bigint;
  readonly publicKey: XPublic;
  toBytes(): Uint8Array;
}
export declare class Prekey {
  /** From 32 random bytes. */
  static fromBytes(secret: Uint8Array, createdAt: bigint): Prekey;
  static generate(platform: Pick<Platform, "randomBytes">, createdAt: bigint): Prekey;
  readonly spk: Spk;
  expose(): Uint8Array;
  wipe(): void;
}

/** 60 days in seconds. */
export declare const OLD_PREKEY: bigint;
export interface Pin {
  readonly ik: Uint8Array;
  readonly spkCreatedAt: bigint;
  readonly verified: boolean;
}
export interface Pins {
  pin(username: string): Pin | undefined;
}
export declare const NO_PINS: Pins;
/** Throws E_KEY_CHANGED. */
export declare function checkPin(pins: Pins, username: string, ik: Uint8Array): void;
export interface Bundle {
  readonly username: string;
  readonly ik: Uint8Array;
  readonly spk: Uint8Array;
  readonly sig: Uint8Array;
}
export interface CheckedBundle {
  readonly username: string;
  readonly ik: VerifyingIdentity;
  readonly spk: Spk;
  /** The pin to keep from now on. */
  readonly pin: Pin;
}
/** Throws, in this order, E_NAME, E_IK, E_KEY_CHANGED, E_DOWNGRADE, E_SPK, E_X25519, E_SIG, E_SPK_STALE. */
export declare function checkBundle(bundle: Bundle, pins: Pins): CheckedBundle;
/** Older than 60 days at `now` (seconds): warn. */
export declare function isOldPrekey(spk: Spk, now: bigint): boolean;

export interface ListedMember {
  readonly name: Uint8Array;
  readonly ik: Uint8Array;
  readonly x3dhHash: Uint8Array;
}
export interface Member {
  readonly name: string;
  readonly ik: VerifyingIdentity;
}
export declare class GroupInfo {
  /** Throws E_GI. */
  static parse(bytes: Uint8Array): GroupInfo;
  readonly nonce: Uint8Array;
  readonly createdAt: bigint;
  readonly members: readonly ListedMember[];
  readonly treeHash: Uint8Array;
  readonly giHash: Uint8Array;
  toBytes(): Uint8Array;
  /** Throws E_NAME, E_IK. */
  roster(): readonly Member[];
}
export interface SignedInfo {
  readonly group: GroupInfo;
  readonly signature: Uint8Array;
  readonly confirm: Uint8Array;
}
/** Throws E_GI. */
export declare function parseSignedInfo(info: Uint8Array): SignedInfo;

export declare class GroupContext {
  /** C-220. Throws E_GI, E_EPOCH, E_NAME, E_IK, E_CONFIRM. */
  static restore(info: Uint8Array, giHash: Uint8Array, secret: GroupSecret): Promise<GroupContext>;
  readonly secret: GroupSecret;
  readonly giHash: Uint8Array;
  readonly groupId: Uint8Array;
  readonly epoch: number;
  readonly roster: readonly Member[];
  readonly groupInfo: GroupInfo;
  position(username: string): number | undefined;
  /** 60 digits. */
  groupCode(): string;
}
/** The randomness of one group. */
export declare class GroupRandom {
  static generate(platform: Pick<Platform, "randomBytes">, members: number): GroupRandom;
}
export interface X3dhMessage {
  readonly ek: Uint8Array;
  readonly spk: Uint8Array;
}
export interface Created {
  readonly context: GroupContext;
  readonly messages: readonly X3dhMessage[];
  readonly keyTree: readonly Uint8Array[];
  readonly info: Uint8Array;
  readonly checked: readonly CheckedBundle[];
}
/** `createdAt` in seconds. Wipes `random`. */
export declare function createGroup(
  me: Identity, name: string, createdAt: bigint, bundles: readonly Bundle[], pins: Pins, random: GroupRandom,
): Promise<Created>;
export interface Invitation {
  readonly sender: string;
  readonly ik: Uint8Array;
  readonly spk: Uint8Array;
  readonly ek: Uint8Array;
  readonly keyTree: readonly Uint8Array[];
  readonly position: number;
  readonly dmId: number;
  readonly info: Uint8Array | undefined;
}
export interface InvitationHex {
  readonly sender: string;
  readonly ik: string;
  readonly spk: string;
  readonly ek: string;
  readonly keyTree: readonly string[];
  readonly position: number;
  readonly dmId: number;
  readonly info: string | undefined;
}
/** Throws E_HEX. */
export declare function parseInvitation(hex: InvitationHex): Invitation;
export interface KnownGroups {
  /** The DM under which the group with this id is known. */
  dmOf(groupId: Uint8Array): number | undefined;
  /** The group that this DM is bound to. */
  groupOf(dmId: number): Uint8Array | undefined;
}
export interface Joined {
  readonly context: GroupContext;
  /** The same invitation once more: nothing to do but acknowledge. */
  readonly known: boolean;
}
export interface Me {
  readonly identity: Identity;
  readonly name: string;
  readonly prekeys: readonly Prekey[];
}
/** C-216, every check in its order. */
export declare function receiveGroup(me: Me, invitation: Invitation, pins: Pins, known: KnownGroups): Promise<Joined>;

export type Kind = "message" | "reaction" | "name" | "edit" | "call";
/** Longest body in bytes of UTF-8. */
export declare const MAX_BODY: Readonly<Record<Kind, number>>;
export interface Stamp {
  /** 8 random bytes per session. */
  readonly sid: Uint8Array;
  readonly seq: number;
  /** 32 fresh random bytes; one used twice breaks the encryption. */
  readonly salt: Uint8Array;
}
export interface Draft {
  readonly kind: Kind;
  readonly target: Uint8Array;
  readonly rev: number;
  readonly sentAtMs: bigint;
  readonly expireS: number;
  readonly body: string;
}
export interface Sealed {
  readonly envelope: Uint8Array;
  readonly signature: Uint8Array;
  readonly msgRef: Uint8Array;
}
/** env || signature, the wire's form of a DM name. */
export declare function toName(sealed: Sealed): Uint8Array;
export declare function msgRef(envelope: Uint8Array): Uint8Array;
/** The caller is the sender of this signal. */
export declare function callTarget(callerUuid: string, calleeUuid: string): Uint8Array;
/** Throws E_INNER. */
export declare function splitName(name: Uint8Array): { envelope: Uint8Array; signature: Uint8Array };
export declare class Envelope {
  /** Throws E_INNER, E_DOWNGRADE, E_KIND. Nothing in it has been verified. */
  static parse(bytes: Uint8Array): Envelope;
  readonly bytes: Uint8Array;
  readonly kind: Kind;
  readonly epoch: number;
  readonly position: number;
}
/** Throws E_SENDER, E_INNER. */
export declare function sealEnvelope(
  platform: Platform, context: GroupContext, me: Identity, position: number, stamp: Stamp, draft: Draft,
): Promise<Sealed>;
export type Slot =
  | { readonly slot: "message"; readonly root?: Uint8Array | undefined }
  | { readonly slot: "reaction"; readonly root: Uint8Array }
  | { readonly slot: "name" }
  | { readonly slot: "call"; readonly target: Uint8Array };
export interface Incoming {
  readonly slot: Slot;
  readonly sender: string | undefined;
  readonly envelope: Uint8Array;
  readonly signature: Uint8Array;
}
export interface Opened {
  readonly kind: Kind;
  readonly position: number;
  readonly sender: string;
  readonly sid: Uint8Array;
  readonly seq: number;
  readonly msgRef: Uint8Array;
  readonly target: Uint8Array;
  /** What reactions and edits aim at. */
  readonly root: Uint8Array;
  readonly rev: number;
  readonly sentAtMs: bigint;
  readonly expireS: number;
  readonly body: string;
}
/** Without memory; what is shown goes through {@link Replay}. */
export declare function openEnvelope(platform: Platform, context: GroupContext, incoming: Incoming): Promise<Opened>;

export type Place =
  | { readonly place: "message"; readonly id: number }
  | { readonly place: "reaction"; readonly id: number; readonly root: Uint8Array }
  | { readonly place: "name" }
  | { readonly place: "call"; readonly target: Uint8Array };
export interface Received {
  readonly opened: Opened;
  /** False if this very envelope stands in this place already. */
  readonly fresh: boolean;
  /** Envelopes of this session between the highest known and this one that have not been seen. */
  readonly gap: number;
}
/** The memory of one DM. */
export declare class Replay {
  constructor();
  static fromBytes(bytes: Uint8Array): Replay | undefined;
  toBytes(): Uint8Array;
  /** All of C-309. Calls run one after another, in the order they were made. On refusal nothing changes. */
  receive(
    platform: Platform, context: GroupContext, place: Place, sender: string | undefined, envelope: Uint8Array, signature: Uint8Array,
  ): Promise<Received>;
  forget(messageId: number): void;
  root(messageId: number): Uint8Array | undefined;
}

export interface AbuseReport {
  readonly envelope: Uint8Array;
  readonly signature: Uint8Array;
  readonly prk: Uint8Array;
  readonly groupInfo: Uint8Array;
}
export declare function makeReport(context: GroupContext, envelope: Uint8Array, signature: Uint8Array): AbuseReport;
export declare function openReport(platform: Platform, report: AbuseReport): Promise<{ opened: Opened; ik: VerifyingIdentity }>;

/** 30 digits. */
export declare function fingerprint(name: string, ik: VerifyingIdentity): string;
/** 60 digits, the same on both sides. */
export declare function safetyNumber(nameA: string, ikA: VerifyingIdentity, nameB: string, ikB: VerifyingIdentity): string;

export interface Owner {
  readonly key: StorageKey;
  readonly name: string;
  readonly ik: VerifyingIdentity;
}
/** Bytes of the blob that seals `jsonLength` bytes. */
export declare function sealedLength(jsonLength: number): number;
/** `salt`: 32 fresh random bytes. */
export declare function sealStorage(
  platform: Platform, owner: Owner, version: bigint, salt: Uint8Array, json: string,
): Promise<Uint8Array>;
/** Throws E_STORAGE, E_ROLLBACK. */
export declare function openStorage(
  platform: Platform, owner: Owner, blob: Uint8Array, highestSeen: bigint,
): Promise<{ version: bigint; json: string }>;
