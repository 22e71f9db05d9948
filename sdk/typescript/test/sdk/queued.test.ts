/** What waits for the connection: listed, opened, told of once where it is given up, and gone when it is sent. */

import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, expect, test } from "vitest";
import { IndexedDbStore, MemoryStore, type Sotto, type Store } from "../../src/index.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, device, type Ear, type Member, member, referenceOf, textOf } from "./people.js";

const OPTIONS = { requestTimeoutMs: 300 };

let server: TestServer;
afterEach(async () => {
  await closeAll();
  await server.stop();
});

/** Friends with a DM, and alice's device closed. */
async function pair(store: Store = new MemoryStore()): Promise<[Member, Member, number]> {
  server = await TestServer.start();
  const [alice, bob] = [await member(server.url, "alice", { store }), await member(server.url, "bob")];
  await befriend(alice, bob);
  const { id } = await alice.sotto.createDm(["bob"]);
  await alice.sotto.close();
  return [alice, bob, id];
}

/** Bob ends the friendship while alice is away; then nobody reaches the server. */
async function unfriend(bob: Member): Promise<void> {
  await bob.sotto.unfriend("alice");
  await server.down();
}

/** Alice's device without the network. */
function offline(alice: Member): Promise<{ sotto: Sotto; ear: Ear }> {
  return device(server.url, alice.account, alice.store, OPTIONS);
}

function told(ear: Ear, event: string): number {
  return ear.told.filter((one) => one.event === event).length;
}

test("R-403: what waits is listed by who reads it alone, survives a restart, goes out once and is gone", async () => {
  const [alice, bob, dm] = await pair();
  await server.down();
  const before = await offline(alice);
  const first = await before.sotto.send(dm, "first of all");
  const at = new Date(Date.now() + 86_400_000);
  const options = { replyTo: first.reference, at, deleteAfter: 60 };
  const second = await before.sotto.send(dm, "much later", options);
  const waiting = [
    { dm, reference: first.reference, text: { ok: true, value: "first of all" }, replyTo: null, due: null, deleteAfter: null },
    {
      ...{ dm, reference: second.reference, text: { ok: true, value: "much later" }, replyTo: first.reference },
      ...{ due: at.toISOString().replace("Z", "000"), deleteAfter: 60 },
    },
  ];
  expect(await before.sotto.queued(dm)).toMatchObject(waiting);
  await before.sotto.close();

  const { sotto, ear } = await offline(alice);
  const listed = await sotto.queued(dm);
  expect(listed).toMatchObject(waiting);
  expect(listed[0]?.writtenMs).toBeGreaterThan(Date.now() - 600_000);
  expect(listed[0]?.writtenMs).toBeLessThanOrEqual(Date.now());
  expect(await sotto.queued(dm + 1)).toEqual([]);
  const store = alice.store as MemoryStore;
  const bytes = await Promise.all((await store.keys("")).map(async (key) => new TextDecoder("latin1").decode(await store.read(key))));
  expect(bytes.join()).not.toMatch(/first of all|much later/);

  await server.up();
  const { message } = await ear.next("messageNew");
  expect([referenceOf(message), textOf(message)]).toEqual([first.reference, "first of all"]);
  expect(await sotto.queued(dm)).toEqual([]);
  expect((await sotto.scheduled(dm)).map(({ text }) => text)).toEqual([{ ok: true, value: "much later" }]);
  await bob.ear.textsUntil("first of all");
  expect((await bob.sotto.messages(dm)).map(textOf)).toEqual(["first of all"]);
  expect([told(ear, "sendFailed"), told(ear, "warning")]).toEqual([0, 0]);
});

test("R-318: what is refused on return is told once, with what it said, scheduled or not, and waits no more", async () => {
  const [alice, bob, dm] = await pair();
  await server.down();
  const { sotto, ear } = await offline(alice);
  const now = await sotto.send(dm, "are we still friends?");
  const later = await sotto.send(dm, "and tomorrow?", { inSeconds: 86_400 });
  expect([now.queued, later.queued]).toEqual([true, true]);
  await sotto.close();
  await server.up();
  await bob.ear.next("connected");
  await unfriend(bob);

  const back = await offline(alice);
  const listed = await back.sotto.queued(dm);
  await server.up();
  const failed = [await back.ear.next("sendFailed"), await back.ear.next("sendFailed")];
  expect(failed).toMatchObject([
    { dm, reference: now.reference, error: { kind: "refused", code: "not_friends" } },
    { dm, reference: later.reference, error: { kind: "refused", code: "not_friends" } },
  ]);
  expect(failed.map(({ queued }) => queued)).toEqual(listed);
  await back.sotto.ready();
  expect(await back.sotto.queued(dm)).toEqual([]);
  expect(await alice.store.keys("outbox-")).toEqual([]);
  // A further connection has nothing left to tell.
  await server.down();
  await server.up();
  await back.ear.next("connected");
  expect([told(back.ear, "sendFailed"), told(back.ear, "warning"), told(ear, "sendFailed")]).toEqual([2, 0, 0]);
});

const TABS: [string, () => Store[]][] = [
  ["in memory", () => [new MemoryStore()]],
  ["in IndexedDB", () => [new IndexedDbStore("sotto/tabs"), new IndexedDbStore("sotto/tabs")]],
];
test.each(TABS)("two tabs that show what waits are both told that it failed, once each: %s", async (_where, stores) => {
  globalThis.indexedDB = new IDBFactory();
  const [one, two] = stores();
  const [alice, bob, dm] = await pair(one);
  await unfriend(bob);
  const first = await offline(alice);
  const { reference } = await first.sotto.send(dm, "seen in both");
  const second = await device(server.url, alice.account, two ?? one, OPTIONS);
  expect(await second.sotto.queued(dm)).toMatchObject([{ reference }]);
  await server.up();
  for (const { ear, sotto } of [first, second]) {
    const failed = await ear.next("sendFailed");
    expect(failed).toMatchObject({ dm, reference, error: { code: "not_friends" }, queued: { text: { ok: true, value: "seen in both" } } });
    await sotto.ready();
    expect(await sotto.queued(dm)).toEqual([]);
  }
  await server.down();
  await server.up();
  for (const { ear } of [first, second]) {
    await ear.next("connected");
    expect(told(ear, "sendFailed")).toBe(1);
  }
});

test("a send whose caller still waits is refused to that caller alone", async () => {
  const [alice, bob, dm] = await pair();
  await unfriend(bob);
  const { sotto, ear } = await device(server.url, alice.account, alice.store, { requestTimeoutMs: 20_000 });
  const sending = sotto.send(dm, "waiting for an answer");
  sending.catch(() => undefined);
  await until("it is kept", async () => (await alice.store.keys("outbox-")).length > 0);
  await server.up();
  await expect(sending).rejects.toMatchObject({ code: "not_friends" });
  await ear.next("connected");
  expect(told(ear, "sendFailed")).toBe(0);
  expect(await alice.store.keys("outbox-")).toEqual([]);
});

test("wiping forgets what waits", async () => {
  const [alice, , dm] = await pair();
  await server.down();
  const { sotto } = await offline(alice);
  await sotto.send(dm, "never to be sent");
  expect(await sotto.queued(dm)).toHaveLength(1);
  await sotto.wipe();
  expect(await alice.store.keys("")).toEqual([]);
  await server.up();
  const again = await device(server.url, alice.account, alice.store);
  await again.sotto.ready();
  expect(await again.sotto.queued(dm)).toEqual([]);
  expect(await again.sotto.messages(dm)).toEqual([]);
});
