/** AES-256-GCM under a key that serves once (nonce 0^12), through the platform: tables in JavaScript would tell the key by timing. */
import type { Platform } from "../platform/platform.js";

/** What sealing needs of a platform. */
export type Aead = Pick<Platform, "aesGcmSeal" | "aesGcmOpen">;

/** Length of the tag in bytes. */
export const TAG = 16;

/** Seals `plain` and wipes key and text; the answer ends in the tag. */
export async function seal(aead: Aead, key: Uint8Array, aad: Uint8Array, plain: Uint8Array): Promise<Uint8Array> {
  try {
    return await aead.aesGcmSeal(key, new Uint8Array(12), aad, plain);
  } finally {
    key.fill(0);
    plain.fill(0);
  }
}

/** Opens what {@link seal} made and wipes the key; null where the tag does not fit. */
export async function open(aead: Aead, key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null> {
  try {
    return await aead.aesGcmOpen(key, new Uint8Array(12), aad, sealed);
  } finally {
    key.fill(0);
  }
}
