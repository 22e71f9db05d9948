/** C-116 and C-109: secrets show nowhere, are wiped, compare in constant time; no function gives out what follows from one. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { encodeHex } from "../../src/crypto/hex.js";
import * as crypto from "../../src/crypto/index.js";
import { GroupSecret, Identity, Prekey, RecoverySecret, StorageKey, borrow } from "../../src/crypto/keys.js";
import { bytes, groupOf, person, randomFor, refusal } from "./world.js";

const SRC = join(import.meta.dirname, "../../src/crypto");
const source = (file: string): string => readFileSync(join(SRC, file), "utf8");

/** Whatever a careless line could print of a value. */
function printed(value: unknown): string {
  const names = typeof value === "object" && value !== null ? Reflect.ownKeys(value).map(String) : [];
  const json = JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one));
  const options = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null } as const;
  return [inspect(value, options), json, String(value), ...names, JSON.stringify({ ...(value as object) }, bigints)].join("\n");
}

const bigints = (_: string, one: unknown): unknown => (typeof one === "bigint" ? one.toString() : one);

describe("C-116: secrets", () => {
  it("show in no inspection, no JSON, no text, no key and no spread", async () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i);
    const group = await groupOf(3);
    const [, bob] = group.people;
    const recovery = RecoverySecret.fromBytes(secret);
    const random = randomFor(3);
    const holders = [
      recovery,
      recovery.identity(),
      recovery.storageKey(),
      StorageKey.fromBytes(secret),
      GroupSecret.fromBytes(secret),
      Identity.fromSeed(secret),
      Prekey.fromBytes(secret, 5n),
      random,
      group.created,
      group.created.context,
      bob,
      { key: StorageKey.fromBytes(secret), name: "alice", ik: bob.identity.public },
    ];
    const secrets = [
      secret,
      recovery.identity().exposeSeed(),
      recovery.storageKey().expose(),
      group.created.context.secret.expose(),
      bob.identity.exposeSeed(),
      bob.prekey.expose(),
      bytes(0x21),
      bytes(0x60),
      bytes(0x40),
    ];
    // However bytes are listed, on one line or many, with their indices or without: only the numbers and commas are left.
    const text = holders.map(printed).join("\n").replace(/"\d+":|\s/g, "");
    const listed = (one: Uint8Array): string[] => [encodeHex(one.subarray(0, 6)), one.subarray(0, 6).join(",")];
    expect(listed(bob.identity.public.toBytes()).some((form) => text.includes(form))).toBe(true);
    expect(listed(group.created.info).some((form) => text.includes(form))).toBe(true);
    for (const form of secrets.flatMap(listed)) {
      expect(text).not.toContain(form);
    }
  });

  it("are gone once wiped", () => {
    const secret = GroupSecret.fromBytes(bytes(7));
    const held = borrow(secret);
    secret.wipe();
    expect(held).toEqual(bytes(0));
    expect(() => secret.expose()).toThrow("wiped");
    const identity = Identity.fromSeed(bytes(7));
    identity.wipe();
    expect(() => identity.exposeSeed()).toThrow("wiped");
    expect(() => identity.signLogin("https://chat.example.org", "alice", bytes(1))).toThrow("wiped");
  });

  it("are kept as copies, and given out as copies", () => {
    const mine = bytes(7);
    const secret = StorageKey.fromBytes(mine);
    mine.fill(0);
    secret.expose().fill(0);
    expect(secret.expose()).toEqual(bytes(7));
  });

  it("C-204: are wiped after one group, and serve no second", async () => {
    const random = randomFor(2);
    const [alice, bob] = [person("alice", 1), person("bob", 2)];
    const bundle = {
      username: "bob",
      ik: bob.identity.public.toBytes(),
      spk: bob.prekey.spk.toBytes(),
      sig: bob.identity.signSpk(bob.prekey.spk),
    };
    await crypto.createGroup(alice.identity, "alice", 1n, [bundle], crypto.NO_PINS, random);
    await expect(crypto.createGroup(alice.identity, "alice", 1n, [bundle], crypto.NO_PINS, random)).rejects.toThrow("used");
  });

  it("compare by their bytes", () => {
    const other = bytes(1);
    other[31] = 0;
    expect(GroupSecret.fromBytes(bytes(1)).equals(GroupSecret.fromBytes(bytes(1)))).toBe(true);
    expect(GroupSecret.fromBytes(bytes(1)).equals(GroupSecret.fromBytes(other))).toBe(false);
  });

  it("and tags are compared in constant time: no line compares them in another way", () => {
    for (const [file, comparison] of [
      ["envelope.ts", "if (!equal(mc, envelope.mc)) {"],
      ["storage.ts", "if (!equal(mc, given)) {"],
      ["group-context.ts", "if (!equal(confirmTag(secret, info.group.giHash), info.confirm)) {"],
    ] as const) {
      expect(source(file)).toContain(comparison);
    }
    // The one comparison looks at every byte before it answers.
    expect(source("bytes.ts")).toMatch(/difference \|= [^;]+;\n {2}\}\n {2}return difference === 0;/);
  });

  it("need 32 bytes", () => {
    for (const length of [0, 31, 33]) {
      expect(() => StorageKey.fromBytes(bytes(1, length))).toThrow(RangeError);
      expect(() => Identity.fromSeed(bytes(1, length))).toThrow(RangeError);
    }
  });
});

describe("C-109: what the package gives", () => {
  it("is just this: no raw signing, no Diffie-Hellman, no inner step", () => {
    expect(Object.keys(crypto).sort()).toEqual(
      [
        ...["Envelope", "GroupContext", "GroupInfo", "GroupRandom", "GroupSecret", "Identity", "Prekey", "RecoverySecret", "Refusal"],
        ...["Replay", "Spk", "StorageKey", "MAX_BODY", "MAX_MEMBERS", "MAX_NAME", "MAX_REV_STEP", "MIN_ENVELOPE", "MIN_MEMBERS"],
        ...["NO_PINS", "OLD_PREKEY", "OVERHEAD", "REFUSALS", "callTarget", "checkBundle", "checkName", "checkPin", "createGroup"],
        ...["decodeHex", "decodeIk", "decodeX", "encodeHex", "fingerprint", "groupCode", "isOldPrekey", "makeReport", "msgRef"],
        ...["openEnvelope", "openReport", "openStorage", "parseInvitation", "parseSignedInfo", "readName", "receiveGroup"],
        ...["safetyNumber", "sealEnvelope", "sealStorage", "sealedLength", "splitName", "toName", "verifyLogin"],
      ].sort(),
    );
  });

  it("signs by what it has laid out: an identity has no other method", () => {
    const methods = Object.getOwnPropertyNames(Identity.prototype).sort();
    expect(methods).toEqual(["constructor", "exposeSeed", "signEnvelope", "signGroup", "signLogin", "signSpk", "wipe"]);
    for (const type of [RecoverySecret, StorageKey, GroupSecret, Prekey]) {
      expect(Object.getOwnPropertyNames(Object.getPrototypeOf(type.prototype)).sort()).toEqual(["constructor", "expose", "wipe"]);
    }
  });

  it("C-403: answers no challenge of another length", () => {
    const identity = Identity.fromSeed(bytes(1));
    for (const length of [0, 31, 33, 50, 64]) {
      expect(() => identity.signLogin("https://chat.example.org", "alice", bytes(1, length))).toThrow(refusal("E_CHALLENGE"));
    }
  });
});

describe("where it runs", () => {
  const files = readdirSync(SRC).filter((file) => file.endsWith(".ts"));

  it("imports nothing of Node, and of others only what it names", () => {
    const others = new Set<string>();
    for (const file of files) {
      for (const [, from = ""] of source(file).matchAll(/from "([^"]+)"/g)) {
        if (!from.startsWith("./") && from !== "../platform/platform.js") others.add(from);
      }
    }
    expect([...others].sort()).toEqual([
      "@noble/curves/ed25519.js",
      "@noble/curves/utils.js",
      "@noble/hashes/hmac.js",
      "@noble/hashes/sha2.js",
      "@noble/hashes/utils.js",
      "@scure/bip39",
      "@scure/bip39/wordlists/english.js",
    ]);
  });

  it("runs without Node, browser and WebCrypto: a page's bare language and its texts are enough", async () => {
    const { outputFiles } = await build({
      stdin: { contents: `export * from "./index.ts";`, resolveDir: SRC, loader: "ts" },
      bundle: true,
      format: "iife",
      globalName: "sotto",
      platform: "neutral",
      target: "es2022",
      write: false,
    });
    const text = outputFiles[0]?.text ?? "";
    const script = `${text}
      const secret = sotto.RecoverySecret.fromBytes(new Uint8Array(32).fill(1));
      const signature = secret.identity().signLogin("https://chat.example.org", "alice", new Uint8Array(32).fill(0x61));
      [typeof crypto, typeof process, typeof window, sotto.encodeHex(signature).slice(0, 16), secret.words().split(" ").length].join()`;
    const result: unknown = runInNewContext(script, { TextEncoder, TextDecoder });
    expect(result).toBe("undefined,undefined,undefined,7ab7e57cddc7adfa,24");
  });
});
