/** Closing: whatever a session is at, it ends, tells so, and leaves no timer, socket or promise behind. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryStore, Sotto } from "../../src/index.js";
import { Proxy } from "../proxy.js";
import { TestServer, until } from "../server.js";
import { Ear, member } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** What keeps a process alive. */
function held(): { timers: number; sockets: number } {
  const all = process.getActiveResourcesInfo();
  return { timers: all.filter((kind) => kind === "Timeout").length, sockets: all.filter((kind) => kind.startsWith("TCP")).length };
}

test("a session that is closed while online, mid-catch-up, mid-request, offline and while connecting leaves nothing open", async () => {
  const before = held();
  const alice = await member(server.url, "alice");
  const bob = await member(server.url, "bob");
  await alice.sotto.addFriend("bob");
  await bob.sotto.answerFriend("alice", true);
  const { id: dm } = await alice.sotto.createDm(["bob"]);
  await alice.sotto.send(dm, "for a while", { deleteAfter: 31_536_000 });
  await bob.ear.textsUntil("for a while");

  // Online, with a message to be watched for a year, and requests under way.
  const asked = bob.sotto.friends();
  const closing = bob.sotto.close();
  const outcome = await asked.then(
    (friends) => friends,
    (error: unknown) => error,
  );
  expect([["alice"], expect.objectContaining({ kind: "disconnected" })]).toContainEqual(outcome);
  await closing;
  await bob.sotto.close();
  expect(bob.ear.told.at(-1)).toMatchObject({ event: "ended", payload: { error: { kind: "disconnected" } } });
  expect(bob.sotto.state).toBe("ended");
  for (const use of [() => bob.sotto.friends(), () => bob.sotto.edit(1, "late"), () => bob.sotto.send(dm, "late"), () => bob.sotto.dms()]) {
    await expect(use()).rejects.toMatchObject({ kind: "disconnected" });
  }

  // Before it has begun, and right after.
  const early = await Sotto.open(server.url, bob.account, { store: bob.store });
  const ready = early.ready();
  await early.close();
  await expect(ready).rejects.toMatchObject({ kind: "disconnected" });
  const settling = await Sotto.open(server.url, bob.account, { store: bob.store });
  await until("it has begun", () => settling.state !== "connecting" || held().sockets > 0);
  await settling.close();

  // Between two attempts, with a request that waits for the next connection.
  const proxy = await Proxy.start(server.url);
  const lost = await Sotto.connect(proxy.url, alice.account, { store: new MemoryStore() });
  const ear = new Ear(lost);
  await ear.next("connected");
  await proxy.stop();
  await ear.next("disconnected");
  const waiting = lost.friends();
  await lost.close();
  await expect(waiting).rejects.toMatchObject({ kind: "disconnected" });

  // Nobody there at all, and a key that is not the account's.
  const nobody = await Sotto.open("http://127.0.0.1:9", alice.account, { store: new MemoryStore() });
  await nobody.close();
  const stranger = Sotto.recover(server.url, "alice", bob.words, { store: new MemoryStore() });
  await expect(stranger).rejects.toMatchObject({ code: "wrong_response" });

  await alice.sotto.close();
  await until("everything is let go of", () => held().timers <= before.timers && held().sockets <= before.sockets);
});
