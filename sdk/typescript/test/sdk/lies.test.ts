/** What a server may try, and the refusal that meets each attempt (C-901 to C-929). */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MemoryStore, type protocol, Sotto } from "../../src/index.js";
import { webPlatform } from "../../src/platform/web.js";
import { type Answer, Liar, lied } from "../review/liar.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, Ear, type Member, member, textOf } from "./people.js";

let server: TestServer;
let liar: Liar;
beforeAll(async () => {
  server = await TestServer.start();
  liar = await Liar.start(server);
});
afterEach(async () => {
  await closeAll();
  liar.answer = (_event, _params, answer) => answer;
  liar.notice = (_, payload) => payload;
});
afterAll(async () => {
  await liar.stop();
  await server.stop();
});

/** Alice at the real server, bob behind the liar, and their DM, which bob can read. */
async function pair(name: string): Promise<[Member, Member, number]> {
  const [alice, bob] = [await member(server.url, `alice ${name}`), await member(liar.url, `bob ${name}`)];
  await befriend(alice, bob);
  const { id } = await alice.sotto.createDm([bob.sotto.username]);
  await bob.ear.next("invited");
  return [alice, bob, id];
}

/** The messages of a page of history, changed. */
function page(answer: Answer, change: (messages: protocol.Message[]) => protocol.Message[]): Answer {
  return { ...answer, result: change(structuredClone(answer.result) as protocol.Message[]) };
}

/** Changes pages of history alone. */
function history(change: (messages: protocol.Message[]) => protocol.Message[]): Liar["answer"] {
  return (event, _, answer) => (event === "get_message_history" ? page(answer, change) : answer);
}

/** Messages changed wherever the server tells of them; those that become undefined are withheld. */
function everywhere(change: (message: protocol.Message) => protocol.Message | undefined): void {
  const all = (messages: readonly protocol.Message[]): protocol.Message[] =>
    messages.map(change).filter((message) => message !== undefined);
  liar.answer = (event, _, answer) => {
    if (event === "get_message_history") return page(answer, all);
    if (event !== "get_message_changes") return answer;
    return lied(answer, { messages: all((answer.result as protocol.MessageChanges).messages) });
  };
  liar.notice = (name, payload) => (/^message_(change_)?notification$/.test(name) ? change(payload as protocol.Message) : payload);
}

test("C-920 C-906 C-311: what is ascribed, tampered with or moved is shown as such", async () => {
  const [alice, bob, dm] = await pair("one");
  for (const text of ["first", "second"]) await alice.sotto.send(dm, text);
  await bob.ear.textsUntil("second");
  const codes = async (change: (message: protocol.Message, all: protocol.Message[]) => protocol.Message): Promise<string[]> => {
    liar.answer = history((all) => all.map((message) => change(message, all)));
    return (await bob.sotto.messages(dm)).map(textOf);
  };
  expect(await codes((message) => message)).toEqual(["second", "first"]);
  expect(await codes((message) => ({ ...message, sender: bob.sotto.username }))).toEqual(["E_SENDER", "E_SENDER"]);
  expect(await codes((message) => ({ ...message, signature: "00".repeat(64) }))).toEqual(["E_SIG", "E_SIG"]);
  expect(await codes((message) => ({ ...message, message: `${message.message.slice(0, -2)}00` }))).toEqual(["E_SIG", "E_SIG"]);
  expect(await codes((message) => ({ ...message, message: "00".repeat(300) }))).toEqual(["E_INNER", "E_INNER"]);
  const swapped = await codes((message, all) => {
    const other = all.find(({ id }) => id !== message.id) ?? message;
    return { ...other, id: message.id, timestamp: message.timestamp };
  });
  expect(swapped, "asked for once more, the server tells the truth").toEqual(["second", "first"]);
  liar.answer = history((all) => all.map((message, at) => (at === 0 ? { ...message, id: message.id + 1_000 } : message)));
  expect((await bob.sotto.messages(dm)).map(textOf), "shown before under another id").toEqual(["E_REPLAY_MSG", "first"]);
});

test("C-312 C-308: a rolled-back edit is asked for again, then marked; a reaction of another message is no reaction", async () => {
  const [alice, bob, dm] = await pair("two");
  await alice.sotto.send(dm, "original");
  const { message: original } = await bob.ear.next("messageNew");
  const [before] = (await raw(alice.sotto, dm)) ?? [];
  await alice.sotto.edit(original.id, "edited");
  await bob.ear.next("messageChanged");
  const { message, signature } = before ?? expect.fail("it was sent");
  const old = (wire: protocol.Message): protocol.Message => ({ ...wire, message, signature });
  liar.answer = history((all) => all.map(old));
  expect((await bob.sotto.messages(dm)).map(textOf), "overtaken on its way").toEqual(["edited"]);
  liar.answer = (event, _, answer) => {
    if (event === "get_message") return { ...answer, result: old(answer.result as protocol.Message) };
    return event === "get_message_history" ? page(answer, (all) => all.map(old)) : answer;
  };
  expect((await bob.sotto.messages(dm)).map(textOf)).toEqual(["E_REPLAY_MSG"]);
  await expect(bob.sotto.react(original.id, "👍")).rejects.toMatchObject({ kind: "security", code: "E_REPLAY_MSG" });

  liar.answer = (_event, _params, answer) => answer;
  await alice.sotto.send(dm, "another");
  await alice.sotto.react(original.id, "👍");
  await bob.ear.next("messageChanged", ({ message }) => message.reactions.length > 0);
  liar.answer = history(([newest, oldest]) =>
    newest === undefined || oldest === undefined ? [] : [{ ...newest, reactions: oldest.reactions }, { ...oldest, reactions: [] }],
  );
  const [moved] = await bob.sotto.messages(dm);
  expect(moved?.reactions[0]?.text).toMatchObject({ ok: false, why: { code: "E_INNER" } });
});

/** A page as the server sent it. */
async function raw(sotto: Sotto, dm: number): Promise<protocol.Message[] | undefined> {
  let seen: protocol.Message[] | undefined;
  const watcher = await Liar.start(server);
  watcher.answer = (event, _, answer) => {
    if (event === "get_message_history") seen = answer.result as protocol.Message[];
    return answer;
  };
  const other = await Sotto.connect(watcher.url, sotto.account, { store: new MemoryStore() });
  await other.messages(dm);
  await other.close();
  await watcher.stop();
  return seen;
}

test("what is withheld leaves a gap that shows; pages out of order or of another DM are no pages", async () => {
  const [alice, bob, dm] = await pair("three");
  everywhere(() => undefined);
  for (const text of ["1", "2", "3"]) await alice.sotto.send(dm, text);
  const second = (await alice.sotto.messages(dm))[1]?.id;
  liar.answer = history((all) => all.filter(({ id }) => id !== second));
  const seen = await bob.sotto.messages(dm);
  // From the newest on: of what is older it is not known yet that it is missing.
  expect(seen.map((message) => [textOf(message), message.missingBefore])).toEqual([
    ["3", 2],
    ["1", 0],
  ]);
  liar.answer = history((all) => all.reverse());
  await expect(bob.sotto.messages(dm)).rejects.toMatchObject({ kind: "protocol" });
  liar.answer = history((all) => all.map((message) => ({ ...message, dm_id: dm + 1 })));
  await expect(bob.sotto.messages(dm)).rejects.toMatchObject({ kind: "protocol" });
});

test("C-909: a member whom the creator never signed for is not believed", async () => {
  const [alice, bob, dm] = await pair("four");
  liar.answer = (event, _, answer) =>
    event === "get_dm" ? lied(answer, { users: [alice.sotto.username, bob.sotto.username, "mallory"] }) : answer;
  const seen = await bob.sotto.dm(dm);
  expect([seen.users, seen.locked?.code]).toEqual([[alice.sotto.username, bob.sotto.username], "E_GI"]);
});

test("C-219 C-913: a DM without its signed info is locked, and its invitation refused", async () => {
  const [alice, bob] = [await member(server.url, "alice five"), await member(liar.url, "bob five")];
  await befriend(alice, bob);
  const before = liar.peers.flatMap(({ acked }) => acked).length;
  liar.answer = (event, _, answer) => (event === "get_dm" ? lied(answer, { info: null }) : answer);
  liar.notice = (name, payload) => (name === "x3dh_notification" ? { ...(payload as object), info: undefined } : payload);
  const { id: dm } = await alice.sotto.createDm([bob.sotto.username]);
  expect((await bob.ear.next("invitationRefused", (told) => told.dm === dm)).error.code).toBe("E_DOWNGRADE");
  expect((await bob.sotto.dm(dm)).locked?.code).toBe("E_DOWNGRADE");
  expect(liar.peers.flatMap(({ acked }) => acked), "C-217: nothing was acked").toHaveLength(before);
});

test("C-405 C-403: an older prekey than one already seen, and a login challenge that is none, are refused", async () => {
  const [alice, bob] = await pair("six");
  const [carol, dave] = [await member(server.url, "carol six"), await member(server.url, "dave six")];
  const { spk, sig } = (await bob.sotto.person(alice.sotto.username)).user;
  // A month later alice has a new prekey, and bob has seen it.
  const platform = { ...webPlatform(), now: () => Date.now() + 31 * 86_400_000 };
  await (await device(server.url, alice.account, new MemoryStore(), { platform })).sotto.ready();
  await bob.sotto.createDm([alice.sotto.username, carol.sotto.username]);
  liar.answer = (event, params, answer) => {
    const own = event === "get_user" && (params as { username: string }).username === alice.sotto.username;
    return own ? lied(answer, { spk, sig }) : answer;
  };
  const stale = bob.sotto.createDm([alice.sotto.username, carol.sotto.username, dave.sotto.username]);
  await expect(stale).rejects.toMatchObject({ kind: "security", code: "E_SPK_STALE" });
  liar.answer = (event, _, answer) => (event === "login" ? { ...answer, result: "00" } : answer);
  const options = { store: new MemoryStore() };
  await expect(Sotto.connect(liar.url, bob.account, options)).rejects.toMatchObject({ kind: "security", code: "E_CHALLENGE" });
});

test("C-216: an unreadable message is told and not dropped, and what follows is read", async () => {
  const [alice, bob, dm] = await pair("seven");
  await alice.sotto.send(dm, "hello");
  const { message: hello } = await bob.ear.next("messageNew");
  const ear = new Ear(bob.sotto);
  everywhere((message) => (message.id > hello.id ? { ...message, message: "00" } : message));
  await alice.sotto.send(dm, "planted");
  const { message } = await ear.next("messageNew");
  expect([textOf(message), message.sender]).toEqual(["E_INNER", alice.sotto.username]);
  everywhere((message) => message);
  await alice.sotto.send(dm, "honest");
  expect((await ear.textsUntil("honest")).at(-1)).toBe("honest");
});
