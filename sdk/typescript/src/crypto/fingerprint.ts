/** Numbers that people compare (C-406 to C-408): fingerprint, safety number and group code. */
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "./bytes.js";
import { t } from "./encode.js";
import type { VerifyingIdentity } from "./points.js";

const ITERATIONS = 5200;

/** 30 digits that stand for a name with its identity key: 5200 rounds of SHA-512, some 30 milliseconds. */
export function fingerprint(name: string, ik: VerifyingIdentity): string {
  const d = t("fingerprint", utf8(name), ik.toBytes());
  let x = sha512(d);
  // One buffer for all rounds: x || d, of which only x changes.
  const input = concat(x, d);
  for (let i = 1; i < ITERATIONS; i++) {
    x = sha512(input);
    input.set(x);
  }
  return digits(x.subarray(0, 30));
}

/** 60 digits, the same on both sides: the two fingerprints sorted and joined. */
export function safetyNumber(nameA: string, ikA: VerifyingIdentity, nameB: string, ikB: VerifyingIdentity): string {
  return [fingerprint(nameA, ikA), fingerprint(nameB, ikB)].sort().join("");
}

/** 60 digits that all members of a group compare. Twice a fingerprint's length, since a creator may look for collisions. */
export function groupCode(giHash: Uint8Array): string {
  return digits(sha512(t("group-code", giHash)).subarray(0, 60));
}

/** Five bytes big-endian modulo 100,000 give five digits. (Five bytes are below 2^53.) */
function digits(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 5) {
    const number = bytes.subarray(at, at + 5).reduce((n, byte) => n * 256 + byte, 0);
    out += String(number % 100_000).padStart(5, "0");
  }
  return out;
}
