/** The key chain: what is wrapped opens again, and for nobody else. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Account, exportSeeds } from "./account.js";
import { encodeHex } from "./crypto/index.js";
import { Keychain } from "./keychain.js";

// The derivation itself is tested below; everywhere else a second per passphrase would only be waited for.
const cheap = vi.hoisted(() => ({ on: true, asked: [] as unknown[] }));
vi.mock("@noble/hashes/argon2.js", async (original) => {
  const real = await original<typeof import("@noble/hashes/argon2.js")>();
  const argon2idAsync: typeof real.argon2idAsync = (password, salt, options) => {
    cheap.asked.push(options);
    return real.argon2idAsync(password, salt, cheap.on ? { ...options, m: 8, t: 1 } : options);
  };
  return { ...real, argon2idAsync };
});

const SERVER = "https://chat.example.org";

let count = 0;
let name: string;
let keychain: Keychain;
beforeEach(async () => {
  name = `keychain-${String((count += 1))}`;
  keychain = await Keychain.open(name);
  cheap.on = true;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Everything in the key chain's database, as it lies. */
async function raw(change?: (record: Record<string, unknown>, store: IDBObjectStore) => void): Promise<Record<string, unknown>[]> {
  const opening = indexedDB.open(`${name}/keys`);
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const transaction = opening.result.transaction("accounts", "readwrite");
  const store = transaction.objectStore("accounts");
  const asked = store.getAll() as IDBRequest<Record<string, unknown>[]>;
  await new Promise((resolve) => (asked.onsuccess = resolve));
  for (const record of asked.result) change?.(record, store);
  const done = new Promise((resolve) => (transaction.oncomplete = resolve));
  await done;
  opening.result.close();
  return asked.result;
}

describe.each([undefined, "correct horse battery staple"])("with passphrase %j", (passphrase) => {
  it("keeps an account and gives it back, in another session, too", async () => {
    const { account } = Account.create("alice");
    await keychain.save(`${SERVER}:443/`, account, passphrase);
    const protection = passphrase === undefined ? "device" : "passphrase";
    expect(await keychain.list()).toEqual([{ username: "alice", server: SERVER, protection }]);
    const again = await (await Keychain.open(name)).load("wss://CHAT.example.org", "alice", passphrase);
    expect(again.publicKey).toBe(account.publicKey);
    expect(exportSeeds(again)).toEqual(exportSeeds(account));
  });

  it("C-116: neither seed lies there in the clear, and the key cannot be taken out", async () => {
    const { account } = Account.create("alice");
    await keychain.save(SERVER, account, passphrase);
    const [record] = await raw();
    const by = record?.["by"] as Record<string, unknown>;
    const lying = encodeHex(record?.["sealed"] as Uint8Array);
    const seeds = encodeHex(exportSeeds(account));
    expect(lying).toHaveLength(2 * (64 + 16));
    for (let at = 0; at < seeds.length; at += 16) expect(lying).not.toContain(seeds.slice(at, at + 16));
    if (passphrase === undefined) {
      const key = by["key"] as CryptoKey;
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
    } else {
      expect(Object.keys(by).sort()).toEqual(["m", "p", "salt", "t"]);
      expect(by).toMatchObject({ m: 65_536, t: 3, p: 1 });
    }
  });

  it.each(["username", "server"])("a record moved to another %s does not open", async (field) => {
    await keychain.save(SERVER, Account.create("alice").account, passphrase);
    await keychain.save("https://other.example.org", Account.create("bob").account, passphrase);
    const [server, username] = field === "username" ? [SERVER, "bob"] : ["https://other.example.org", "alice"];
    await raw((record, store) => {
      if (record["username"] === "alice") store.put({ ...record, server, username }, [server, username]);
    });
    const kind = passphrase === undefined ? "storage" : "invalid";
    await expect(keychain.load(server, username, passphrase)).rejects.toMatchObject({ kind });
  });

  it("forgets the account and its store", async () => {
    await keychain.save(SERVER, Account.create("alice").account, passphrase);
    await keychain.save(SERVER, Account.create("bob").account, passphrase);
    const [alice, bob] = [keychain.store(SERVER, "alice"), keychain.store(`${SERVER}/`, "bob")];
    await alice.update("a", () => Uint8Array.of(1));
    await bob.update("a", () => Uint8Array.of(2));
    await keychain.remove(SERVER, "alice");
    expect(await keychain.list()).toMatchObject([{ username: "bob" }]);
    await expect(keychain.load(SERVER, "alice", passphrase)).rejects.toMatchObject({ kind: "invalid" });
    expect(await alice.keys("")).toEqual([]);
    expect(await keychain.store(SERVER, "bob").read("a")).toEqual(Uint8Array.of(2));
  });
});

it("tells a wrong passphrase from a missing one and an empty one", async () => {
  await keychain.save(SERVER, Account.create("alice").account, "right");
  const load = (passphrase?: string): Promise<Account> => keychain.load(SERVER, "alice", passphrase);
  await expect(load("wrong")).rejects.toMatchObject({ kind: "invalid", message: "That is not the passphrase." });
  await expect(load()).rejects.toMatchObject({ kind: "invalid", message: "This account is locked by a passphrase." });
  await expect(load("")).rejects.toMatchObject({ kind: "invalid", message: "A passphrase must not be empty." });
  await expect(keychain.save(SERVER, Account.create("alice").account, "")).rejects.toMatchObject({ kind: "invalid" });
});

it("takes a passphrase as the same however it was typed (NFKC)", async () => {
  const { account } = Account.create("alice");
  await keychain.save(SERVER, account, "Ångström ﬁ");
  expect((await keychain.load(SERVER, "alice", "A\u030angstro\u0308m fi")).publicKey).toBe(account.publicKey);
});

it("saving again changes the protection", async () => {
  const { account } = Account.create("alice");
  await keychain.save(SERVER, account);
  await keychain.save(SERVER, account, "pass");
  await expect(keychain.load(SERVER, "alice")).rejects.toMatchObject({ kind: "invalid" });
  expect(await keychain.list()).toEqual([{ username: "alice", server: SERVER, protection: "passphrase" }]);
  await keychain.save(SERVER, account);
  expect((await keychain.load(SERVER, "alice")).publicKey).toBe(account.publicKey);
  const records = await raw();
  expect(records).toHaveLength(1);
});

it("derives by argon2id with 64 MiB in 3 passes, in slices that leave room for the page", async () => {
  cheap.on = false;
  cheap.asked.length = 0;
  const { account } = Account.create("alice");
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  await keychain.save(SERVER, account, "pass");
  clearInterval(timer);
  expect(cheap.asked).toEqual([{ m: 65_536, t: 3, p: 1, dkLen: 32, asyncTick: 8 }]);
  expect(turns).toBeGreaterThan(3);
  expect((await keychain.load(SERVER, "alice", "pass")).publicKey).toBe(account.publicKey);
}, 60_000);

it.each([
  ["a newer form", { v: 2 }],
  ["nothing wrapped", { sealed: undefined }],
  ["memory without end", { by: { m: 2 ** 30, t: 3, p: 1, salt: new Uint8Array(16) } }],
])("a record that is none (%s) is told as such", async (_what, wrong) => {
  await keychain.save(SERVER, Account.create("alice").account, "pass");
  await raw((record, store) => store.put({ ...record, ...wrong }, [SERVER, "alice"]));
  await expect(keychain.load(SERVER, "alice", "pass")).rejects.toMatchObject({ kind: "storage" });
});

it("opens nowhere without a secure context or IndexedDB, and says so", async () => {
  vi.stubGlobal("indexedDB", null);
  await expect(Keychain.open()).rejects.toMatchObject({ kind: "invalid" });
  vi.unstubAllGlobals();
  vi.stubGlobal("crypto", {});
  await expect(Keychain.open()).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("open this over HTTPS") });
});

it("a browser that denies storage is told as such", async () => {
  vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("The user denied permission.", "SecurityError");
  });
  await expect(Keychain.open("denied")).rejects.toMatchObject({ kind: "storage" });
});
