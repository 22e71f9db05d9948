/** Answers and notices with anything changed in them: each call ends, in time and with a SottoError; nothing of what was known is lost. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryStore, Sotto, SottoError } from "../../src/index.js";
import { NOTICES } from "../../src/shapes.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, member, textOf } from "../sdk/people.js";
import { Ear } from "../sdk/people.js";
import { Liar } from "./liar.js";

let server: TestServer;
let liar: Liar;
beforeAll(async () => {
  server = await TestServer.start();
  liar = await Liar.start(server);
});
afterAll(async () => {
  await closeAll();
  await liar.stop();
  await server.stop();
});

/** Numbers in a row that looks random, the same in each run (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** More of them by hand: `SOTTO_FUZZ_SEEDS=100`. */
const SEEDS = Array.from({ length: Number(process.env["SOTTO_FUZZ_SEEDS"] ?? 3) }, (_, i) => i + 1);

const JUNK: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -1e300, 1e300, "", "\ud800", "0", "__proto__", "constructor", "a".repeat(70_000)],
  ...["00".repeat(32), "ff".repeat(32), "zz", "9999-99-99T99:99:99.999999", "9999-12-31T23:59:59.999999", "0000-01-01T00:00:00.000000"],
  ...[[], {}, [[]], [null], { length: 3 }, JSON.parse('{"__proto__":{"id":1},"toString":1}'), JSON.parse("[".repeat(500) + "]".repeat(500))],
];

/** A copy with one thing changed. */
function mutated(value: unknown, roll: (below: number) => number): unknown {
  if (typeof value === "object" && value !== null && roll(12) > 0) {
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
    const keys = Object.keys(copy);
    const key = keys[roll(Math.max(1, keys.length))];
    if (key === undefined) return JUNK[roll(JUNK.length)];
    if (roll(10) === 0) Reflect.deleteProperty(copy, key);
    else if (Array.isArray(copy) && roll(6) === 0) copy.push(copy[Number(key)]);
    else copy[key] = mutated(copy[key], roll);
    return copy;
  }
  if (typeof value === "string" && value.length > 0 && roll(2) === 0) {
    const at = roll(value.length);
    return value.slice(0, at) + "0123456789abcdefAZ-_\u0000"[roll(20)] + value.slice(at + roll(3));
  }
  if (typeof value === "number" && roll(3) === 0) return value + 1;
  return JUNK[roll(JUNK.length)];
}

test("whatever a server says, nothing throws but a SottoError, nothing hangs, and no key is lost", async () => {
  const store = new MemoryStore();
  const alice = await member(liar.url, "alice", { store, requestTimeoutMs: 2_000 });
  const [bob, carol] = [await member(server.url, "bob"), await member(server.url, "carol")];
  for (const friend of [bob, carol]) await befriend(alice, friend);
  const { id: pair } = await alice.sotto.createDm(["bob"], "Two");
  const { id: group } = await bob.sotto.createDm(["alice", "carol"], "Three");
  await alice.ear.next("invited", ({ dm }) => dm.id === group);
  const truth: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    await bob.sotto.send(i % 2 === 0 ? pair : group, String(i));
    await alice.ear.textsUntil(String(i));
    truth.unshift(...(i % 2 === 0 ? [String(i)] : []));
  }
  const [newest] = await alice.sotto.messages(pair);
  if (newest === undefined) throw new Error("there are messages");
  await bob.sotto.react(newest.id, "👍");
  await alice.sotto.verify("bob");
  const [mine] = await alice.sotto.send(pair, "mine").then(() => alice.sotto.messages(pair));
  if (mine === undefined) throw new Error("there is a message");
  truth.unshift("mine");

  // One honest payload of each notice, to begin with.
  const wire = { id: 1, dm_id: pair, sender: "bob", message: "00", signature: "00", timestamp: newest.timestamp, pinned: false };
  const user = { username: "bob", public_key: bob.account.publicKey, biography: "", status: "", profile_picture: "", spk: null, sig: null };
  const seeds: Record<string, unknown> = {
    message_notification: { ...wire, reactions: [{ id: 1, sender: "bob", reaction: "00", signature: "00" }], delete_timestamp: null },
    message_change_notification: { ...wire, reactions: [], delete_timestamp: newest.timestamp },
    message_delete_notification: 9_999,
    profile_notification: user,
    dm_notification: { id: pair, users: ["alice", "bob"], name: "00", created_at: newest.timestamp, users_in_call: [] },
    x3dh_notification: {
      ...{ id: 77, sender: "bob", ik: bob.account.publicKey, spk: "00".repeat(50), ek: "00".repeat(32), key_tree: ["00".repeat(32)] },
      ...{ position: 1, info: "00".repeat(400) },
    },
    own_change_notification: { scope: "dms", id: 3 },
    friend_request_accept_notification: { username: "bob", accept: true },
    friend_request_notification: { username: "bob" },
    unfriend_notification: { username: "bob" },
    typing_notification: { id: pair, username: "bob" },
    user_joined_call: { id: pair, username: "bob", uuid: "u" },
    user_left_call: { id: pair, username: "bob" },
    call_signal_notification: { id: pair, username: "bob", data: "00", signature: "00" },
    scheduled_message_sent_notification: { dm_id: pair, schedule_id: 1 },
    scheduled_message_failed_notification: { dm_id: pair, schedule_id: 1, code: "no_access" },
    scheduled_soon_notification: { dm_id: pair, schedule_id: 1 },
  };
  expect(Object.keys(seeds).sort()).toEqual(Object.keys(NOTICES).sort());

  const { sotto, ear } = alice;
  const reads: readonly (() => Promise<unknown>)[] = [
    ...[() => sotto.dms(), () => sotto.dm(pair), () => sotto.messages(group), () => sotto.message(newest.id), () => sotto.pinned(pair)],
    ...[() => sotto.latest(pair), () => sotto.scheduled(pair), () => sotto.me(), () => sotto.storage(), () => sotto.person("bob")],
    ...[() => sotto.people(), () => sotto.usernameExists("x"), () => sotto.friends(), () => sotto.friendRequests(), () => sotto.outgoingRequests()],
    ...[() => sotto.blocked(), () => sotto.safetyNumber("bob"), () => sotto.groupCode(group), () => sotto.verify("bob")],
    ...[() => sotto.joinCall(pair), () => sotto.sendCallSignal(pair, "bob", "x"), () => sotto.iceServers(), () => sotto.setProfile({ status: "x" })],
    ...[() => sotto.pin(newest.id, true), () => sotto.createDm(["carol"]), () => sotto.rename(group, "Three")],
    ...[() => sotto.react(newest.id, "x"), () => sotto.edit(mine.id, "mine"), () => sotto.typing(pair)],
  ];
  const kinds = new Set<string>();
  for (const seed of SEEDS) {
    const roll = dice(seed);
    liar.answer = (event, _params, answer) => {
      // A server that denies having made a DM, or names another id, keeps it from the user, as it can do anyhow.
      if (event === "create_dm" || roll(3) === 0) return answer;
      return roll(6) === 0 ? mutated(answer, roll) : { ...answer, result: mutated(answer.result, roll) };
    };
    for (let round = 0; round < 8; round += 1) {
      for (const [name, payload] of Object.entries(seeds)) {
        liar.peers.at(-1)?.notify(name, mutated(payload, roll), roll(2) === 0 ? 1_000 + round : undefined);
      }
      const calls = reads.map(async (call) => {
        try {
          await call();
        } catch (error) {
          if (!(error instanceof SottoError)) throw error;
          kinds.add(error.kind);
        }
      });
      await Promise.all(calls);
    }
  }
  liar.answer = (_event, _params, answer) => answer;
  expect(sotto.state).not.toBe("ended");
  expect([...kinds]).toEqual(expect.arrayContaining(["protocol", "security", "refused"]));
  for (const event of ["typing", "profile", "callJoined", "messageDeleted", "invitationRefused"]) {
    expect(ear.told.some((told) => told.event === event), event).toBe(true);
  }
  // What cannot be read is refused by its form, never by an accident.
  const accidents = ear.told.filter(({ event, payload }) => event === "warning" && (payload as { text: string }).text.includes("cannot be read"));
  expect(accidents).toEqual([]);

  // The truth once more: on this device, and on one that knows nothing but the words.
  await bob.sotto.send(pair, "after all");
  truth.unshift("after all");
  const texts = async (who: Sotto): Promise<string[]> => (await who.messages(pair)).map(textOf);
  await until("the newest message", async () => (await texts(sotto))[0] === "after all");
  expect(await texts(sotto)).toEqual(truth);
  await sotto.close();
  for (const [words, kept] of [["same device", store], ["new device", new MemoryStore()]] as const) {
    const again = await Sotto.open(liar.url, alice.account, { store: kept });
    const told = new Ear(again);
    await told.next("connected");
    expect(await texts(again), words).toEqual(truth);
    expect((await again.person("bob")).key, words).toEqual({ state: "pinned", verified: true });
    expect((await again.dms()).filter(({ locked }) => locked !== null), words).toEqual([]);
    expect((await again.messages(group)).map(textOf).filter((text) => /^E_/.test(text)), words).toEqual([]);
    await again.close();
  }
});
