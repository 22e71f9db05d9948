/** Scheduled messages, and messages that destroy themselves, whatever the server does. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MemoryStore } from "../../src/index.js";
import { webPlatform } from "../../src/platform/web.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, type Member, member, textOf } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

async function pair(a: string, b: string): Promise<[Member, Member, number]> {
  const [one, other] = [await member(server.url, a), await member(server.url, b)];
  await befriend(one, other);
  const { id } = await one.sotto.createDm([b]);
  return [one, other, id];
}

test("R-404 R-417 R-420: a message waits for its hour, can be seen and cancelled by its sender, and comes", async () => {
  const [alice, bob, dm] = await pair("alice", "bob");
  await alice.sotto.send(dm, "soon", { at: new Date(Date.now() + 1_500) });
  await alice.sotto.send(dm, "never", { inSeconds: 86_400 });
  await alice.sotto.send(dm, "now");
  const waiting = await alice.sotto.scheduled(dm);
  expect(waiting.map(({ text }) => text)).toEqual(["soon", "never"].map((value) => ({ ok: true, value })));
  expect(await bob.sotto.scheduled(dm)).toEqual([]);
  await alice.sotto.cancel(dm, waiting[1]?.id ?? 0);
  expect(await bob.ear.textsUntil("soon")).toEqual(["now", "soon"]);
  expect(await alice.ear.next("scheduledSent")).toEqual({ dm, id: waiting[0]?.id });
  expect(await alice.sotto.scheduled(dm)).toEqual([]);
  const wrong = [{ inSeconds: 1.5 }, { inSeconds: -1 }, { inSeconds: 31_536_001 }, { deleteAfter: 0 }, { inSeconds: 1, at: new Date() }];
  for (const options of wrong) {
    await expect(alice.sotto.send(dm, "no", options)).rejects.toMatchObject({ kind: "invalid" });
  }
});

test("R-421: a message destroys itself at the server and is gone from every answer and from the cache", async () => {
  const [cat, dog, dm] = await pair("cat", "dog");
  await cat.sotto.send(dm, "stays");
  await cat.sotto.send(dm, "brief", { deleteAfter: 1 });
  const { message } = await dog.ear.next("messageNew", ({ message: told }) => textOf(told) === "brief");
  expect(Date.parse(`${message.expires ?? ""}Z`) - Date.parse(`${message.timestamp}Z`)).toBe(1_000);
  for (const { ear, sotto } of [cat, dog]) {
    expect(await ear.next("messageDeleted")).toEqual({ dm, id: message.id });
    expect((await sotto.messages(dm)).map(textOf)).toEqual(["stays"]);
  }
});

test("C-313: a device enforces the sender's limit by its own clock where the server does not", async () => {
  const [eve, fox, dm] = await pair("eve", "fox");
  const platform = { ...webPlatform(), now: () => Date.now() + 3_600_000 };
  const store = new MemoryStore();
  const ahead = await device(server.url, fox.account, store, { platform });
  await ahead.ear.next("connected");
  await eve.sotto.send(dm, "for ten minutes", { deleteAfter: 600 });
  const { message } = await ahead.ear.next("messageNew");
  expect(textOf(message)).toBe("E_EXPIRED");
  expect(await ahead.ear.next("messageDeleted")).toEqual({ dm, id: message.id });
  const { message: there } = await fox.ear.next("messageNew");
  expect(textOf(there)).toBe("for ten minutes");
  await ahead.sotto.close();
  const kept = JSON.parse(new TextDecoder().decode(await store.read(`recent-${String(dm)}`))) as { messages: unknown[] };
  expect(kept.messages).toEqual([]);
});
