/** What the SDK needs of the place it runs in. One default per place (`web.ts`); React Native and others bring their own. */

/** Randomness, authenticated encryption and the clock. */
export interface Platform {
  /** `count` bytes from a cryptographically secure source. */
  randomBytes(count: number): Uint8Array;
  /** AES-256-GCM (SP 800-38D) with a 12-byte nonce; the answer ends in the 16-byte tag. */
  aesGcmSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Promise<Uint8Array>;
  /** The inverse; null where the tag does not fit. */
  aesGcmOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null>;
  /** Milliseconds since 1970 UTC. */
  now(): number;
}
