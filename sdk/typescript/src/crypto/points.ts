/** Which points and signatures are accepted (C-113 to C-115): one rule, the same in every language; and X25519. */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { equal } from "./bytes.js";
import { encodeHex } from "./hex.js";
import { Recent } from "./recent.js";
import { refuse } from "./refusal.js";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const P = Point.Fp.ORDER;
const L = Point.Fn.ORDER;

/** From this many checks on a key is worth a table, which costs about six checks and makes each later one three times as fast. */
const TABLE_AFTER = 3;
/** Each table takes about 130 kB. */
const tables = new Recent<VerifyingIdentity, Point>(32);

/** An identity key that passed {@link decodeIk}, held decoded so that the costly torsion check is made once per key. */
export class VerifyingIdentity {
  /** The 32 bytes as 64 hex digits. */
  readonly hex: string;
  readonly #bytes: Uint8Array;
  readonly #negated: Point;
  #checks = 0;
  #x: XPublic | undefined;

  /** Take {@link decodeIk}. `point` is known to be of prime order, `bytes` its encoding. */
  constructor(bytes: Uint8Array, point: Point) {
    this.#bytes = bytes.slice();
    this.#negated = point.negate();
    this.hex = encodeHex(bytes);
  }

  /** The 32 bytes of the Ed25519 public key, as on the wire. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether this is the same key, byte for byte. */
  equals(other: VerifyingIdentity): boolean {
    return this.hex === other.hex;
  }

  /**
   * `verify(IK, m, s)`: 64 bytes, S < L, R canonical and not of small order, `[S]B - [k]IK` encodes to R.
   *
   * @throws Refusal `E_SIG`
   */
  verify(message: Uint8Array, signature: Uint8Array): void {
    if (!this.#signed(message, signature)) {
      refuse("E_SIG");
    }
  }

  #signed(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== 64) {
      return false;
    }
    const r = signature.subarray(0, 32);
    const s = bytesToNumberLE(signature.subarray(32));
    if (s >= L) {
      return false;
    }
    const k = Point.Fn.create(bytesToNumberLE(sha512.create().update(r).update(this.#bytes).update(message).digest()));
    const point = Point.BASE.multiplyUnsafe(s).add(this.#multiplier().multiplyUnsafe(k));
    // What equals the encoding of a point is canonical, so R itself needs no decoding.
    return !point.isSmallOrder() && equal(point.toBytes(), r);
  }

  /** The negated key, with a table once it is used often. (The library keeps a table as long as its point.) */
  #multiplier(): Point {
    this.#checks++;
    return this.#checks <= TABLE_AFTER ? this.#negated : tables.get(this, () => this.#negated.negate().negate().precompute(4));
  }

  /** The X25519 form `u = (1+y)/(1-y)`, always a member of the prime-order group. */
  x25519(): XPublic {
    this.#x ??= new XPublic(ed25519.utils.toMontgomery(this.#bytes));
    return this.#x;
  }
}

const decoded = new Recent<string, VerifyingIdentity>(1024);

/**
 * `decode_ik`: 32 bytes, canonical, on the curve, not of small order, torsion-free. The last thousand keys are remembered, since
 * the check costs more than a signature's.
 *
 * @throws Refusal `E_IK`
 */
export function decodeIk(bytes: Uint8Array): VerifyingIdentity {
  return decoded.get(encodeHex(bytes), () => {
    const point = decodePoint(bytes);
    // Small order is left to neither check alone: the neutral point is torsion-free.
    if (point === undefined || point.isSmallOrder() || !point.isTorsionFree()) {
      refuse("E_IK");
    }
    return new VerifyingIdentity(bytes, point);
  });
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

/** The public key of an own seed, which needs no check. */
export function identityOf(seed: Uint8Array): VerifyingIdentity {
  const { point, pointBytes, head, prefix } = ed25519.utils.getExtendedPublicKey(seed);
  head.fill(0);
  prefix.fill(0);
  return new VerifyingIdentity(pointBytes, point);
}

/** An X25519 public key that passed {@link decodeX}. */
export class XPublic {
  /** The 32 bytes as 64 hex digits. */
  readonly hex: string;
  readonly #bytes: Uint8Array;

  /** Take {@link decodeX}. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.slice();
    this.hex = encodeHex(bytes);
  }

  /** The 32 bytes, as on the wire. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }
}

/** The public key of an own secret. */
export function xPublicOf(secret: Uint8Array): XPublic {
  return new XPublic(x25519.getPublicKey(secret));
}

/** The five u of low order: 0, 1, the two of order 8, and p - 1. */
const LOW_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
]);

/**
 * `decode_x`: 32 bytes, u < p (so bit 255 is 0), not one of the five u of low order.
 *
 * @throws Refusal `E_X25519`
 */
export function decodeX(bytes: Uint8Array): XPublic {
  const u = bytesToNumberLE(bytes);
  if (bytes.length !== 32 || u >= P || LOW_ORDER.has(u)) {
    refuse("E_X25519");
  }
  return new XPublic(bytes);
}

/** Whether u, with bit 255 masked and reduced modulo p, is of low order: the check for the 32-byte prekey form. */
export function isLowOrder(bytes: Uint8Array): boolean {
  return LOW_ORDER.has((bytesToNumberLE(bytes) & ((1n << 255n) - 1n)) % P);
}

/**
 * X25519, for this folder alone (C-109). The secret is clamped inside.
 *
 * @throws Refusal `E_DH_ZERO` for a result of all zeros
 */
export function dh(secret: Uint8Array, to: XPublic): Uint8Array {
  try {
    return x25519.getSharedSecret(secret, to.toBytes());
  } catch {
    // Both have their 32 bytes: a zero result is all that is left to be thrown for.
    return refuse("E_DH_ZERO");
  }
}
