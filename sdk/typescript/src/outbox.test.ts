/** Messages on their way: none lost, none sent twice, in the order written. */

import { afterEach, describe, expect, it } from "vitest";
import { FakeServer, type Handler } from "../test/fake-server.js";
import { until } from "../test/server.js";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import type { Platform } from "./platform/platform.js";
import { webPlatform } from "./platform/web.js";
import type { SendMessage } from "./protocol.js";
import { MemoryStore } from "./store/memory.js";
import { Connection } from "./transport.js";

const DAY = 86_400_000;
const ok = { success: true, result: true };

/** A send; the signature is what it is told apart by. */
const send = (n: number, more: Partial<SendMessage> = {}): SendMessage => ({
  id: 7, message: "ab", signature: n.toString(16).padStart(2, "0").repeat(64), ...more,
});

const clock = (at: { now: number }): Platform => ({ ...webPlatform(), now: () => at.now });

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const done of cleanup.splice(0).reverse()) await done();
});

async function online(handle: Handler, requestTimeoutMs = 2000): Promise<{ link: Link; connect: () => Promise<void> }> {
  const server = await FakeServer.start(handle);
  const link = new Link(2000);
  cleanup.push(() => server.stop(), () => {
    link.end(new SottoError("disconnected", "Closed."));
  });
  const connect = async (): Promise<void> => {
    const connection = await Connection.open(parseServer(server.url), { connectTimeoutMs: 2000, requestTimeoutMs });
    link.online(connection);
  };
  await connect();
  return { link, connect };
}

describe("the outbox", () => {
  it("goes out in the order written, the clock going back or not, and is empty then", async () => {
    const store = new MemoryStore();
    const at = { now: 1_700_000_000_000 };
    const outbox = new Outbox(store, clock(at));
    for (let n = 9; n >= 1; n -= 1) {
      await outbox.keep(send(n));
      if (n === 5) at.now -= 3000;
    }
    const sent: unknown[] = [];
    const { link } = await online((_event, params, _peer, ack) => {
      sent.push(params);
      ack(ok);
    });
    expect(await outbox.flush(link)).toEqual([]);
    expect(sent).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => send(n)));
    expect(await store.keys("")).toEqual([]);
  });

  it("forgets what is dropped, and keeps what two tabs keep apart", async () => {
    const store = new MemoryStore();
    const at = { now: 5 };
    const [one, two] = [new Outbox(store, clock(at)), new Outbox(store, clock(at))];
    const [first, second] = [await one.keep(send(1)), await two.keep(send(2))];
    expect(first).not.toBe(second);
    expect(await store.keys("outbox-")).toHaveLength(2);
    await one.drop(first);
    expect(await store.keys("outbox-")).toEqual([second]);
  });

  it("R-403: keeps what cannot be answered now, and stops there", async () => {
    const store = new MemoryStore();
    const outbox = new Outbox(store, webPlatform());
    for (const n of [1, 2, 3]) await outbox.keep(send(n));
    let sent = 0;
    const { link } = await online((_event, _params, peer, ack) => {
      sent += 1;
      if (sent === 1) ack(ok);
      else peer.push("1");
    });
    await expect(outbox.flush(link.urgent)).rejects.toMatchObject({ kind: "disconnected" });
    expect(sent).toBe(2);
    expect(await store.keys("outbox-")).toHaveLength(2);
  });

  it("tells what was refused, and what would be doubled after a week", async () => {
    const store = new MemoryStore();
    const at = { now: 1_700_000_000_000 };
    const outbox = new Outbox(store, clock(at));
    await outbox.keep(send(1));
    at.now += 7 * DAY - 3_600_000 + 1;
    await outbox.keep(send(2, { id: 8 }));
    await outbox.keep(send(3));
    const sent: unknown[] = [];
    const { link } = await online((_event, params, _peer, ack) => {
      sent.push(params);
      ack(sent.length === 1 ? { success: false, result: "No.", code: "not_friends" } : ok);
    });
    expect(await outbox.flush(link)).toMatchObject([
      { dm: 7, why: { kind: "invalid" } },
      { dm: 8, why: { kind: "refused", code: "not_friends" } },
    ]);
    expect(sent).toEqual([send(2, { id: 8 }), send(3)]);
    expect(await store.keys("")).toEqual([]);
  });

  it("R-404: a wait before the send has shrunk by the time it lay", async () => {
    const store = new MemoryStore();
    const at = { now: 1_700_000_000_000 };
    const outbox = new Outbox(store, clock(at));
    await outbox.keep(send(1, { schedule: 100 }));
    await outbox.keep(send(2, { schedule: 5 }));
    await outbox.keep(send(3, { schedule_at: "2030-01-01T00:00:00.000000" }));
    at.now += 10_400;
    const sent: unknown[] = [];
    const { link } = await online((_event, params, _peer, ack) => {
      sent.push(params);
      ack(ok);
    });
    await outbox.flush(link);
    expect(sent).toEqual([send(1, { schedule: 90 }), send(2, { schedule: 0 }), send(3, { schedule_at: "2030-01-01T00:00:00.000000" })]);
  });

  it("tells of a damaged one, and lets the others go", async () => {
    const store = new MemoryStore();
    const outbox = new Outbox(store, webPlatform());
    await store.update("outbox-0", () => Uint8Array.of(0x7b));
    await outbox.keep(send(1));
    const sent: unknown[] = [];
    const { link } = await online((_event, params, _peer, ack) => {
      sent.push(params);
      ack(ok);
    });
    expect(await outbox.flush(link)).toMatchObject([{ dm: null, why: { kind: "storage" } }]);
    expect(sent).toEqual([send(1)]);
    expect(await store.keys("")).toEqual([]);
  });
});

describe("delivering", () => {
  it("R-403: sends again on the next connection what was not answered on this one", async () => {
    let sent = 0;
    const { link, connect } = await online((_event, _params, peer, ack) => {
      sent += 1;
      if (sent === 1) peer.push("1");
      else ack(ok);
    });
    const delivered = new Outbox(new MemoryStore(), webPlatform()).deliver(link, send(1));
    await until("the end of the connection", () => !link.isOnline);
    link.offline();
    await connect();
    await delivered;
    expect(sent).toBe(2);
  });

  it("gives a connection up that is silent twice, and a request that is refused at once", async () => {
    let answer: unknown;
    let sent = 0;
    const { link } = await online((_event, _params, _peer, ack) => {
      sent += 1;
      if (answer !== undefined) ack(answer);
    }, 500);
    const outbox = new Outbox(new MemoryStore(), webPlatform());
    answer = { success: false, result: "No.", code: "not_friends" };
    await expect(outbox.deliver(link, send(1))).rejects.toMatchObject({ code: "not_friends" });
    expect([sent, link.isOnline]).toEqual([1, true]);
    answer = undefined;
    await expect(outbox.deliver(link, send(2))).rejects.toMatchObject({ kind: "timeout" });
    expect([sent, link.isOnline]).toEqual([3, false]);
  });

  it("says so where nobody can be reached", async () => {
    const outbox = new Outbox(new MemoryStore(), webPlatform());
    await expect(outbox.deliver(new Link(20), send(1))).rejects.toMatchObject({ kind: "disconnected" });
  });
});
