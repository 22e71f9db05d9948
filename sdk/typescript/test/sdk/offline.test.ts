/** Without the network: what is kept can be read at once, what is written waits, and nothing readable lies on the device. */

import { afterEach, expect, test } from "vitest";
import { MemoryStore, Sotto } from "../../src/index.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, device, type Member, member, textOf } from "./people.js";

let server: TestServer;
afterEach(async () => {
  await closeAll();
  await server.stop();
});

async function pair(): Promise<[Member, Member, number]> {
  server = await TestServer.start();
  const [alice, bob] = [await member(server.url, "alice"), await member(server.url, "bob")];
  await befriend(alice, bob);
  const { id } = await alice.sotto.createDm(["bob"], "Plans");
  return [alice, bob, id];
}

async function kept(store: MemoryStore): Promise<string> {
  const all = await Promise.all((await store.keys("")).map(async (key) => new TextDecoder("latin1").decode(await store.read(key))));
  return all.join("\n");
}

test("a start without the network shows DMs and the newest messages, and sends what was written when it is back", async () => {
  const [alice, bob, dm] = await pair();
  for (let n = 0; n < 230; n += 1) await bob.sotto.send(dm, `number ${String(n)}`);
  await alice.ear.textsUntil("number 229");
  const [newest] = await alice.sotto.messages(dm, { count: 1 });
  await bob.sotto.edit(newest?.id ?? 0, "number 229, edited");
  await alice.ear.next("messageChanged");
  await alice.sotto.close();
  await server.down();

  const { sotto, ear } = await device(server.url, alice.account, alice.store, { requestTimeoutMs: 300 });
  const [seen] = await sotto.dms();
  expect(seen).toMatchObject({ id: dm, name: { ok: true, value: "Plans" }, users: ["alice", "bob"], locked: null, usersInCall: [] });
  expect(await sotto.dm(dm)).toEqual(seen);
  expect(textOf((await sotto.latest(dm)) ?? expect.fail("there is a newest one"))).toBe("number 229, edited");
  const texts: string[] = [];
  const reading = (async () => {
    for await (const message of sotto.history(dm, { count: 60 })) texts.push(textOf(message));
  })();
  await expect(reading, "beyond what is kept").rejects.toMatchObject({ kind: "disconnected" });
  expect(texts).toEqual(["number 229, edited", ...Array.from({ length: 199 }, (_, n) => `number ${String(228 - n)}`)]);
  const after = (await sotto.messages(dm, { count: 3 })).at(-1)?.timestamp ?? "";
  expect((await sotto.messages(dm, { after })).map(textOf)).toEqual(["number 228", "number 229, edited"]);
  await expect(sotto.pinned(dm)).rejects.toMatchObject({ kind: "disconnected" });
  expect(["connecting", "offline"]).toContain(sotto.state);
  await ear.next("disconnected");

  const sent = await sotto.send(dm, "written on the train");
  expect(sent.queued).toBe(true);
  await server.up();
  await ear.next("connected");
  await bob.ear.next("messageNew", ({ message }) => textOf(message) === "written on the train");
  expect(await alice.store.keys("outbox-")).toEqual([]);
  const [last] = await sotto.messages(dm, { count: 1 });
  expect(last?.content.ok && last.content.value.reference).toBe(sent.reference);
});

test("what is deleted or has destroyed itself goes from the device at once, and is not shown again", async () => {
  const [alice, bob, dm] = await pair();
  await bob.sotto.send(dm, "stays");
  await bob.sotto.send(dm, "deleted");
  await bob.sotto.send(dm, "brief", { deleteAfter: 2 });
  await alice.ear.textsUntil("brief");
  const [brief, deleted] = await alice.sotto.messages(dm);
  const store = alice.store as MemoryStore;
  const recent = async (): Promise<string> => new TextDecoder().decode(await store.read(`recent-${String(dm)}`));
  await until("they are kept", async () => (await recent()).includes(`"id":${String(deleted?.id)},`));
  await bob.sotto.delete(deleted?.id ?? 0);
  await alice.ear.next("messageDeleted");
  // Not even a moment later: a tab may be gone by then.
  expect(await recent()).not.toContain(`"id":${String(deleted?.id)},`);
  expect(await recent()).toContain(`"id":${String(brief?.id)},`);
  await alice.sotto.close();
  await server.down();
  await until("its time is over", () => Date.now() > Date.parse(`${brief?.expires ?? ""}Z`));
  const { sotto } = await device(server.url, alice.account, store, { requestTimeoutMs: 300 });
  expect((await sotto.messages(dm)).map(textOf)).toEqual(["stays"]);
  expect(textOf((await sotto.latest(dm)) ?? expect.fail("there is a newest one"))).toBe("stays");
});

test("nothing readable and no key lies in the store; wiping forgets all of it", async () => {
  const [alice, bob, dm] = await pair();
  await bob.sotto.send(dm, "a secret between us");
  await alice.ear.textsUntil("a secret between us");
  await alice.sotto.react((await alice.sotto.latest(dm))?.id ?? 0, "a secret reaction");
  await alice.ear.next("messageChanged");
  await alice.sotto.close();
  const text = await kept(alice.store as MemoryStore);
  expect(text.length).toBeGreaterThan(1_000);
  for (const secret of ["secret", "Plans", Buffer.from("secret").toString("hex"), alice.words.split(" ")[0] ?? "-", '"private"']) {
    expect(text).not.toContain(secret);
  }
  const { sotto } = await device(server.url, alice.account, alice.store);
  await sotto.ready();
  await sotto.wipe();
  expect(await alice.store.keys("")).toEqual([]);
  await expect(sotto.dms()).rejects.toMatchObject({ kind: "disconnected" });
});

test("a device that has never been online waits for the network, and says so", async () => {
  const [alice] = await pair();
  await server.down();
  const { sotto } = await device(server.url, alice.account, new MemoryStore(), { requestTimeoutMs: 200 });
  await expect(sotto.dms()).rejects.toMatchObject({ kind: "disconnected" });
  await server.up();
  await sotto.ready();
  expect(await sotto.dms()).toHaveLength(1);
  await expect(Sotto.open("nonsense", alice.account, { store: new MemoryStore() })).rejects.toMatchObject({ kind: "invalid" });
});
