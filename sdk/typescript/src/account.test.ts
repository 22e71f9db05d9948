/** Keys: from fresh words, back from words; and nothing secret to be seen. */

import { inspect } from "node:util";
import { expect, it } from "vitest";
import { Account, exportSeeds, identityOf, importSeeds, signLogin, storageKeyOf } from "./account.js";
import { decodeHex, encodeHex } from "./crypto/index.js";

it("C-106, C-107: words bring the same keys back, in any case and any white space", () => {
  const { account, words } = Account.create("alice");
  expect(words.split(" ")).toHaveLength(24);
  const again = Account.recover("alice", `  ${words.toUpperCase().replaceAll(" ", " \t\n")} `);
  expect(again.publicKey).toBe(account.publicKey);
  expect(storageKeyOf(again).equals(storageKeyOf(account))).toBe(true);
  expect(Account.create("alice").account.publicKey).not.toBe(account.publicKey);
});

it.each([
  ["alice", "abandon ".repeat(24), "E_WORDS"],
  ["alice", "", "E_WORDS"],
  [" a", "abandon ".repeat(24), "E_NAME"],
])("C-902, C-929: of %j and %j it makes no account", (username, words, code) => {
  expect(() => Account.recover(username, words)).toThrow(expect.objectContaining({ kind: "security", code }));
});

it("C-902: a name that can be none is refused before keys are made", () => {
  expect(() => Account.create("a\u0000")).toThrow(expect.objectContaining({ kind: "security", code: "E_NAME" }));
});

it("C-116: nothing secret is shown", () => {
  const { account, words } = Account.create("alice");
  const secrets = [identityOf(account).exposeSeed(), storageKeyOf(account).expose()];
  const shown = [
    inspect(account, { depth: 9, showHidden: true }),
    inspect({ account }, { depth: 9 }),
    JSON.stringify({ account, words: undefined }),
    String(account),
    Object.entries(account).flat().join(),
    JSON.stringify(Object.getOwnPropertyDescriptors(account)),
  ].join("\n");
  expect(shown).toContain(account.publicKey);
  for (const secret of secrets) {
    expect(shown).not.toContain(encodeHex(secret));
    expect(shown).not.toContain(Buffer.from(secret).toString("base64"));
    expect(shown).not.toContain([...secret].join());
    expect(shown).not.toContain([...secret].slice(0, 8).join(", "));
  }
  for (const word of words.split(" ")) expect(JSON.stringify({ account })).not.toMatch(new RegExp(`\\b${word}\\b`));
  expect(JSON.parse(JSON.stringify(account))).toEqual({ username: "alice", publicKey: account.publicKey });
  expect(structuredClone({ ...account })).toEqual({ username: "alice", publicKey: account.publicKey });
});

it("seeds go out and in, and what was taken in is wiped", () => {
  const { account } = Account.create("alice");
  const seeds = exportSeeds(account);
  const again = importSeeds("alice", seeds);
  expect(seeds.every((byte) => byte === 0)).toBe(true);
  expect(again.publicKey).toBe(account.publicKey);
  expect(storageKeyOf(again).equals(storageKeyOf(account))).toBe(true);
  expect(exportSeeds(again)).toEqual(exportSeeds(account));
  expect(() => importSeeds("alice", new Uint8Array(63))).toThrow(expect.objectContaining({ kind: "storage" }));
});

it("C-401, C-403: it signs challenges of 32 bytes, for one origin, and nothing else", () => {
  const { account } = Account.create("alice");
  const challenge = "ab".repeat(32);
  const signed = signLogin(account, "https://chat.example.org", challenge);
  expect(signed).toHaveLength(64);
  expect(signLogin(account, "https://other.example.org", challenge)).not.toEqual(signed);
  const direct = identityOf(account).signLogin("https://chat.example.org", "alice", decodeHex(challenge));
  expect(signed).toEqual(direct);
  for (const bad of ["", "ab".repeat(31), "ab".repeat(33), "AB".repeat(32), "zz".repeat(32), 7, null, undefined, {}]) {
    expect(() => signLogin(account, "https://chat.example.org", bad)).toThrow(
      expect.objectContaining({ kind: "security", code: "E_CHALLENGE" }),
    );
  }
});
