/** The sealed `own_storage` blob (C-501, C-502). What stands in its JSON is the SDK's (C-503). */
import type { Aead } from "./aead.js";
import { TAG, open, seal } from "./aead.js";
import { concat, equal, readUtf8, utf8 } from "./bytes.js";
import { Reader, isLeastPadding, pad, t, u64, v } from "./encode.js";
import { expand, extract } from "./kdf.js";
import { type StorageKey, borrow } from "./keys.js";
import type { VerifyingIdentity } from "./points.js";
import { refuse } from "./refusal.js";

const MAGIC = utf8("STS1");
const MODE = 1;
const HEADER = 4 + 1 + 8 + 32;
const SEALED_FROM = HEADER + 32;
const BLOCK = 1024;

/** Whose blob it is. */
export interface Owner {
  /** `os_key`. */
  readonly key: StorageKey;
  /** The username. */
  readonly name: string;
  /** The identity key. */
  readonly ik: VerifyingIdentity;
}

/** An opened blob. */
export interface OpenedStorage {
  /** The blob's own version, which rises by 1 with every write: any integer of 64 bits. */
  readonly version: bigint;
  /** The JSON text; not parsed. It holds secrets. */
  readonly json: string;
}

function storageKeys(owner: Owner, header: Uint8Array, salt: Uint8Array): { mk: Uint8Array; mc: Uint8Array } {
  const prk = extract(salt, borrow(owner.key));
  const derive = (label: string): Uint8Array => expand(prk, t(label, utf8(owner.name), owner.ik.toBytes(), header));
  const keys = { mk: derive("storage-mk"), mc: derive("storage-commit") };
  prk.fill(0);
  return keys;
}

/** Length in bytes of the blob that seals `jsonLength` bytes of UTF-8; its hex is twice as long. */
export function sealedLength(jsonLength: number): number {
  return SEALED_FROM + Math.ceil((4 + jsonLength) / BLOCK) * BLOCK + TAG;
}

/** Seals `json` as `version`. `salt` is 32 random bytes, never used twice. */
export async function sealStorage(
  aead: Aead,
  owner: Owner,
  version: bigint,
  salt: Uint8Array,
  json: string,
): Promise<Uint8Array> {
  const text = v(utf8(json));
  const inner = pad(text, BLOCK);
  text.fill(0);
  return sealStorageInner(aead, owner, version, salt, inner);
}

/** {@link sealStorage} around any inner text, which it wipes: for vectors of what no honest client seals. */
export async function sealStorageInner(
  aead: Aead,
  owner: Owner,
  version: bigint,
  salt: Uint8Array,
  inner: Uint8Array,
): Promise<Uint8Array> {
  if (salt.length !== 32) {
    throw new RangeError("a salt has 32 bytes");
  }
  const header = concat(MAGIC, Uint8Array.of(MODE), u64(version), salt);
  const { mk, mc } = storageKeys(owner, header, salt);
  const aad = concat(header, mc);
  return concat(aad, await seal(aead, mk, aad, inner));
}

/**
 * Opens a blob. `highestSeen` is the highest version this device has seen, 0 at first. A fresh device cannot notice a rollback.
 *
 * @throws Refusal `E_STORAGE` for whatever is not a blob sealed for `owner`; `E_ROLLBACK` for one that is, with a version below
 * `highestSeen`
 */
export async function openStorage(aead: Aead, owner: Owner, blob: Uint8Array, highestSeen: bigint): Promise<OpenedStorage> {
  const reader = new Reader(blob, "E_STORAGE");
  const [magic, mode, version, salt] = [reader.take(4), reader.u8(), reader.u64(), reader.take(32)];
  const given = reader.take(32);
  if (!equal(magic, MAGIC) || mode !== MODE) {
    refuse("E_STORAGE");
  }
  const { mk, mc } = storageKeys(owner, blob.subarray(0, HEADER), salt);
  if (!equal(mc, given)) {
    mk.fill(0);
    refuse("E_STORAGE");
  }
  const inner = await open(aead, mk, blob.subarray(0, SEALED_FROM), reader.rest());
  if (inner === null || inner.length % BLOCK !== 0) {
    refuse("E_STORAGE");
  }
  const fields = new Reader(inner, "E_STORAGE");
  const json = readUtf8(fields.v());
  if (json === undefined || !isLeastPadding(fields.rest(), BLOCK)) {
    refuse("E_STORAGE");
  }
  inner.fill(0);
  if (version < highestSeen) {
    refuse("E_ROLLBACK");
  }
  return { version, json };
}
