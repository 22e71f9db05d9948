/** H, Extract, Expand and KDF (C-103) over SHA-256. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "./bytes.js";

const ONE = Uint8Array.of(1);

/** An empty salt, which stands for 32 zero bytes. */
export const NO_SALT = new Uint8Array(32);

/** `H = SHA-256`. */
export function hash(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/** `Extract(salt, ikm) = HMAC-SHA-256(salt, ikm)`. (HMAC fills a short key with zeros: an empty salt is {@link NO_SALT}.) */
export function extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(sha256, salt, ikm);
}

/** `Expand(prk, info) = HMAC-SHA-256(prk, info || 0x01)`: one block of RFC 5869. */
export function expand(prk: Uint8Array, info: Uint8Array): Uint8Array {
  return hmac(sha256, prk, concat(info, ONE));
}

/** `KDF(salt, ikm, info) = Expand(Extract(salt, ikm), info)`, HKDF with 32 bytes of output. */
export function kdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array): Uint8Array {
  const prk = extract(salt, ikm);
  const key = expand(prk, info);
  prk.fill(0);
  return key;
}
