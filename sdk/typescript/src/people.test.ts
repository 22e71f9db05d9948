/** Friends, blocks, profiles, pins and safety numbers, with a real server. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { TestServer } from "../test/server.js";
import { Account } from "./account.js";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";
import { Groups } from "./groups.js";
import { dial, Link } from "./link.js";
import * as people from "./people.js";
import { webPlatform } from "./platform/web.js";
import type { User } from "./protocol.js";
import { register } from "./register.js";
import { Replays } from "./replays.js";
import { MemoryStore } from "./store/memory.js";
import { TRANSPORT_DEFAULTS } from "./transport.js";
import { Vault } from "./vault.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 60_000);
afterAll(() => server.stop());

const links: Link[] = [];
afterEach(() => {
  for (const link of links.splice(0)) link.end(new SottoError("disconnected", "Closed."));
});

/** A device of an account that is logged in. `seen`: changes what the server says of users. */
async function device(account: Account, seen: (user: User) => User = (user) => user): Promise<people.PeopleParts> {
  const platform = webPlatform();
  const link = new Link(5000);
  links.push(link);
  link.online(await dial(parseServer(server.url), account, TRANSPORT_DEFAULTS));
  const store = new MemoryStore();
  const vault = new Vault(account, store, platform);
  await vault.refresh(link);
  const groups = new Groups({ account, platform, vault, replays: new Replays(store, platform) });
  const fetchUser = groups.fetchUser.bind(groups);
  groups.fetchUser = async (caller, username) => seen(await fetchUser(caller, username));
  return { account, platform, vault, groups, caller: link, compared: new Map() };
}

let count = 0;
async function newcomer(name: string): Promise<people.PeopleParts> {
  const { account } = Account.create(`${name}-${String((count += 1))}`);
  await register(parseServer(server.url), account, webPlatform(), TRANSPORT_DEFAULTS);
  return device(account);
}

async function befriend(a: people.PeopleParts, b: people.PeopleParts): Promise<void> {
  await people.addFriend(a, b.account.username);
  await people.answerFriend(b, a.account.username, true);
}

describe("people", () => {
  it("R-212, R-213: one's own profile, and how full the storage is", async () => {
    const alice = await newcomer("alice");
    const change = { biography: "Sotto voce.", status: "away", profilePicture: "data:,", invites: "friends", own_storage: "x" } as const;
    await people.setProfile(alice, change);
    const me = await people.me(alice);
    expect(me).toMatchObject({ biography: "Sotto voce.", status: "away", profile_picture: "data:,", invites: "friends" });
    expect(me.own_storage).not.toBe("x");
    const { bytes, percent } = await people.storageUse(alice);
    expect(bytes).toBe((await people.me(alice)).own_storage.length);
    expect(percent).toBe(0);
    await expect(people.setProfile(alice, { status: "x".repeat(65) })).rejects.toMatchObject({ code: "too_large" });
  });

  it("R-501 to R-511: asks, answers, ends, blocks; accepting pins the key", async () => {
    const [alice, bob] = [await newcomer("alice"), await newcomer("bob")];
    const [a, b] = [alice.account.username, bob.account.username];
    await people.addFriend(alice, b);
    expect(await people.outgoingRequests(alice)).toEqual([b]);
    expect(await people.friendRequests(bob)).toEqual([a]);
    expect((await people.person(bob, a)).key).toEqual({ state: "unknown" });
    await people.answerFriend(bob, a, true);
    expect((await people.person(bob, a)).key).toEqual({ state: "pinned", verified: false });
    expect([await people.friends(alice), await people.friends(bob)]).toEqual([[b], [a]]);
    await people.unfriend(alice, b);
    expect(await people.friends(bob)).toEqual([]);
    await people.block(alice, b);
    await people.block(alice, b);
    expect(await people.blocked(alice)).toEqual([b]);
    await expect(people.addFriend(bob, a)).rejects.toMatchObject({ code: "cannot_friend" });
    await people.unblock(alice, b);
    expect(await people.blocked(alice)).toEqual([]);
    await people.addFriend(bob, a);
    await people.answerFriend(alice, b, false);
    expect(await people.friends(alice)).toEqual([]);
    expect((await people.person(alice, b)).key).toEqual({ state: "unknown" });
    await expect(people.answerFriend(alice, b, true)).rejects.toMatchObject({ code: "no_request" });
  });

  it("R-207, R-217: finds people by the beginning of a name, page by page", async () => {
    const alice = await newcomer("finder");
    const names = [alice.account.username, (await newcomer("finder")).account.username].sort();
    const found = await people.people(alice, { prefix: "FINDER-", limit: 1 });
    expect(found.map((user) => user.username)).toEqual([names[0]]);
    const rest = await people.people(alice, { prefix: "finder-", after: names[0] ?? "" });
    expect(rest.map((user) => user.username)).toEqual([names[1]]);
    expect((await people.people(alice)).length).toBeGreaterThan(1);
    expect(await people.usernameExists(alice, names[0]?.toUpperCase() ?? "")).toBe(true);
    await expect(people.person(alice, "nobody at all")).rejects.toMatchObject({ code: "no_such_user" });
  });

  it("C-407: both see the same safety number; comparing it marks the key, on all devices", async () => {
    const [alice, bob] = [await newcomer("alice"), await newcomer("bob")];
    await befriend(alice, bob);
    const number = await people.safetyNumber(alice, bob.account.username);
    expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await people.safetyNumber(bob, alice.account.username)).toBe(number);
    expect(await people.safetyNumber(bob, (await newcomer("carol")).account.username)).not.toBe(number);
    await people.verify(alice, bob.account.username);
    expect((await people.person(alice, bob.account.username)).key).toEqual({ state: "pinned", verified: true });
    const second = await device(alice.account);
    expect((await people.person(second, bob.account.username)).key).toEqual({ state: "pinned", verified: true });
    await expect(people.verify(alice, alice.account.username)).rejects.toMatchObject({ kind: "security", code: "E_NAME" });
    await expect(people.trust(alice, alice.account.username)).rejects.toMatchObject({ kind: "security", code: "E_NAME" });
  });

  it("C-404, C-918: another key than the pinned one stops everything until the user decides", async () => {
    const [alice, bob] = [await newcomer("alice"), await newcomer("bob")];
    const [a, b] = [alice.account.username, bob.account.username];
    await befriend(bob, alice);
    const other = Account.create(b).account.publicKey;
    const fooled = await device(alice.account, (user) => (user.username === b ? { ...user, public_key: other } : user));
    const pinned = bob.account.publicKey;
    expect((await people.person(fooled, b)).key).toEqual({ state: "changed", pinned, seen: other });
    const changed = { kind: "security", code: "E_KEY_CHANGED" };
    await expect(people.safetyNumber(fooled, b)).rejects.toMatchObject(changed);
    await expect(people.verify(fooled, b)).rejects.toMatchObject(changed);
    await expect(people.pinFriend(fooled, b)).rejects.toMatchObject(changed);
    await people.unfriend(fooled, b);
    await people.addFriend(bob, a);
    await expect(people.answerFriend(fooled, b, true)).rejects.toMatchObject(changed);
    expect(await people.friendRequests(fooled)).toEqual([b]);
    expect(await people.trust(fooled, b)).toEqual([]);
    expect((await people.person(fooled, b)).key).toEqual({ state: "pinned", verified: false });
    await people.verify(fooled, b);
    expect((await people.person(fooled, b)).key).toEqual({ state: "pinned", verified: true });
    // The first device learns of it with own_storage, and now refuses the real one.
    await alice.vault.refresh(alice.caller);
    expect((await people.person(alice, b)).key).toEqual({ state: "changed", pinned: other, seen: pinned });
  });

  it.each(["", "00", "zz".repeat(32), "ff".repeat(32), "00".repeat(32)])("C-113, C-903: %j is no key to be trusted", async (public_key) => {
    const [alice, bob] = [await newcomer("alice"), await newcomer("bob")];
    const fooled = await device(alice.account, (user) => ({ ...user, public_key }));
    for (const work of [people.trust, people.verify, people.safetyNumber]) {
      await expect(work(fooled, bob.account.username)).rejects.toMatchObject({ kind: "security", code: "E_IK" });
    }
  });

  it("R-202: of someone without a prekey nothing is pinned, and a pin still holds", async () => {
    const [alice, bob] = [await newcomer("alice"), await newcomer("bob")];
    const without = await device(alice.account, (user) => ({ ...user, spk: null, sig: null }));
    await people.pinFriend(without, bob.account.username);
    expect((await people.person(without, bob.account.username)).key).toEqual({ state: "unknown" });
    await people.trust(without, bob.account.username);
    await people.pinFriend(without, bob.account.username);
    const other = Account.create("x").account.publicKey;
    const fooled = await device(alice.account, (user) => ({ ...user, spk: null, sig: null, public_key: other }));
    await expect(people.pinFriend(fooled, bob.account.username)).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  });
});

it("digits for people stand in fives", () => {
  expect(people.inFives("1234567890")).toBe("12345 67890");
  expect(people.inFives("")).toBe("");
});
