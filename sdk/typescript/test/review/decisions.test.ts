/** What the user decides about a key is decided about that key, not about whatever the server shows a moment later. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Account } from "../../src/index.js";
import { TestServer } from "../server.js";
import { closeAll, member } from "../sdk/people.js";
import { Liar } from "./liar.js";

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

/** From now on the server shows another key for a name. */
function show(username: string, key: string): void {
  liar.answer = (event, params, answer) => {
    const theirs = event === "get_user" && (params as { username: string }).username === username;
    return theirs ? { ...answer, result: { ...(answer.result as object), public_key: key } } : answer;
  };
}

test("C-404: whom the user has compared numbers with is verified under that key, or not at all", async () => {
  liar = await Liar.start(server);
  const [alice, bob] = [await member(liar.url, "alice"), await member(server.url, "bob")];
  const [mallory, other] = [Account.create("mallory").account, Account.create("other").account];
  expect(await alice.sotto.safetyNumber("bob")).toBe(await bob.sotto.safetyNumber("alice"));
  show("bob", mallory.publicKey);
  await expect(alice.sotto.verify("bob")).rejects.toMatchObject({ kind: "security", code: "E_KEY_CHANGED" });
  await expect(alice.sotto.verify("bob", bob.account.publicKey)).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  await expect(alice.sotto.trust("bob", bob.account.publicKey)).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  expect((await alice.sotto.person("bob")).key).toEqual({ state: "unknown" });
  show("bob", bob.account.publicKey);
  await alice.sotto.verify("bob");
  expect((await alice.sotto.person("bob")).key).toEqual({ state: "pinned", verified: true });
  // The user looks at one new key, and the server changes it once more before the decision arrives.
  show("bob", mallory.publicKey);
  const { key } = await alice.sotto.person("bob");
  expect(key).toEqual({ state: "changed", pinned: bob.account.publicKey, seen: mallory.publicKey });
  show("bob", other.publicKey);
  await expect(alice.sotto.trust("bob", mallory.publicKey)).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  expect((await alice.sotto.person("bob")).key).toMatchObject({ state: "changed", pinned: bob.account.publicKey });
  await alice.sotto.trust("bob", other.publicKey);
  expect((await alice.sotto.person("bob")).key).toEqual({ state: "pinned", verified: false });
});
