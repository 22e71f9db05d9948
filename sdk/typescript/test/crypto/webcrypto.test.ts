/** C-315: in a browser AES-GCM is WebCrypto's; nothing of ours, and nothing that we depend on, computes it otherwise. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, expect, it, vi } from "vitest";
import { StorageKey } from "../../src/crypto/keys.js";
import { openStorage, sealStorage } from "../../src/crypto/storage.js";
import { webPlatform } from "../../src/platform/web.js";
import { bytes, person } from "./world.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const { identity, name } = person("alice", 1);
const owner = { key: StorageKey.fromBytes(bytes(9)), name, ik: identity.public };

it("C-315: what is sealed and opened goes through WebCrypto, under keys that it does not give out", async () => {
  const { subtle } = globalThis.crypto;
  const [seals, opens, imports] = [vi.spyOn(subtle, "encrypt"), vi.spyOn(subtle, "decrypt"), vi.spyOn(subtle, "importKey")];
  const platform = webPlatform();
  const blob = await sealStorage(platform, owner, 1n, bytes(3), "{}");
  expect((await openStorage(platform, owner, blob, 0n)).version).toBe(1n);
  for (const used of [seals, opens]) {
    expect(used).toHaveBeenCalledOnce();
    expect(used.mock.calls[0]?.[0]).toMatchObject({ name: "AES-GCM" });
  }
  expect(imports.mock.calls.map(([, , algorithm, extractable]) => [algorithm, extractable])).toEqual([
    ["AES-GCM", false],
    ["AES-GCM", false],
  ]);
});

it("C-315: where WebCrypto fails, nothing steps in", async () => {
  const platform = webPlatform();
  const blob = await sealStorage(platform, owner, 1n, bytes(3), "{}");
  const failing = () => Promise.reject(new Error("broken"));
  vi.spyOn(globalThis.crypto.subtle, "encrypt").mockImplementation(failing);
  vi.spyOn(globalThis.crypto.subtle, "decrypt").mockImplementation(failing);
  await expect(sealStorage(platform, owner, 1n, bytes(3), "{}")).rejects.toThrow("broken");
  await expect(openStorage(platform, owner, blob, 0n)).rejects.toThrow("broken");
});

it("C-315: the bundle has no AES of its own", async () => {
  const folder = join(import.meta.dirname, "../..");
  const options = { bundle: true, write: false, metafile: true, format: "esm", platform: "browser", logLevel: "silent" } as const;
  const { metafile, outputFiles } = await build({ ...options, entryPoints: [join(folder, "src/index.ts")] });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((input) => input.endsWith("platform/web.ts"))).toHaveLength(1);
  expect(inputs.filter((input) => /ciphers?\b|\baes\b|sjcl|forge|crypto-js/.test(input))).toEqual([]);
  // The beginning of the S-box, as a list or as hex, and its tables' first word.
  const code = outputFiles.map((file) => file.text.toLowerCase().replaceAll(/\s/g, "")).join("");
  for (const table of ["99,124,119,123", "0x63,0x7c,0x77,0x7b", "637c777b", "c66363a5", "0xc66363a5"]) {
    expect(code).not.toContain(table);
  }
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies).sort()).toEqual(["@noble/curves", "@noble/hashes", "@scure/bip39", "socket.io-client"]);
});
