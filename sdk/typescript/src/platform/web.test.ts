/** The default platform: AES-GCM as NIST has it, randomness of any length, and a plain word where there is no WebCrypto. */

import { afterEach, expect, it, vi } from "vitest";
import { webPlatform } from "./web.js";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

afterEach(() => {
  vi.unstubAllGlobals();
});

it("seals and opens as SP 800-38D says (test case 16 of the GCM submission)", async () => {
  const platform = webPlatform();
  const key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const nonce = hex("cafebabefacedbaddecaf888");
  const aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const text = hex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  );
  const sealed = hex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
      "76fc6ece0f4e1768cddf8853bb2d551b",
  );
  expect(await platform.aesGcmSeal(key, nonce, aad, text)).toEqual(sealed);
  expect(await platform.aesGcmOpen(key, nonce, aad, sealed)).toEqual(text);
  for (const [at, where] of [[0, sealed], [sealed.length - 1, sealed], [0, aad], [0, nonce], [0, key]] as const) {
    where[at] = (where[at] ?? 0) ^ 1;
    expect(await platform.aesGcmOpen(key, nonce, aad, sealed)).toBeNull();
    where[at] ^= 1;
  }
  expect(await platform.aesGcmOpen(key, nonce, aad, sealed.subarray(0, 15))).toBeNull();
});

it("takes views of larger buffers as what they show", async () => {
  const platform = webPlatform();
  const around = platform.randomBytes(100);
  const [a, b, c, d] = [0, 32, 44, 50];
  const sealed = await platform.aesGcmSeal(around.subarray(a, b), around.subarray(b, c), around.subarray(c, d), around.subarray(d));
  const alone = await platform.aesGcmSeal(around.slice(a, b), around.slice(b, c), around.slice(c, d), around.slice(d));
  expect(sealed).toEqual(alone);
});

it("draws more bytes than WebCrypto gives at once", () => {
  const bytes = webPlatform().randomBytes(200_000);
  for (const at of [0, 65_536, 131_072, 199_968]) expect(bytes.subarray(at, at + 32).some((byte) => byte !== 0)).toBe(true);
  expect(bytes.subarray(0, 32)).not.toEqual(bytes.subarray(65_536, 65_568));
});

it.each([undefined, {}, { getRandomValues: () => undefined }])("without a secure context it says so (%j)", (there) => {
  vi.stubGlobal("crypto", there);
  expect(() => webPlatform()).toThrow(
    expect.objectContaining({ kind: "invalid", message: "Sotto needs a secure context: open this over HTTPS." }),
  );
});
