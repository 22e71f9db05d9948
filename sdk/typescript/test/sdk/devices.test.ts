/** Several devices, several tabs, and words on paper. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MemoryStore, Sotto, SottoError } from "../../src/index.js";
import { Proxy } from "../proxy.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, device, Ear, member, textOf } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

test("C-504 C-505: two devices that create DMs at once lose no key", async () => {
  const one = await member(server.url, "ann");
  const { sotto: two } = await device(server.url, one.account);
  await two.ready();
  const friends = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => member(server.url, `friend${String(n)}`)));
  for (const friend of friends) await befriend(one, friend);
  await Promise.all(friends.map((friend, n) => (n % 2 === 0 ? one.sotto : two).createDm([friend.sotto.username])));
  const { sotto: third } = await device(server.url, one.account);
  await third.ready();
  const dms = await third.dms();
  expect(dms.map(({ locked }) => locked)).toEqual(friends.map(() => null));
  for (const dm of dms) await third.send(dm.id, "from the third device");
  expect((await one.sotto.dms()).map(({ locked }) => locked)).toEqual(friends.map(() => null));
});

test("C-106: words open the account and its history on a second device; E_WORDS and a wrong account are told", async () => {
  const ben = await member(server.url, "ben");
  const cleo = await member(server.url, "cleo");
  await befriend(ben, cleo);
  const { id: dm } = await ben.sotto.createDm(["cleo"], "Two");
  for (const text of ["one", "two"]) await ben.sotto.send(dm, text);
  const { sotto, account } = await Sotto.recover(server.url, "ben", `  ${ben.words.toUpperCase()}\n`, { store: new MemoryStore() });
  expect(account.publicKey).toBe(ben.account.publicKey);
  const seen: string[] = [];
  for await (const message of sotto.history(dm)) seen.push(textOf(message));
  expect(seen).toEqual(["two", "one"]);
  expect(await sotto.dms()).toMatchObject([{ id: dm, locked: null, name: { ok: true, value: "Two" } }]);
  const ear = new Ear(sotto);
  await cleo.sotto.send(dm, "to both");
  expect(await ear.textsUntil("to both")).toEqual(["to both"]);
  await ben.ear.textsUntil("to both");
  // What one device does, the other is told.
  await sotto.leave(dm);
  await ben.ear.next("dmGone", ({ dm: gone }) => gone === dm);
  expect(await ben.sotto.dms()).toEqual([]);
  await sotto.close();

  const options = { store: new MemoryStore() };
  const wrong = Sotto.recover(server.url, "ben", "abandon ".repeat(24), options);
  await expect(wrong).rejects.toMatchObject({ kind: "security", code: "E_WORDS" });
  await expect(Sotto.recover(server.url, "cleo", ben.words, options)).rejects.toMatchObject({ kind: "refused", code: "wrong_response" });
  await expect(Sotto.recover(server.url, "nobody", ben.words, options)).rejects.toMatchObject({ kind: "refused", code: "no_such_user" });
});

test("two tabs share a store: both are told, one keeps the cursors, and the other takes over", async () => {
  const dan = await member(server.url, "dan");
  const eve = await member(server.url, "eve");
  await befriend(dan, eve);
  const tab = await device(server.url, eve.account, eve.store);
  await tab.ear.next("connected");
  const { id: dm } = await dan.sotto.createDm(["eve"]);
  await eve.ear.next("invited");
  await tab.ear.next("invited");
  for (const text of ["1", "2"]) await dan.sotto.send(dm, text);
  expect(await eve.ear.textsUntil("2")).toEqual(["1", "2"]);
  expect(await tab.ear.textsUntil("2")).toEqual(["1", "2"]);
  await eve.sotto.close();
  await dan.sotto.send(dm, "3");
  expect(await tab.ear.textsUntil("3")).toEqual(["3"]);
  await tab.sotto.close();
  await dan.sotto.send(dm, "4");
  const later = await device(server.url, eve.account, eve.store);
  expect(await later.ear.textsUntil("4"), "the tab that was left had kept its place").toEqual(["4"]);
});

test("C-507: an own_storage that goes back is E_ROLLBACK, and the session ends", async () => {
  const store = new MemoryStore();
  const fay = await member(server.url, "fay", { store });
  await fay.sotto.close();
  const version = new TextEncoder().encode(JSON.stringify({ version: "99" }));
  await store.update("own-storage", () => version);
  const { sotto, ear } = await device(server.url, fay.account, store);
  await expect(sotto.ready()).rejects.toMatchObject({ kind: "security", code: "E_ROLLBACK" });
  const { error } = await ear.next("ended");
  expect(error).toBeInstanceOf(SottoError);
  expect([error.code, sotto.state]).toEqual(["E_ROLLBACK", "ended"]);
  await expect(sotto.friends()).rejects.toMatchObject({ code: "E_ROLLBACK" });
});

test("a lost answer neither loses nor doubles a DM or a message", async () => {
  const gus = await member(server.url, "gus");
  const proxy = await Proxy.start(server.url);
  try {
    const hal = await member(proxy.url, "hal");
    await befriend(hal, gus);
    const lose = (sign: RegExp): void => {
      let lost = false;
      // Text frames of the server are not masked: acks can be told by their beginning.
      proxy.cutAt = (text) => !lost && sign.test(text) && (lost = true);
    };
    // The ack of create_dm is the first that answers a number alone.
    lose(/43\d+\[\{"success":true,"result":\d+\}\]/);
    const dm = await hal.sotto.createDm(["gus"]);
    expect(dm.locked).toBeNull();
    await gus.ear.next("invited");
    expect((await gus.sotto.dms()).map(({ id }) => id)).toEqual([dm.id]);
    lose(/43\d+\[\{"success":true,"result":true\}\]/);
    expect((await hal.sotto.send(dm.id, "once")).queued).toBe(false);
    proxy.cutAt = () => false;
    await hal.sotto.send(dm.id, "twice");
    expect(await gus.ear.textsUntil("twice")).toEqual(["once", "twice"]);
    expect((await gus.sotto.messages(dm.id)).map((message) => message.missingBefore)).toEqual([0, 0]);
    expect(await hal.store.keys("outbox-")).toEqual([]);
    await until("hal is back", () => hal.sotto.state === "online");
  } finally {
    await closeAll();
    await proxy.stop();
  }
});
