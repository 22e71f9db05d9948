/** ik-convert, decode-ik, decode-x, sig, spk: what is a key, what is a signature. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "../../src/crypto/bytes.js";
import { decodeHex, encodeHex } from "../../src/crypto/hex.js";
import { account, ikOf } from "./people.js";
import { type Json, type JsonObject, Suite, flipped, get, rep, text } from "./suite.js";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const B = Point.BASE;
const ZERO = Point.ZERO;

/** The multiples of one point of order 8. */
const TORSION: readonly Point[] = torsion("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

function torsion(generator: string): Point[] {
  const step = Point.fromHex(generator);
  const points = [ZERO];
  for (let i = 1; i < 8; i++) {
    points.push((points.at(-1) ?? ZERO).add(step));
  }
  return points;
}

export async function all(): Promise<Suite[]> {
  return [await ikConvert(), await decodeIk(), await decodeX(), await sig(), await spk()];
}

function encoded(point: Point): string {
  return encodeHex(point.toBytes());
}

/** p + k, little-endian. */
function pPlus(k: number): Uint8Array {
  return numberToBytesLE(Point.Fp.ORDER + BigInt(k), 32);
}

/** The bytes with some of the last one's bits changed. */
function last(bytes: Uint8Array, bits: number): Uint8Array {
  return concat(bytes.subarray(0, 31), Uint8Array.of((bytes[31] ?? 0) ^ bits));
}

/** A small number, little-endian. */
function small(n: number): Uint8Array {
  return numberToBytesLE(BigInt(n), 32);
}

async function ikConvert(): Promise<Suite> {
  const s = new Suite("ik-convert", "C-108");
  const signs = new Set<number>();
  for (let byte = 1; byte <= 8; byte++) {
    const out = await s.ok("ik_convert", { ik_seed: rep(32, byte) });
    signs.add((decodeHex(out.text("ik"))[31] ?? 0) >> 7);
  }
  if (signs.size !== 2) {
    throw new Error("both signs of x are covered");
  }
  // A point and its negative share one u, which is why every KDF input names the Ed25519 bytes.
  const ik = (await get("ik_convert", { ik_seed: rep(32, 1) })).text("ik");
  await s.ok("decode_ik", { ik }, "P");
  await s.ok("decode_ik", { ik: encodeHex(last(decodeHex(ik), 0x80)) }, "-P has the same u");
  return s;
}

async function decodeIk(): Promise<Suite> {
  const s = new Suite("decode-ik", "C-113");
  const ik = await ikOf(1);
  await s.ok("decode_ik", { ik });
  await s.ok("decode_ik", { ik: encoded(B) }, "the base point");
  const bad = (key: string, note: string): Promise<void> => s.err("E_IK", "decode_ik", { ik: key }, note);
  for (const sign of [0, 0x80]) {
    for (let k = 0; k < 19; k++) {
      await bad(encodeHex(last(pPlus(k), sign)), "y >= p");
    }
    for (const y of [0, 1]) {
      await bad(encodeHex(last(small(y), sign)), "y = 0 or y = 1: small order");
    }
  }
  await bad(encodeHex(pPlus(-1)), "y = -1: order 2");
  await bad(encodeHex(last(pPlus(-1), 0x80)), "y = -1, x = 0 with sign 1");
  for (const point of TORSION) {
    await bad(encoded(point), "small order");
  }
  const point = Point.fromHex(ik);
  for (const extra of TORSION.slice(1)) {
    await bad(encoded(point.add(extra)), "a valid key plus torsion");
  }
  let offCurve = 0;
  for (let y = 2; y < 40; y++) {
    if (!isOnCurve(small(y))) {
      await bad(encodeHex(small(y)), "no point of the curve");
      offCurve++;
    }
  }
  if (offCurve <= 5) {
    throw new Error("some y have no point");
  }
  await bad("", "0 bytes");
  await bad(rep(31, 1), "31 bytes");
  await bad(`${ik}00`, "33 bytes");
  return s;
}

function isOnCurve(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

async function decodeX(): Promise<Suite> {
  const s = new Suite("decode-x", "C-114");
  await s.ok("decode_x", { u: encodeHex(small(9)) }, "the base point");
  await s.ok("decode_x", { u: (await account(1)).text("u") });
  await s.ok("decode_x", { u: encodeHex(small(2)) }, "a point of the twist");
  await s.ok("decode_x", { u: encodeHex(pPlus(-2)) }, "the highest u");
  const low = [
    rep(32, 0),
    `01${rep(31, 0)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${rep(30, 0xff)}7f`,
  ];
  const bad = (u: string, note: string): Promise<void> => s.err("E_X25519", "decode_x", { u }, note);
  const badSpk = (key: string, note: string): Promise<void> => s.err("E_X25519", "server_spk", { spk: key }, note);
  for (const u of low) {
    await bad(u, "low order");
    await badSpk(u, "low order");
    const high = encodeHex(last(decodeHex(u), 0x80));
    await bad(high, "low order, bit 255 set");
    await badSpk(high, "low order under the masked bit 255");
  }
  for (let k = 0; k < 19; k++) {
    const u = encodeHex(pPlus(k));
    await bad(u, "u >= p");
    if (k < 2) {
      await badSpk(u, "low order, not reduced");
    } else {
      await s.ok("server_spk", { spk: u }, "the seed form is not held to u < p");
    }
  }
  const nine = encodeHex(last(small(9), 0x80));
  await bad(nine, "bit 255 set");
  await s.ok("server_spk", { spk: nine }, "the seed form masks bit 255");
  await bad("", "0 bytes");
  await bad(rep(31, 9), "31 bytes");
  await bad(rep(33, 9), "33 bytes");
  return s;
}

/** What a textbook signer is free to choose: R = rB + rTorsion, A = aB + aTorsion, S = r + k·a. */
interface Choice {
  readonly r: bigint;
  readonly rTorsion?: Point;
  readonly a: bigint;
  readonly aTorsion?: Point;
  /** R as it stands in the signature, whatever r is. */
  readonly R?: Uint8Array;
  /** A as it stands, whatever a is. */
  readonly A?: Uint8Array;
}

function multiple(scalar: bigint): Point {
  return B.multiplyUnsafe(scalar);
}

function forge(m: Uint8Array, choice: Choice): { ik: string; sig: string } {
  const R = choice.R ?? multiple(choice.r).add(choice.rTorsion ?? ZERO).toBytes();
  const A = choice.A ?? multiple(choice.a).add(choice.aTorsion ?? ZERO).toBytes();
  const k = Point.Fn.create(bytesToNumberLE(sha512(concat(R, A, m))));
  const S = Point.Fn.create(choice.r + k * choice.a);
  return { ik: encodeHex(A), sig: encodeHex(concat(R, numberToBytesLE(S, 32))) };
}

/** S + L, which an equation modulo L cannot tell from S. */
function plusL(signature: string): string {
  const bytes = decodeHex(signature);
  return encodeHex(concat(bytes.subarray(0, 32), numberToBytesLE(bytesToNumberLE(bytes.subarray(32)) + Point.Fn.ORDER, 32)));
}

async function sig(): Promise<Suite> {
  const s = new Suite("sig", "C-115");
  const m = utf8("sotto divergence");
  for (const [number, message] of [[1, ""], [2, encodeHex(m)], [3, rep(300, 0xff)]] as const) {
    const owner = await account(number);
    const signed = await s.ok("sign", { ik_seed: owner.text("ik_seed"), m: message });
    await s.ok("verify", { ik: owner.text("ik"), m: message, sig: signed.text("sig") });
  }
  const [a, r] = [0x5eedn, 0x0123_4567n];
  const { ik, sig: good } = forge(m, { r, a });
  const input = { ik, m: encodeHex(m), sig: good };
  await s.ok("verify", input, "made by the textbook signer that makes the faulty ones below");
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> => s.err(code, "verify", { ...input, ...changes }, note);
  for (const at of [0, 31, 32, 63]) {
    await bad("E_SIG", { sig: flipped(good, at) }, "a flipped bit");
  }
  await bad("E_SIG", { m: text("sotto divergencf") }, "another message");
  await bad("E_SIG", { ik: await ikOf(1) }, "another key");
  for (const length of [0, 32, 63]) {
    await bad("E_SIG", { sig: good.slice(0, length * 2) }, "too short");
  }
  await bad("E_SIG", { sig: `${good}00` }, "too long");
  await bad("E_SIG", { sig: plusL(good) }, "S + L");
  for (const extra of TORSION.slice(1)) {
    const mixedR = forge(m, { r, rTorsion: extra, a });
    await bad("E_SIG", { sig: mixedR.sig }, "R of mixed order: the cofactored equation holds");
    await bad("E_IK", { ...forge(m, { r, a, aTorsion: extra }) }, "A of mixed order");
    await bad("E_IK", { ...forge(m, { r, rTorsion: extra, a, aTorsion: extra }) }, "A and R of mixed order");
  }
  for (const extra of TORSION) {
    await bad("E_SIG", { sig: forge(m, { r: 0n, rTorsion: extra, a }).sig }, "R of small order");
    await bad("E_IK", { ...forge(m, { r, a: 0n, aTorsion: extra }) }, "A of small order");
    await bad("E_IK", { ...forge(m, { r: 0n, a: 0n, aTorsion: extra }) }, "A of small order, R the identity, S = 0");
  }
  await bad("E_SIG", { sig: forge(m, { r: 0n, R: pPlus(1), a }).sig }, "R the identity with y = p + 1");
  await bad("E_SIG", { sig: forge(m, { r: 0n, R: last(small(1), 0x80), a }).sig }, "R the identity with x = 0 and sign 1");
  await bad("E_SIG", { sig: forge(m, { r: 0n, R: pPlus(0), a }).sig }, "R of order 4 with y = p");
  await bad("E_IK", { ...forge(m, { r, a: 0n, A: pPlus(1) }) }, "A the identity with y = p + 1: the equation holds");
  await bad("E_SIG", { sig: rep(64, 0) }, "zeros");
  await divergence(s);
  return s;
}

/** From the specification: noble's non-strict check takes both. */
async function divergence(s: Suite): Promise<void> {
  const m = text("sotto divergence");
  const mixedR = {
    ik: "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
    m,
    sig:
      "6a84d583f06569edb3f5ed77df65544b27d6948b4f0b2cb76f33dd8413b20719" +
      "3189a84a133deb6ef47c4f5fe189a5d8e78c45b6cfe3b7d4746d381da041aa05",
  };
  await s.err("E_SIG", "verify", mixedR, "divergence: mixed R");
  const mixedA = {
    ik: "1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083",
    m,
    sig:
      "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572" +
      "d4ed2db36f90074618ef57c1579a08eafa2c3a81f4f9feeffe0923ee2e5a8508",
  };
  await s.err("E_IK", "verify", mixedA, "divergence: mixed A");
}

async function spk(): Promise<Suite> {
  const s = new Suite("spk", "C-110 C-111 C-404 C-405");
  const [alice, bob] = [await account(1), await account(2)];
  const make = (seed: string, createdAt: Json): JsonObject => ({ ik_seed: seed, spk_priv: rep(32, 0x12), created_at: createdAt });
  for (const createdAt of [0, 1_700_000_000, 9_007_199_254_740_992, "18446744073709551615"]) {
    const made = await s.ok("spk_make", make(bob.text("ik_seed"), createdAt));
    await s.ok("spk_parse", { spk: made.text("spk") });
    await s.ok("server_spk", { spk: made.text("spk") });
  }
  const made = await get("spk_make", make(bob.text("ik_seed"), 1_700_000_000));
  const [blob, signature] = [made.text("spk"), made.text("sig")];
  await s.ok("server_spk", { spk: rep(32, 0x55) }, "the seed form, which only the server takes");
  await s.err("E_DOWNGRADE", "spk_parse", { spk: rep(32, 0x55) }, "the seed form");
  for (const op of ["spk_parse", "server_spk"]) {
    await s.err("E_SPK", op, { spk: "" }, "nothing");
    await s.err("E_SPK", op, { spk: blob.slice(0, 98) }, "49 bytes");
    await s.err("E_SPK", op, { spk: `${blob}00` }, "51 bytes");
    await s.err("E_SPK", op, { spk: flipped(blob, 9) }, "another magic");
    await s.err("E_X25519", op, { spk: `${blob.slice(0, 36)}${rep(32, 0)}` }, "a point of low order");
    await s.err("E_X25519", op, { spk: `${blob.slice(0, 36)}${rep(32, 0xff)}` }, "u >= p");
  }
  const bundle = { name_hex: text("bob"), ik: bob.text("ik"), spk: blob, sig: signature, pins: [], now: 1_705_184_000 };
  const pin = (ik: string, createdAt: number): JsonObject => ({
    pins: [{ name_hex: text("bob"), ik, spk_created_at: createdAt }],
  });
  await s.ok("bundle_check", bundle, "first seen; exactly 60 days old");
  await s.ok("bundle_check", { ...bundle, now: 1_705_184_001 }, "a second older than 60 days: warn");
  await s.ok("bundle_check", { ...bundle, now: 0 }, "from the future, by this clock");
  await s.ok("bundle_check", { ...bundle, ...pin(bob.text("ik"), 1_700_000_000) }, "pinned");
  await s.ok("bundle_check", { ...bundle, ...pin(bob.text("ik"), 1_600_000_000) }, "newer than pinned");
  const bad = (code: string, changes: JsonObject, note = ""): Promise<void> =>
    s.err(code, "bundle_check", { ...bundle, ...changes }, note);
  await bad("E_SPK_STALE", pin(bob.text("ik"), 1_700_000_001), "older than pinned");
  await bad("E_KEY_CHANGED", pin(alice.text("ik"), 0), "another identity is pinned");
  await bad("E_NAME", { name_hex: text(" bob") });
  await bad("E_IK", { ik: rep(32, 0) });
  await bad("E_IK", { ik: rep(31, 0) });
  await bad("E_SIG", { sig: flipped(signature, 40) });
  await bad("E_SIG", { sig: signature.slice(2) }, "63 bytes");
  await bad("E_SIG", { ik: alice.text("ik") }, "signed by another");
  await bad("E_SIG", { spk: flipped(blob, 17) }, "another time than was signed");
  const seedSpk = rep(32, 0x55);
  const seedSig = await get("sign", { ik_seed: bob.text("ik_seed"), m: seedSpk });
  await bad("E_DOWNGRADE", { spk: seedSpk, sig: seedSig.text("sig") }, "the seed form, rightly signed");
  await bad("E_SPK", { spk: "", sig: "" }, "no prekey");
  return s;
}
