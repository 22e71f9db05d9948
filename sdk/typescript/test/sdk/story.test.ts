/** The whole story against a real server: two and three people, every kind of message. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestServer } from "../server.js";
import { befriend, closeAll, member, referenceOf, textOf } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

test("three people talk: every kind of message, names, codes and numbers", async () => {
  const [alice, bob, carol] = [await member(server.url, "alice"), await member(server.url, "bob"), await member(server.url, "Çarol")];
  await befriend(alice, bob);
  const dm = await alice.sotto.createDm(["bob", "Çarol"], "Plans");
  expect(dm.users).toEqual(["alice", "bob", "Çarol"]);
  expect(dm.name).toEqual({ ok: true, value: "Plans" });
  const { dm: invited } = await bob.ear.next("invited");
  expect([invited.id, invited.locked]).toEqual([dm.id, null]);

  await alice.sotto.send(dm.id, "hello");
  const { message: hello } = await bob.ear.next("messageNew");
  expect([textOf(hello), hello.sender]).toEqual(["hello", "alice"]);
  const reference = referenceOf(hello);
  await bob.sotto.send(dm.id, "hello yourself", { replyTo: reference });
  await carol.sotto.react(hello.id, "👋");
  expect(await carol.ear.textsUntil("hello yourself")).toEqual(["hello", "hello yourself"]);
  await alice.sotto.edit(hello.id, "hello all");
  await alice.sotto.pin(hello.id, true);
  const { message: edited } = await bob.ear.next("messageChanged", ({ message }) => message.pinned);
  expect(textOf(edited)).toBe("hello all");
  expect(edited.content.ok && edited.content.value).toMatchObject({ reference, revision: 1, replyTo: null });
  expect(edited.reactions.map(({ sender, text }) => [sender, text])).toEqual([["Çarol", { ok: true, value: "👋" }]]);

  const history = await carol.sotto.messages(dm.id);
  expect(history.map(textOf)).toEqual(["hello yourself", "hello all"]);
  expect(history[0]?.content.ok && history[0].content.value.replyTo).toBe(reference);
  expect((await bob.sotto.pinned(dm.id)).map(textOf)).toEqual(["hello all"]);
  expect((await bob.sotto.latest(dm.id))?.id).toBe(history[0]?.id);

  await carol.sotto.rename(dm.id, "Better plans");
  await bob.ear.next("dmChanged", ({ dm: changed }) => changed.name?.ok === true && changed.name.value === "Better plans");
  await bob.sotto.rename(dm.id, null);
  expect((await alice.sotto.dm(dm.id)).name).toBeNull();
  expect(await alice.sotto.groupCode(dm.id)).toBe(await carol.sotto.groupCode(dm.id));
  expect(await alice.sotto.groupCode(dm.id)).toMatch(/^(\d{5} ){11}\d{5}$/);
  expect(await alice.sotto.safetyNumber("bob")).toBe(await bob.sotto.safetyNumber("alice"));

  await alice.sotto.delete(hello.id);
  expect(await carol.ear.next("messageDeleted")).toEqual({ dm: dm.id, id: hello.id });
  await bob.sotto.unreact(await bob.sotto.react(history[0]?.id ?? 0, "👍"));
  await alice.ear.next("messageChanged", ({ message }) => message.id === history[0]?.id && message.reactions.length === 0);
});

test("messages go in the order of the calls, awaited or not", async () => {
  const [alice, bob] = [await member(server.url, "order-alice"), await member(server.url, "order-bob")];
  await befriend(alice, bob);
  const { id } = await alice.sotto.createDm(["order-bob"]);
  // Long and short in turns: what takes longer to seal is not overtaken.
  const texts = Array.from({ length: 60 }, (_, at) => `${String(at)} ${"x".repeat(at % 3 === 0 ? 60_000 : 1)}`);
  await Promise.all(texts.map((text) => alice.sotto.send(id, text)));
  const read: string[] = [];
  for await (const message of bob.sotto.history(id)) read.unshift(textOf(message));
  expect(read).toEqual(texts);
});
