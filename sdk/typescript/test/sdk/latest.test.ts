/** What one has just written is the newest message, whether its notice has come or not. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { MemoryStore, Sotto } from "../../src/index.js";
import { TestServer } from "../server.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

it("R-704: the newest message is the one that was just sent", async () => {
  const register = async (name: string): Promise<Sotto> => (await Sotto.register(server.url, name, { store: new MemoryStore() })).sotto;
  const [ada, bob, carol] = await Promise.all([register("ada"), register("bob"), register("carol")]);
  const dm = await ada.createDm([bob.username, carol.username]);
  expect(await ada.latest(dm.id)).toBeNull();
  for (let n = 0; n < 20; n += 1) {
    const { reference } = await ada.send(dm.id, String(n));
    const latest = await ada.latest(dm.id);
    expect(latest?.content).toMatchObject({ ok: true, value: { reference, text: String(n) } });
  }
  await Promise.all([ada.close(), bob.close(), carol.close()]);
});
