/** C-113 to C-115: keys are decoded once, checked the same way however often, and X25519 gives no zero. */

import { describe, expect, it } from "vitest";
import { rawSignature } from "../../src/crypto/hazmat.js";
import { Identity } from "../../src/crypto/keys.js";
import { XPublic, decodeIk, dh } from "../../src/crypto/points.js";
import { Recent } from "../../src/crypto/recent.js";
import { bytes, refusal } from "./world.js";

describe("an identity key", () => {
  it("C-113: is decoded once", () => {
    const key = Identity.fromSeed(bytes(1)).public.toBytes();
    expect(decodeIk(key)).toBe(decodeIk(key.slice()));
    expect(decodeIk(key).toBytes()).toEqual(key);
  });

  it("C-113: is no other's because its bytes were changed afterwards", () => {
    const key = Identity.fromSeed(bytes(2)).public.toBytes();
    const decoded = decodeIk(key);
    const { hex } = decoded;
    key.fill(0);
    decoded.toBytes().fill(0);
    expect(decoded.hex).toBe(hex);
    expect(decodeIk(Identity.fromSeed(bytes(2)).public.toBytes())).toBe(decoded);
  });

  it("C-115: says the same at the hundredth check as at the first, with its table and without", () => {
    const seed = bytes(3);
    const ik = Identity.fromSeed(seed).public;
    for (let i = 0; i < 100; i++) {
      const message = bytes(i, i);
      const signature = rawSignature(seed, message);
      ik.verify(message, signature);
      const flipped = signature.slice();
      flipped[i % 64] = (flipped[i % 64] ?? 0) ^ (1 << (i % 8));
      expect(() => {
        ik.verify(message, flipped);
      }, `${i}`).toThrow(refusal("E_SIG"));
      expect(() => {
        ik.verify(bytes(i + 1, i + 1), signature);
      }).toThrow(refusal("E_SIG"));
    }
  });
});

describe("X25519", () => {
  it("C-905: a result of all zeros is refused even without decode_x", () => {
    expect(() => dh(bytes(7), new XPublic(bytes(0)))).toThrow(refusal("E_DH_ZERO"));
  });
});

describe("the cache of keys", () => {
  it("keeps what was asked for last, and no more", () => {
    const cache = new Recent<string, string>(2);
    const made: string[] = [];
    const get = (key: string): string =>
      cache.get(key, () => {
        made.push(key);
        return key.toUpperCase();
      });
    expect(["a", "b", "a", "c", "a", "b"].map(get)).toEqual(["A", "B", "A", "C", "A", "B"]);
    expect(made).toEqual(["a", "b", "c", "b"]);
    expect(() => cache.get("d", () => { throw new Error("no"); })).toThrow("no");
    expect(get("b")).toBe("B");
    expect(made).toHaveLength(4);
  });
});
