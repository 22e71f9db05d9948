/** A server that greets twice, and one that lets everyone in only to hang up: one connection, and attempts that stay apart. */

import { afterEach, expect, test } from "vitest";
import { parseServer } from "../../src/address.js";
import { MemoryStore, Sotto, SottoError } from "../../src/index.js";
import { Backoff } from "../../src/link.js";
import { Connection, TRANSPORT_DEFAULTS } from "../../src/transport.js";
import { FakeServer } from "../fake-server.js";
import { TestServer, until } from "../server.js";
import { Liar } from "./liar.js";

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

test("a second greeting changes nothing: notices still arrive, and the end is noticed", async () => {
  server = await FakeServer.start((event, _params, peer, ack) => {
    peer.push('40{"sid":"other"}');
    peer.notify("message_delete_notification", 7);
    ack({ success: true, result: event === "get_friends" ? [] : true });
  });
  const connection = await Connection.open(parseServer(server.url), TRANSPORT_DEFAULTS);
  const heard: string[] = [];
  connection.listen(({ name }) => heard.push(name));
  expect(await connection.call("get_friends", {})).toEqual([]);
  expect(await connection.call("get_friends", {})).toEqual([]);
  expect(heard).toContain("message_delete_notification");
  server.peers.at(-1)?.push("41");
  expect(await connection.closed).toBe("the server closed it");
  expect(connection.isClosed).toBe(true);
  connection.close();
});

test("attempts move apart while connections do not last, and begin anew after one that did", () => {
  const backoff = new Backoff();
  const why = new SottoError("disconnected", "x");
  const waits: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    waits.push(backoff.wait(why));
    backoff.lasted(100);
  }
  expect(waits[0]).toBeLessThanOrEqual(500);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000);
  backoff.lasted(120_000);
  expect(backoff.wait(why)).toBeLessThanOrEqual(500);
});

test("a server that lets everyone in and hangs up at once is asked ever less often", async () => {
  const real = await TestServer.start();
  const liar = await Liar.start(real);
  try {
    const { sotto, account } = await Sotto.register(real.url, "alice", { store: new MemoryStore() });
    await sotto.close();
    let settled = 0;
    liar.answer = (event, _params, answer) => {
      // The last question after a login.
      if (event === "get_friends") {
        settled += 1;
        setTimeout(() => liar.peers.at(-1)?.push("41"), 0);
      }
      return answer;
    };
    const flapping = await Sotto.open(liar.url, account, { store: new MemoryStore() });
    const since = performance.now();
    await until("five logins", () => settled >= 5);
    // 250, 500, 1,000 and 2,000 ms are the least waits in between.
    expect(performance.now() - since).toBeGreaterThanOrEqual(3_700);
    await flapping.close();
  } finally {
    await liar.stop();
    await real.stop();
  }
});
