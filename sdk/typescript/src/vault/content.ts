/** What stands in `own_storage` (C-503): prekeys, group secrets, pins. Keys that this version does not know are kept. */

import { type Extra, type Json, Members, Misshapen, parse, write } from "./json.js";

const DAY = 24n * 3_600n;

/** How long a retired prekey is kept, in seconds: longer than the 90 days of a pending invitation. */
const KEEP_RETIRED = 120n * DAY;

/** How long the secret of a group that never got a DM is kept, in seconds. */
const KEEP_PENDING = 120n * DAY;

/** The age at which a prekey is replaced, in seconds. */
export const ROTATE_AFTER = 30n * DAY;

/** The JSON inside the blob. Never changed in place: each change makes a new one. Times are seconds since 1970 UTC, bytes hex. */
export interface Content {
  /** The form of this content. */
  readonly v: number;
  /** One's own prekeys, the current and the retired ones. */
  readonly spks: readonly KeptPrekey[];
  /** The groups behind the DMs; those that were left stay as tombstones. */
  readonly dms: ReadonlyMap<number, KeptDm>;
  /** Groups that were sent to the server and whose DM id has not come back yet, by `gi_hash`. */
  readonly pending: ReadonlyMap<string, PendingGroup>;
  /** Other people's keys, by username. */
  readonly pins: ReadonlyMap<string, KeptPin>;
  readonly extra: Extra;
}

/** A prekey with its private half. */
export interface KeptPrekey {
  readonly createdAt: bigint;
  readonly private: string;
  /** When a newer one took its place. */
  readonly retiredAt: bigint | undefined;
  readonly extra: Extra;
}

/** The group behind a DM. */
export interface KeptDm {
  /** The group's lasting name. */
  readonly groupId: string;
  /** Its secrets, one per epoch; none any more once the DM was left. */
  readonly epochs: readonly KeptEpoch[];
  readonly leftAt: bigint | undefined;
  readonly extra: Extra;
}

/** The secret of one epoch. */
export interface KeptEpoch {
  /** The epoch, 0 throughout `sotto/1`. */
  readonly e: number;
  readonly secret: string;
  readonly giHash: string;
  readonly extra: Extra;
}

/** A group without a DM id. */
export interface PendingGroup {
  readonly secret: string;
  /** When it was sent. */
  readonly at: bigint;
  readonly extra: Extra;
}

/** What is remembered of another person. */
export interface KeptPin {
  /** The identity key. */
  readonly ik: string;
  /** The highest `created_at` of a prekey seen. */
  readonly spkCreatedAt: bigint;
  /** Whether the user has compared safety numbers. */
  readonly verified: boolean;
  /** When the key was first seen or accepted. */
  readonly decidedAt: bigint;
  /** Whether the user decided; else it was first sight. */
  readonly byUser: boolean;
  readonly extra: Extra;
}

/** A group's secret with what it belongs to, as it comes from making or joining. */
export interface GroupKeys {
  readonly groupId: string;
  readonly giHash: string;
  readonly epoch: number;
  readonly secret: string;
}

/** What a check of someone's keys found. */
export interface SeenKey {
  readonly ik: string;
  readonly spkCreatedAt: bigint;
}

const NOTHING: Extra = new Map();

/** No keys yet. */
export const EMPTY: Content = { v: 1, spks: [], dms: new Map(), pending: new Map(), pins: new Map(), extra: NOTHING };

/** Reads the JSON. Throws {@link Misshapen} or `SyntaxError`. */
export function decode(text: string): Content {
  return fromJson(parse(text));
}

/** Reads a JSON value. Throws {@link Misshapen}. */
export function fromJson(value: Json): Content {
  const m = new Members(value);
  return {
    v: m.u32("v"),
    spks: m.list("spks", readPrekey),
    dms: m.map("dms", readId, readDm),
    pending: m.map("pending", (key) => key, readPending),
    pins: m.map("pins", (key) => key, readPin),
    extra: m.rest(),
  };
}

function readId(key: string): number {
  const id = Number(key);
  if (!Number.isSafeInteger(id) || id < 1 || String(id) !== key) {
    throw new Misshapen("a DM id is expected");
  }
  return id;
}

function readPrekey(value: Json): KeptPrekey {
  const m = new Members(value);
  return { createdAt: m.u64("created_at"), private: m.hex32("private"), retiredAt: m.optionalU64("retired_at"), extra: m.rest() };
}

function readDm(value: Json): KeptDm {
  const m = new Members(value);
  return { groupId: m.hex32("group_id"), epochs: m.list("epochs", readEpoch), leftAt: m.optionalU64("left_at"), extra: m.rest() };
}

function readEpoch(value: Json): KeptEpoch {
  const m = new Members(value);
  return { e: m.u32("e"), secret: m.hex32("secret"), giHash: m.hex32("gi_hash"), extra: m.rest() };
}

function readPending(value: Json): PendingGroup {
  const m = new Members(value);
  return { secret: m.hex32("secret"), at: m.u64("at"), extra: m.rest() };
}

function readPin(value: Json): KeptPin {
  const m = new Members(value);
  return {
    ik: m.hex32("ik"),
    spkCreatedAt: m.optionalU64("spk_created_at") ?? 0n,
    verified: m.boolean("verified"),
    decidedAt: m.optionalU64("decided_at") ?? 0n,
    byUser: m.boolean("by_user"),
    extra: m.rest(),
  };
}

/** Writes the JSON; equal contents make equal texts. */
export function encode(content: Content): string {
  return write(toJson(content));
}

/** The JSON value. */
export function toJson(content: Content): Json {
  return object(content.extra, {
    v: content.v,
    spks: content.spks.map((spk) => object(spk.extra, { created_at: spk.createdAt, private: spk.private, retired_at: spk.retiredAt })),
    dms: map(content.dms, (dm) => object(dm.extra, { group_id: dm.groupId, epochs: dm.epochs.map(epochJson), left_at: dm.leftAt })),
    pending: content.pending.size === 0 ? undefined : map(content.pending, pendingJson),
    pins: map(content.pins, (pin) =>
      object(pin.extra, {
        ik: pin.ik,
        spk_created_at: pin.spkCreatedAt,
        verified: pin.verified,
        decided_at: pin.decidedAt,
        by_user: pin.byUser,
      }),
    ),
  });
}

function epochJson(epoch: KeptEpoch): Json {
  return object(epoch.extra, { e: epoch.e, secret: epoch.secret, gi_hash: epoch.giHash });
}

function pendingJson({ secret, at, extra }: PendingGroup): Json {
  return object(extra, { secret, at });
}

function object(extra: Extra, known: Record<string, Json | undefined>): Json {
  const whole = new Map(extra);
  for (const [key, value] of Object.entries(known)) {
    if (value !== undefined) {
      whole.set(key, value);
    }
  }
  return whole;
}

function map<K, V>(from: ReadonlyMap<K, V>, each: (value: V) => Json): Json {
  return new Map([...from].map(([key, value]) => [String(key), each(value)]));
}

/** Adds a prekey that becomes the current one. */
export function addPrekey(content: Content, createdAt: bigint, privateHex: string): Content {
  const retired = content.spks.map((old) => ({ ...old, retiredAt: old.retiredAt ?? createdAt }));
  return { ...content, spks: [...retired, { createdAt, private: privateHex, retiredAt: undefined, extra: NOTHING }] };
}

/** The current prekey: the newest that is not retired. */
export function currentPrekey(content: Content): KeptPrekey | undefined {
  const current = content.spks.filter((spk) => spk.retiredAt === undefined);
  let newest: KeptPrekey | undefined;
  for (const spk of current) if (newest === undefined || spk.createdAt >= newest.createdAt) newest = spk;
  return newest;
}

/** Whether a prekey is young enough to stay the current one. */
export function isFresh(prekey: KeptPrekey, now: bigint): boolean {
  return now - prekey.createdAt <= ROTATE_AFTER;
}

/** Drops what has outlived its use. */
export function tidy(content: Content, now: bigint): Content {
  const spks = content.spks.filter((spk) => spk.retiredAt === undefined || now - spk.retiredAt < KEEP_RETIRED);
  const pending = new Map([...content.pending].filter(([, group]) => now - group.at < KEEP_PENDING));
  return { ...content, spks, pending };
}

/** Keeps the secret of a DM's group. */
export function keepGroup(content: Content, dm: number, keys: GroupKeys): Content {
  const pending = new Map(content.pending);
  pending.delete(keys.giHash);
  const kept = content.dms.get(dm) ?? { groupId: keys.groupId, epochs: [], leftAt: undefined, extra: NOTHING };
  const known = kept.leftAt !== undefined || kept.epochs.some((epoch) => epoch.giHash === keys.giHash);
  const fresh = { e: keys.epoch, secret: keys.secret, giHash: keys.giHash, extra: NOTHING };
  const dms = new Map(content.dms).set(dm, known ? kept : { ...kept, epochs: [...kept.epochs, fresh] });
  return { ...content, pending, dms };
}

/** Keeps the secret of a group that is about to be sent. */
export function keepPending(content: Content, giHash: string, secret: string, at: bigint): Content {
  return { ...content, pending: new Map(content.pending).set(giHash, { secret, at, extra: NOTHING }) };
}

/** Forgets a group that the server has refused. */
export function dropPending(content: Content, giHash: string): Content {
  const pending = new Map(content.pending);
  pending.delete(giHash);
  return { ...content, pending };
}

/** Turns a DM that was left into a tombstone. */
export function bury(content: Content, dm: number, now: bigint): Content {
  const kept = content.dms.get(dm);
  if (kept === undefined) {
    return content;
  }
  return { ...content, dms: new Map(content.dms).set(dm, { ...kept, epochs: [], leftAt: kept.leftAt ?? now }) };
}

/** The newest secret of a DM's group. */
export function newestEpoch(content: Content, dm: number): KeptEpoch | undefined {
  const epochs = content.dms.get(dm)?.epochs ?? [];
  return epochs.reduce<KeptEpoch | undefined>((best, epoch) => (best !== undefined && best.e > epoch.e ? best : epoch), undefined);
}

/** Takes what a check of someone's keys found: first sight, or a newer prekey under the pinned key. */
export function notePin(content: Content, username: string, seen: SeenKey, now: bigint): Content {
  const first = { verified: false, decidedAt: now, byUser: false, extra: NOTHING };
  const kept = content.pins.get(username) ?? { ...first, ik: seen.ik, spkCreatedAt: seen.spkCreatedAt };
  const newer = kept.ik === seen.ik ? later(kept.spkCreatedAt, seen.spkCreatedAt) : kept.spkCreatedAt;
  return { ...content, pins: new Map(content.pins).set(username, { ...kept, spkCreatedAt: newer }) };
}

/** The user decides for a key. */
export function decidePin(content: Content, username: string, ik: string, verified: boolean, now: bigint): Content {
  const old = content.pins.get(username);
  const same = old?.ik === ik ? old : undefined;
  const pin = { ik, spkCreatedAt: same?.spkCreatedAt ?? 0n, verified, decidedAt: now, byUser: true, extra: same?.extra ?? NOTHING };
  return { ...content, pins: new Map(content.pins).set(username, pin) };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
