/** Pins and the check of other people's key bundles (C-404, C-405). */
import { equal } from "./bytes.js";
import { Spk } from "./keys.js";
import { checkName } from "./names.js";
import { type VerifyingIdentity, decodeIk } from "./points.js";
import { refuse } from "./refusal.js";

/** A signed prekey older than this, in seconds (60 days), deserves a warning. */
export const OLD_PREKEY = 60n * 24n * 60n * 60n;

/** What is remembered of a person. Kept in `own_storage`. */
export interface Pin {
  /** The identity key, byte for byte. */
  readonly ik: Uint8Array;
  /** The highest `created_at` seen in a prekey of that identity, in seconds since 1970 UTC: any integer of 64 bits. */
  readonly spkCreatedAt: bigint;
  /** True once the user has compared safety numbers. */
  readonly verified: boolean;
}

/** Where a caller keeps its pins. */
export interface Pins {
  /** The pin for `username`, if there is one. */
  pin(username: string): Pin | undefined;
}

/** Nobody is pinned yet. */
export const NO_PINS: Pins = { pin: () => undefined };

/**
 * Refuses `ik` if `username` is pinned to another key.
 *
 * @throws Refusal `E_KEY_CHANGED`: stop and let the user decide
 */
export function checkPin(pins: Pins, username: string, ik: Uint8Array): void {
  const pin = pins.pin(username);
  if (pin !== undefined && !equal(pin.ik, ik)) {
    refuse("E_KEY_CHANGED");
  }
}

/** What `get_user` says of a person, as bytes. */
export interface Bundle {
  readonly username: string;
  /** The identity key. */
  readonly ik: Uint8Array;
  /** The signed prekey, in the 50-byte form. */
  readonly spk: Uint8Array;
  /** The identity's signature over `spk`. */
  readonly sig: Uint8Array;
}

/** A bundle that passed every check. */
export interface CheckedBundle {
  readonly username: string;
  /** The identity key, as pinned or first seen. */
  readonly ik: VerifyingIdentity;
  readonly spk: Spk;
  /** The pin to keep from now on. */
  readonly pin: Pin;
}

/**
 * Checks a bundle alone: name, identity key, pin, then the prekey's form, point, signature and age against the pin.
 *
 * @throws Refusal in this order `E_NAME`, `E_IK`, `E_KEY_CHANGED`, `E_DOWNGRADE`, `E_SPK`, `E_X25519`, `E_SIG`, `E_SPK_STALE`
 */
export function checkBundle(bundle: Bundle, pins: Pins): CheckedBundle {
  checkName(bundle.username);
  const ik = decodeIk(bundle.ik);
  checkPin(pins, bundle.username, bundle.ik);
  return checkPrekey(bundle, ik, pins);
}

/** The prekey's part of {@link checkBundle}; `ik` has been checked. */
export function checkPrekey(bundle: Bundle, ik: VerifyingIdentity, pins: Pins): CheckedBundle {
  const spk = Spk.parse(bundle.spk);
  ik.verify(bundle.spk, bundle.sig);
  const pinned = pins.pin(bundle.username);
  if (pinned !== undefined && spk.createdAt < pinned.spkCreatedAt) {
    refuse("E_SPK_STALE");
  }
  const pin = { ik: ik.toBytes(), spkCreatedAt: spk.createdAt, verified: pinned?.verified ?? false };
  return { username: bundle.username, ik, spk, pin };
}

/** Whether a prekey is more than 60 days older than `now` (seconds since 1970 UTC): warn. */
export function isOldPrekey(spk: Spk, now: bigint): boolean {
  return now - spk.createdAt > OLD_PREKEY;
}
