/** A server that answers with another object than the one asked for: nothing is sealed for the wrong people, hung on the wrong message. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Sotto } from "../../src/index.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, Ear, member, type Member, referenceOf, textOf } from "../sdk/people.js";
import { type Answer, Liar, lied } from "./liar.js";

let server: TestServer;
let liar: Liar;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  await closeAll();
  await liar.stop();
});
afterAll(() => server.stop());

let n = 0;

/** Alice speaks to the liar; bob and carol, her friends, to the server itself. */
async function people(): Promise<Record<"alice" | "bob" | "carol", Member>> {
  liar = await Liar.start(server);
  n += 1;
  const alice = await member(liar.url, `alice${String(n)}`);
  const [bob, carol] = [await member(server.url, `bob${String(n)}`), await member(server.url, `carol${String(n)}`)];
  for (const friend of [bob, carol]) await befriend(alice, friend);
  return { alice, bob, carol };
}

/** Another message in the place of the one that is asked for, under its own id or under that one's. */
function instead(asked: number, other: number, under: Record<string, unknown> = {}): void {
  liar.answer = async (event, params, answer, again) => {
    if (event !== "get_message" || (params as { id: number }).id !== asked) return answer;
    return lied(await again("get_message", { id: other }), under);
  };
}

test("C-308 C-309: an edit or a reaction is never sealed for another message than the one that was meant", async () => {
  const { alice, bob, carol } = await people();
  const [{ id: withBob }, { id: withCarol }] = [await alice.sotto.createDm([bob.sotto.username]), await alice.sotto.createDm([carol.sotto.username])];
  for (const text of ["lunch?", "shall I resign?"]) await alice.sotto.send(withBob, text);
  await alice.sotto.send(withCarol, "hello carol");
  const [second, first] = await alice.sotto.messages(withBob);
  const [third] = await alice.sotto.messages(withCarol);
  if (first === undefined || second === undefined || third === undefined) throw new Error("three messages were sent");
  const sent: string[] = [];
  liar.ask = (event, params) => {
    if (event === "set_message" || event === "add_reaction") sent.push(event);
    return params;
  };
  for (const other of [second.id, third.id]) {
    for (const under of [{}, { id: first.id }, { id: first.id, dm_id: withBob }]) {
      instead(first.id, other, under);
      await expect(alice.sotto.react(first.id, "👍")).rejects.toMatchObject({ kind: expect.stringMatching("protocol|security") });
      await expect(alice.sotto.edit(first.id, "for bob alone")).rejects.toMatchObject({ kind: expect.stringMatching("protocol|security") });
    }
  }
  expect(sent).toEqual([]);
});

test("C-308: a device that has only shown a message knows its DM: an edit is not sealed for the members of another one", async () => {
  const { alice, bob, carol } = await people();
  const [{ id: withBob }, { id: withCarol }] = [await alice.sotto.createDm([bob.sotto.username]), await alice.sotto.createDm([carol.sotto.username])];
  await alice.sotto.send(withBob, "for bob");
  await alice.sotto.send(withCarol, "for carol");
  const [mine] = await bob.sotto.messages(withBob);
  const [hers] = await carol.sotto.messages(withCarol);
  if (mine === undefined || hers === undefined) throw new Error("two messages were sent");
  await alice.sotto.close();
  // A device that has never seen carol's message.
  const { sotto } = await device(liar.url, alice.account);
  await sotto.ready();
  expect((await sotto.messages(withBob)).map(textOf)).toEqual(["for bob"]);
  const sent: string[] = [];
  liar.ask = (event, params) => {
    if (event === "set_message" || event === "add_reaction") sent.push(event);
    return params;
  };
  instead(mine.id, hers.id, { id: mine.id });
  await expect(sotto.edit(mine.id, "only bob may read this")).rejects.toMatchObject({ kind: "security" });
  await expect(sotto.react(mine.id, "❤️")).rejects.toMatchObject({ kind: "security" });
  await expect(sotto.message(mine.id)).rejects.toMatchObject({ kind: "security" });
  expect(sent).toEqual([]);
});

test("C-919: the id of a DM that is known already cannot become that of a new group", async () => {
  const { alice, bob, carol } = await people();
  const { id: withBob } = await alice.sotto.createDm([bob.sotto.username]);
  await alice.sotto.send(withBob, "hello bob");
  liar.answer = (event, _params, answer) => (event === "create_dm" ? { ...answer, result: withBob } : answer);
  await expect(alice.sotto.createDm([carol.sotto.username])).rejects.toMatchObject({ kind: "security", code: "E_REPLAY_GROUP" });
  liar.answer = (_event, _params, answer) => answer;
  // What is written to bob is still for bob.
  await alice.sotto.send(withBob, "for bob alone");
  await bob.ear.textsUntil("for bob alone");
  await alice.sotto.close();
  const { sotto } = await device(liar.url, alice.account);
  await sotto.ready();
  expect((await sotto.messages(withBob)).map(textOf)).toEqual(["for bob alone", "hello bob"]);
  await sotto.send(withBob, "from a new device");
  await bob.ear.textsUntil("from a new device");
});

test("C-919: a group has one DM id: an invitation that names another id than the DM it is read from is refused", async () => {
  const { alice, bob, carol } = await people();
  await alice.sotto.close();
  const { id: one } = await bob.sotto.createDm([alice.sotto.username]);
  const { id: two } = await carol.sotto.createDm([alice.sotto.username]);
  const swap = (answer: Answer): Answer => {
    const details = answer.result as { id: number; x3dh: Record<string, unknown> | null };
    return details.id === one && details.x3dh !== null ? lied(answer, { x3dh: { ...details.x3dh, id: two } }) : answer;
  };
  liar.answer = (event, _params, answer) => (event === "get_dm" && answer.success ? swap(answer) : answer);
  liar.notice = (name, payload) => (name === "x3dh_notification" ? undefined : payload);
  const sotto = await Sotto.open(liar.url, alice.account);
  const ear = new Ear(sotto);
  await ear.next("connected");
  // Carol's DM is carol's, whatever was said of bob's.
  await carol.sotto.send(two, "from carol");
  const [message] = await sotto.messages(two);
  expect(message && textOf(message)).toBe("from carol");
  expect(message && referenceOf(message)).toBeTypeOf("string");
  expect((await sotto.dm(two)).users).toEqual([carol.sotto.username, alice.sotto.username]);
  expect((await sotto.dm(one)).locked?.code).toBe("E_REPLAY_GROUP");
  await sotto.close();
});
