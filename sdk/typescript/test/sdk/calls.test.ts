/** Calls: who is in, and signals between devices, verified. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestServer } from "../server.js";
import { closeAll, device, member } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

test("R-601 R-602 R-604 C-308: signals reach the device in the call, from the place that its sender has there", async () => {
  const [alice, bob, carol] = [await member(server.url, "alice"), await member(server.url, "bob"), await member(server.url, "carol")];
  const { id: dm } = await alice.sotto.createDm(["bob", "carol"]);
  for (const { ear } of [bob, carol]) await ear.next("invited");
  await expect(alice.sotto.sendCallSignal(dm, "bob", "x")).rejects.toMatchObject({ kind: "invalid" });
  expect(await alice.sotto.joinCall(dm)).toEqual(["alice"]);
  await expect(alice.sotto.sendCallSignal(dm, "bob", "x")).rejects.toMatchObject({ kind: "invalid" });
  expect((await bob.sotto.joinCall(dm)).sort()).toEqual(["alice", "bob"]);
  expect(await carol.ear.next("callJoined", ({ username }) => username === "bob")).toEqual({ dm, username: "bob" });
  expect((await carol.sotto.dm(dm)).usersInCall).toEqual(["alice", "bob"]);

  const offer = "v=0\r\n".repeat(1_000);
  await alice.sotto.sendCallSignal(dm, "bob", offer);
  expect(await bob.ear.next("callSignal")).toEqual({ dm, username: "alice", body: offer });
  for (const body of ["1", "2", "3"]) await bob.sotto.sendCallSignal(dm, "alice", body);
  for (const body of ["1", "2", "3"]) expect(await alice.ear.next("callSignal")).toEqual({ dm, username: "bob", body });
  await expect(alice.sotto.sendCallSignal(dm, "bob", "x".repeat(16_205))).rejects.toMatchObject({ kind: "invalid" });

  // Alice goes on from another device: it has her place, and the first one is out.
  const second = await device(server.url, alice.account);
  await second.sotto.ready();
  await second.sotto.joinCall(dm);
  await second.sotto.sendCallSignal(dm, "bob", "from the second");
  expect(await bob.ear.next("callSignal")).toEqual({ dm, username: "alice", body: "from the second" });
  await bob.sotto.sendCallSignal(dm, "alice", "to the second");
  expect(await second.ear.next("callSignal")).toEqual({ dm, username: "bob", body: "to the second" });
  await alice.ear.next("callJoined", ({ username }) => username === "alice");
  expect(alice.ear.told.filter(({ event, payload }) => event === "callSignal" && payload.body === "to the second")).toEqual([]);

  await bob.sotto.leaveCall(dm);
  expect(await carol.ear.next("callLeft", ({ username }) => username === "bob")).toEqual({ dm, username: "bob" });
  await expect(bob.sotto.leaveCall(dm)).rejects.toMatchObject({ kind: "refused", code: "not_in_call" });
  await second.sotto.close();
  await carol.ear.next("callLeft", ({ username }) => username === "alice");
  for (const { ear } of [alice, bob, carol, second]) expect(ear.told.filter(({ event }) => event === "warning")).toEqual([]);
  expect(await carol.sotto.iceServers()).toEqual([]);
});
