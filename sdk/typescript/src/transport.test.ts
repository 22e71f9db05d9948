/** One connection: against a real server, and against one that misbehaves. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FakeServer, type Handler } from "../test/fake-server.js";
import { TestServer, until } from "../test/server.js";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";
import { Connection, type Notice, TRANSPORT_DEFAULTS } from "./transport.js";

const quick = { connectTimeoutMs: 300, requestTimeoutMs: 100 };

describe("with a real server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  }, 60_000);
  afterAll(() => server.stop());

  it("R-101: connects with the address alone, asks, and reads answers and refusals (R-103)", async () => {
    const connection = await Connection.open(parseServer(server.url), TRANSPORT_DEFAULTS);
    expect(await connection.call("username_exists", { username: "nobody" })).toBe(false);
    const refused = await connection.call("get_dms", {}).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SottoError);
    expect(refused).toMatchObject({ kind: "refused", code: "not_logged_in", retryAfter: undefined, outcomeUnknown: false });
    expect((refused as SottoError).isRefusal("not_logged_in")).toBe(true);
    connection.close();
    expect(await connection.closed).toBe("it was closed");
  });

  it("R-147: a request over the frame limit is not sent", async () => {
    const connection = await Connection.open(parseServer(server.url), TRANSPORT_DEFAULTS);
    const large = connection.call("username_exists", { username: "x".repeat(3 << 20) });
    await expect(large).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("2097152") });
    expect(await connection.call("username_exists", { username: "x" })).toBe(false);
    connection.close();
  });

  it("tells when the server is gone, to everyone who waits", async () => {
    const own = await TestServer.start();
    const connection = await Connection.open(parseServer(own.url), TRANSPORT_DEFAULTS);
    await own.down();
    expect(await connection.closed).not.toBe("it was closed");
    expect(connection.isClosed).toBe(true);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "disconnected", outcomeUnknown: true });
    await expect(Connection.open(parseServer(own.url), quick)).rejects.toMatchObject({ kind: "connect" });
    await own.stop();
  }, 60_000);
});

describe("with a server that misbehaves", () => {
  const started: FakeServer[] = [];
  const start = async (handle: Handler, handshake?: Parameters<typeof FakeServer.start>[1]): Promise<FakeServer> => {
    const server = await FakeServer.start(handle, handshake);
    started.push(server);
    return server;
  };
  const open = (server: FakeServer, options = TRANSPORT_DEFAULTS): Promise<Connection> => Connection.open(parseServer(server.url), options);
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });

  it("falls back to polling where websockets do not get through", async () => {
    const server = await start((_event, params, _peer, ack) => {
      ack({ success: true, result: (params as { username: string }).username === "there" });
    });
    const connection = await open(server);
    expect(server.upgrades).toBe(1);
    expect(await connection.call("username_exists", { username: "there" })).toBe(true);
    expect(await connection.call("username_exists", { username: "not there" })).toBe(false);
    connection.close();
  });

  it("does not wait longer than told for a connection, or for an answer", async () => {
    const silent = await start(() => undefined, { connect: null });
    await expect(open(silent, quick)).rejects.toMatchObject({
      kind: "connect", message: expect.stringContaining("no answer within 0.3 s"),
    });
    const deaf = await start(() => undefined);
    const connection = await open(deaf, quick);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "timeout", outcomeUnknown: true });
    expect(connection.isClosed).toBe(false);
    connection.close();
  });

  it("an answer that comes too late harms nothing", async () => {
    let late: ((answer: unknown) => void) | undefined;
    const server = await start((event, _params, _peer, ack) => {
      if (event === "get_dms") late = ack;
      else ack({ success: true, result: [] });
    });
    const connection = await open(server, quick);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "timeout" });
    late?.({ success: true, result: [1] });
    expect(await connection.call("get_friends", {})).toEqual([]);
    connection.close();
  });

  it("a server that refuses the namespace is told of as it says", async () => {
    const server = await start(() => undefined, { connect: '44{"message":"too many connections"}' });
    await expect(open(server)).rejects.toMatchObject({ kind: "connect", message: expect.stringContaining("too many connections") });
  });

  it("R-117: what waits for an answer learns of the end", async () => {
    const server = await start((_event, _params, peer) => {
      peer.push("1");
    });
    const connection = await open(server);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "disconnected" });
    expect(await connection.closed).toBe("the server hung up");
  });

  it("can be given up while it dials, and while it waits", async () => {
    const server = await start(() => undefined, { connect: null });
    const stop = new AbortController();
    const why = new SottoError("disconnected", "Closed.");
    const dialling = Connection.open(parseServer(server.url), TRANSPORT_DEFAULTS, stop.signal);
    stop.abort(why);
    await expect(dialling).rejects.toBe(why);
    await expect(Connection.open(parseServer(server.url), TRANSPORT_DEFAULTS, stop.signal)).rejects.toBe(why);
    const deaf = await start(() => undefined);
    const connection = await open(deaf);
    const waiting = connection.call("get_dms", {});
    connection.close();
    await expect(waiting).rejects.toMatchObject({ kind: "disconnected" });
  });

  it.each([
    null, true, "yes", 7, [], {}, { success: true }, { result: [] }, { success: true, result: {} }, { success: true, result: [1, "2"] },
  ])("an answer %j is no answer", async (answer) => {
    const server = await start((_event, _params, _peer, ack) => {
      ack(answer);
    });
    const connection = await open(server);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "protocol", outcomeUnknown: false });
    connection.close();
  });

  it("R-129: refusals without a code, and with one from the future", async () => {
    const answers = [
      { success: false, result: "No." },
      { success: false, result: "No.", code: "from_the_future", retry_after: 3 },
      { success: false, result: 7, code: 7, retry_after: "soon" },
    ];
    const server = await start((_event, _params, _peer, ack) => {
      ack(answers.shift());
    });
    const connection = await open(server);
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ kind: "refused", code: undefined, message: "No." });
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({ code: "from_the_future", retryAfter: 3 });
    await expect(connection.call("get_dms", {})).rejects.toMatchObject({
      kind: "refused", code: undefined, retryAfter: undefined, message: "The server refused without a reason.",
    });
    connection.close();
  });

  it("R-304, R-701: notices come in order, early ones too, unknown ones not; an ack goes out when it is said", async () => {
    const server = await start((_event, _params, peer, ack) => {
      peer.notify("typing_notification", { id: 1, username: "a" });
      peer.notify("from_the_future", {});
      peer.notify("message_delete_notification", 5);
      peer.notify("typing_notification", { id: "1", username: "a" });
      peer.notify("x3dh_notification", { id: 9, sender: "a", ik: "", spk: "", ek: "", key_tree: [], position: 1 }, 0);
      ack({ success: true, result: [] });
    });
    const connection = await open(server);
    await connection.call("get_dms", {});
    const seen: Notice[] = [];
    connection.listen((notice) => seen.push(notice));
    await connection.call("get_dms", {});
    await until("six notices", () => seen.length === 6);
    expect(seen.map((notice) => notice.name)).toEqual([
      "typing_notification", "message_delete_notification", "x3dh_notification",
      "typing_notification", "message_delete_notification", "x3dh_notification",
    ]);
    expect(seen[1]).toMatchObject({ payload: 5, ack: undefined });
    const [peer] = server.peers;
    expect(peer?.acked).toEqual([]);
    seen[2]?.ack?.();
    await until("the ack", () => peer?.acked.length === 1);
    expect(peer?.acked).toEqual([0]);
    connection.close();
    seen[5]?.ack?.();
  });

  it("a server that falls silent is noticed", async () => {
    const server = await start(() => undefined, { pingInterval: 50, pingTimeout: 50 });
    const connection = await open(server);
    expect(await connection.closed).toBe("the server fell silent");
  });
});
