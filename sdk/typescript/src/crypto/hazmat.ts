/**
 * The seed protocol's raw signing, for seed clients and tests. Dangerous: a raw signature over bytes that another party chose may be
 * valid as a prekey, a login or an envelope. Everything else signs through the typed methods of `Identity`.
 */
import { Identity, signRaw } from "./keys.js";
import { decodeIk } from "./points.js";

/** Ed25519 (RFC 8032) over `message`, with the 32-byte seed `secret`. */
export function rawSignature(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const identity = Identity.fromSeed(secret);
  const signature = signRaw(identity, message);
  identity.wipe();
  return signature;
}

/**
 * The rule C-115.
 *
 * @throws Refusal `E_IK` for the key, `E_SIG` for the signature
 */
export function rawVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  decodeIk(publicKey).verify(message, signature);
}
