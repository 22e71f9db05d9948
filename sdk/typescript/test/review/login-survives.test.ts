/** What one other user or one damaged record does must never keep the whole account from logging in or listing its DMs. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MemoryStore, type Sotto, type SottoError } from "../../src/index.js";
import { dial } from "../../src/link.js";
import { parseServer } from "../../src/address.js";
import { webPlatform } from "../../src/platform/web.js";
import { TRANSPORT_DEFAULTS } from "../../src/transport.js";
import { decode } from "../../src/vault/content.js";
import { length, LIMIT, open, seal } from "../../src/vault/sealed.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, member, type Member, textOf } from "../sdk/people.js";
import { Liar } from "./liar.js";

let server: TestServer;
let liar: Liar | undefined;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  await closeAll();
  await liar?.stop();
  liar = undefined;
});
afterAll(() => server.stop());

let n = 0;

async function two(): Promise<[Member, Member]> {
  n += 1;
  const [alice, bob] = [await member(server.url, `anna${String(n)}`), await member(server.url, `bert${String(n)}`)];
  await befriend(alice, bob);
  return [alice, bob];
}

/** Logged in, and the one DM is listed, locked. */
async function listed(sotto: Sotto, dm: number, code: string): Promise<void> {
  await sotto.ready();
  expect((await sotto.dms()).map(({ id, locked }) => [id, locked?.code])).toEqual([[dm, code]]);
}

test("C-111: one who shows no prekey can invite, is refused, and locks nobody out", async () => {
  const [alice, bob] = await two();
  await alice.sotto.close();
  const { id: dm } = await bob.sotto.createDm([alice.sotto.username]);
  liar = await Liar.start(server);
  liar.answer = (event, params, answer) => {
    const theirs = event === "get_user" && (params as { username: string }).username === bob.sotto.username;
    return theirs ? { ...answer, result: { ...(answer.result as object), spk: null, sig: null } } : answer;
  };
  const { sotto, ear } = await device(liar.url, alice.account);
  const refused = await ear.next("invitationRefused");
  expect([refused.dm, refused.error.kind, refused.error.code]).toEqual([dm, "security", "E_SPK"]);
  await listed(sotto, dm, "E_SPK");
});

test("one who is gone from the server since the invitation locks nobody out", async () => {
  const [alice, bob] = await two();
  await alice.sotto.close();
  const { id: dm } = await bob.sotto.createDm([alice.sotto.username]);
  liar = await Liar.start(server);
  liar.answer = (event, _params, answer) =>
    event === "get_user" ? { success: false, result: "There is no such user.", code: "no_such_user" } : answer;
  const { sotto, ear } = await device(liar.url, alice.account);
  expect((await ear.next("invitationRefused")).dm).toBe(dm);
  await listed(sotto, dm, "E_NAME");
});

/** What an account keeps at the server. */
async function decoded(who: Member): Promise<ReturnType<typeof decode>> {
  const connection = await dial(parseServer(server.url), who.account, TRANSPORT_DEFAULTS);
  const { own_storage: text } = await connection.call("get_full_user", {});
  connection.close();
  return (await open(webPlatform(), who.account, text, 0n)).content;
}

test("C-509: at the limit of own_storage one can log in, is told, and can leave a DM to make room", async () => {
  const [alice, bob] = await two();
  await alice.sotto.close();
  const kept = await decoded(alice);
  // Full to the last byte, while the prekey is due to be replaced.
  const platform = { ...webPlatform(), now: () => Date.now() + 40 * 86_400_000 };
  const holding = (characters: number): typeof kept => ({ ...kept, extra: new Map([["ballast", "x".repeat(characters)]]) });
  let [fits, over] = [0, LIMIT];
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    [fits, over] = length(holding(middle)) <= LIMIT ? [middle, over] : [fits, middle];
  }
  const connection = await dial(parseServer(server.url), alice.account, TRANSPORT_DEFAULTS);
  await connection.call("set_user", { own_storage: await seal(webPlatform(), alice.account, 50n, holding(fits)) });
  connection.close();
  const { id: dm } = await bob.sotto.createDm([alice.sotto.username]);
  const { sotto, ear } = await device(server.url, alice.account, undefined, { platform });
  await ear.next("warning", ({ text }) => text.includes("keys is full"));
  expect((await ear.next("invitationRefused")).error.kind).toBe("storage");
  await listed(sotto, dm, "E_FULL");
  await expect(sotto.createDm([bob.sotto.username])).rejects.toMatchObject({ kind: "storage" });
  expect((await sotto.storage()).percent).toBe(99);
  await sotto.leave(dm);
  expect(await sotto.dms()).toEqual([]);
});

test("a message that waits and cannot be sent, or cannot be read any more, is told of and holds up nothing", async () => {
  const [alice, bob] = await two();
  const { id: dm } = await alice.sotto.createDm([bob.sotto.username]);
  await alice.sotto.close();
  const store = new MemoryStore();
  const put = (key: string, value: unknown): Promise<void> =>
    store.update(`outbox-${key}`, () => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));
  const bad: unknown[] = ["{", "null", "7", {}, { at: 1 }, { at: Date.now() }, { at: Date.now(), request: null }, { at: "x", request: { id: dm } }];
  for (const [i, value] of bad.entries()) await put(`000${String(i)}`, value);
  // More than the server takes in one frame.
  const huge = { id: dm, message: "00".repeat(3_000_000), signature: "00".repeat(64) };
  await put("0010", { at: Date.now(), request: huge });
  const { sotto, ear } = await device(server.url, alice.account, store);
  // In words where nothing can be said of it, else as an event of its own.
  for (const _ of [...bad, huge]) {
    await ear.until("a send that failed", ({ event, payload }) => {
      return event === "warning" ? (payload as { text: string }).text.includes("could not be sent") : (event as string) === "sendFailed";
    });
  }
  await sotto.ready();
  expect(await store.keys("outbox-")).toEqual([]);
  await sotto.send(dm, "on with it");
  expect(await bob.ear.textsUntil("on with it")).toEqual(["on with it"]);
  expect((await sotto.messages(dm)).map(textOf)).toEqual(["on with it"]);
});

test("E_ROLLBACK while the session runs is told of", async () => {
  const [alice] = await two();
  await alice.sotto.close();
  liar = await Liar.start(server);
  const first = await dial(parseServer(server.url), alice.account, TRANSPORT_DEFAULTS);
  const old = (await first.call("get_full_user", {})).own_storage;
  first.close();
  const { sotto, ear } = await device(liar.url, alice.account, alice.store);
  await sotto.ready();
  await alice.store.update("own-storage", () => new TextEncoder().encode('{"version":"900"}'));
  liar.answer = (event, _params, answer) => (event === "get_full_user" ? { ...answer, result: { ...(answer.result as object), own_storage: old } } : answer);
  for (const peer of liar.peers) {
    peer.notify("profile_notification", {
      ...{ username: alice.sotto.username, public_key: alice.account.publicKey, biography: "", status: "", profile_picture: "" },
      ...{ spk: null, sig: null },
    });
  }
  const { text } = await ear.next("warning");
  expect(text).toContain("older");
  const error: SottoError = await sotto.storage().then(
    () => { throw new Error("an older copy was taken"); },
    (why: unknown) => why as SottoError,
  );
  expect(error.code).toBe("E_ROLLBACK");
});
