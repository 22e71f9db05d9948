// The little cryptography that a client of the server cannot do without: keys, the prekey, the login answer. For story.mjs.
// It stands on node:crypto (OpenSSL) alone, so that it judges the server from outside: no code is shared with the server.

import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

/** `random(n)`: n random bytes in hex. */
export const random = (n) => randomBytes(n).toString("hex");

const u32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
};
const V = (bytes) => Buffer.concat([u32(bytes.length), bytes]);

/** T(label, fields…): the injective encoding that everything signed or derived goes through (C-102). */
export function T(label, ...fields) {
  return Buffer.concat([V(Buffer.from(`sotto/1/${label}`)), Buffer.from([fields.length]), ...fields.map((f) => V(Buffer.from(f)))]);
}

/** KDF(salt, ikm, info): RFC 5869 with SHA-256 and one block of output. */
export function KDF(salt, ikm, info) {
  const hmac = (key, data) => createHmac("sha256", key).update(data).digest();
  return hmac(hmac(salt.length ? salt : Buffer.alloc(32), ikm), Buffer.concat([info, Buffer.from([1])]));
}

/** An Ed25519 identity from its 32-byte seed. */
export class Identity {
  constructor(seed = randomBytes(32)) {
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
    this.public = createPublicKey(this.key).export({ format: "der", type: "spki" }).subarray(-32);
  }

  get publicHex() {
    return this.public.toString("hex");
  }

  /** The signature over the bytes behind `hex`, in hex. */
  sign(hex) {
    return sign(null, Buffer.from(hex, "hex"), this.key).toString("hex");
  }

  /** What `login_challenge_response` carries: a signature bound to the origin, the name, the key and the challenge (2.9). */
  answer(origin, username, challengeHex) {
    const said = T("login", origin, username, this.public, Buffer.from(challengeHex, "hex"));
    return sign(null, said, this.key).toString("hex");
  }
}

/** Whether `signature` is `publicKey`'s over the bytes behind `hex`; all three in hex. */
export function verifies(publicKey, hex, signature) {
  const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, Buffer.from(publicKey, "hex")]), format: "der", type: "spki" });
  return verify(null, Buffer.from(hex, "hex"), key, Buffer.from(signature, "hex"));
}

/** A fresh X25519 public key, 32 bytes in hex: the first clients' prekey. */
export function seedPrekey() {
  return generateKeyPairSync("x25519").publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
}

/** The self-describing prekey of 50 bytes, in hex (2.2). */
export function datedPrekey(createdAtSeconds) {
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(createdAtSeconds));
  return Buffer.concat([Buffer.from("sotto-spk1"), at, Buffer.from(seedPrekey(), "hex")]).toString("hex");
}

/** The 2·p − 2 keys of a tree for `members`, p the least power of two that holds them; any bytes will do for the server. */
export function keyTree(members) {
  const leaves = 2 ** Math.ceil(Math.log2(members));
  return Array.from({ length: 2 * leaves - 2 }, () => random(32));
}

/** The golden login signature of the specification: if this is off, every other login failure is ours. */
export function goldenLogin() {
  const seed = KDF("", Buffer.alloc(32, 1), T("identity-seed"));
  const alice = new Identity(seed);
  return { publicKey: alice.publicHex, answer: alice.answer("https://chat.example.org", "alice", "61".repeat(32)) };
}

/** SHA-256 of a text, shortened: a stand-in for sealed bytes that shows in a failure which text was meant. */
export const sealed = (text) => Buffer.concat([Buffer.from(text), createHash("sha256").update(randomBytes(16)).digest()]).toString("hex");
