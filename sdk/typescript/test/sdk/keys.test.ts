/** Changed keys: everything that would use the new one stops, is told, and goes on once the user has decided. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parseServer } from "../../src/address.js";
import { dial } from "../../src/link.js";
import { webPlatform } from "../../src/platform/web.js";
import { register } from "../../src/register.js";
import { TRANSPORT_DEFAULTS } from "../../src/transport.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, member, textOf } from "./people.js";

let before: TestServer;
let after: TestServer;
beforeAll(async () => {
  [before, after] = await Promise.all([TestServer.start(), TestServer.start()]);
});
afterEach(closeAll);
afterAll(async () => {
  await before.stop();
  await after.stop();
});

test("C-404 C-918: another identity under a pinned name is refused everywhere, told, and taken once trusted", async () => {
  // A server that has forgotten everyone: alice brings what she keeps, and somebody else has become bob.
  const alice = await member(before.url, "alice");
  const bob = await member(before.url, "bob");
  await befriend(alice, bob);
  await alice.ear.next("friendAnswer");
  await alice.sotto.verify("bob");
  expect((await alice.sotto.person("bob")).key).toEqual({ state: "pinned", verified: true });
  const kept = (await alice.sotto.me()).own_storage;
  await closeAll();
  const server = parseServer(after.url);
  await register(server, alice.account, webPlatform(), TRANSPORT_DEFAULTS);
  const connection = await dial(server, alice.account, TRANSPORT_DEFAULTS);
  await connection.call("set_user", { own_storage: kept });
  connection.close();
  const other = await member(after.url, "bob");
  const carol = await member(after.url, "carol");

  const { sotto, ear } = await device(after.url, alice.account, alice.store);
  await ear.next("connected");
  await befriend({ ...other }, { ...alice, sotto }).catch((error: unknown) => {
    // Accepting would pin the other key: nothing is answered.
    expect(error).toMatchObject({ kind: "security", code: "E_KEY_CHANGED" });
  });
  expect(await sotto.friendRequests()).toEqual(["bob"]);
  const changed = { state: "changed", pinned: bob.account.publicKey, seen: other.account.publicKey };
  expect((await sotto.person("bob")).key).toEqual(changed);
  for (const use of [() => sotto.createDm(["bob", "carol"]), () => sotto.safetyNumber("bob"), () => sotto.verify("bob")]) {
    await expect(use()).rejects.toMatchObject({ kind: "security", code: "E_KEY_CHANGED" });
  }
  const { id: dm } = await other.sotto.createDm(["alice", "carol"], "Trap?");
  const refused = await ear.next("invitationRefused", (told) => told.dm === dm);
  expect([refused.sender, refused.error.code]).toEqual(["bob", "E_KEY_CHANGED"]);
  await other.sotto.send(dm, "it is me");
  const { message: locked } = await ear.next("messageNew");
  expect(textOf(locked)).toBe("E_KEY_CHANGED");
  expect((await sotto.dm(dm)).locked?.code).toBe("E_KEY_CHANGED");
  await other.sotto.setProfile({ biography: "the real bob" });
  expect(await ear.next("keyChanged")).toEqual({ username: "bob", pinned: bob.account.publicKey, seen: other.account.publicKey });

  await sotto.trust("bob");
  await ear.next("historyReset", (told) => told.dm === dm);
  expect((await sotto.dm(dm)).locked).toBeNull();
  expect((await sotto.messages(dm)).map(textOf)).toEqual(["it is me"]);
  expect((await sotto.person("bob")).key).toEqual({ state: "pinned", verified: false });
  await sotto.answerFriend("bob", true);
  expect(await sotto.safetyNumber("bob")).toBe(await other.sotto.safetyNumber("alice"));
  await sotto.verify("bob");
  expect((await sotto.person("bob")).key).toEqual({ state: "pinned", verified: true });
  await carol.sotto.send(dm, "all three");
  expect(await ear.textsUntil("all three")).toEqual(["all three"]);
});
