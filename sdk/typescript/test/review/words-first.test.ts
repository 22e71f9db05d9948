/** An account that comes to be only after its words were shown and confirmed. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { Account, MemoryStore, Sotto } from "../../src/index.js";
import { TestServer } from "../server.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test("C-106 C-107: keys first, the account after the words are safe; again with the same keys it is the same account", async () => {
  const { account, words } = Account.create("alice");
  const memory = { store: new MemoryStore() };
  expect(await Sotto.isTaken(server.url, "alice")).toBe(false);
  const sotto = await Sotto.registerAccount(server.url, account, memory);
  expect([sotto.state, sotto.account, (await sotto.me()).public_key]).toEqual(["online", account, account.publicKey]);
  await sotto.close();
  // A page that was reloaded after the answer was lost asks once more.
  const again = await Sotto.registerAccount(server.url, Account.recover("alice", words), { store: new MemoryStore() });
  expect((await again.me()).public_key).toBe(account.publicKey);
  await again.close();
  const { account: other } = Account.create("alice");
  await expect(Sotto.registerAccount(server.url, other, memory)).rejects.toMatchObject({ kind: "refused", code: "username_taken" });
  const { sotto: recovered } = await Sotto.recover(server.url, "alice", words, { store: new MemoryStore() });
  await recovered.close();
});
