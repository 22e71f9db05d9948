/** Logging in, and the session that outlives its connections. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { FakeServer, type Handler } from "../test/fake-server.js";
import { Proxy } from "../test/proxy.js";
import { TestServer } from "../test/server.js";
import { Account } from "./account.js";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";
import { Backoff, dial, isFinal, Link, onWake, pause } from "./link.js";
import { webPlatform } from "./platform/web.js";
import { isTaken, register } from "./register.js";
import { Connection, TRANSPORT_DEFAULTS } from "./transport.js";

const quick = { connectTimeoutMs: 2000, requestTimeoutMs: 60 };
const ok = (result: unknown): unknown => ({ success: true, result });
const closed = new SottoError("disconnected", "Closed.");

const fakes: FakeServer[] = [];
const fake = async (handle: Handler): Promise<FakeServer> => {
  const server = await FakeServer.start(handle);
  fakes.push(server);
  return server;
};
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const server of fakes.splice(0)) await server.stop();
});

describe("with a real server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  }, 60_000);
  afterAll(() => server.stop());
  const platform = webPlatform();

  it("R-201, R-207, R-220: registers, logs in by signature, and is who it says", async () => {
    const address = parseServer(server.url);
    const { account } = Account.create("Ada");
    expect(await isTaken(address, "ada", TRANSPORT_DEFAULTS)).toBe(false);
    await register(address, account, platform, TRANSPORT_DEFAULTS);
    expect(await isTaken(address, "ada", TRANSPORT_DEFAULTS)).toBe(true);
    const connection = await dial(address, account, TRANSPORT_DEFAULTS);
    expect(await connection.call("get_full_user", {})).toMatchObject({ username: "Ada", public_key: account.publicKey });
    connection.close();
  });

  it("R-201: another's name stays another's; one's own is registered, however often it is asked for", async () => {
    const address = parseServer(server.url);
    const { account } = Account.create("bob");
    await register(address, account, platform, TRANSPORT_DEFAULTS);
    await register(address, account, platform, TRANSPORT_DEFAULTS);
    const thief = register(address, Account.create("bob").account, platform, TRANSPORT_DEFAULTS);
    await expect(thief).rejects.toMatchObject({ kind: "refused", code: "username_taken" });
    const wrong = dial(address, Account.create("bob").account, TRANSPORT_DEFAULTS);
    await expect(wrong).rejects.toMatchObject({ kind: "refused", code: "wrong_response" });
    await expect(dial(address, Account.create("nobody").account, TRANSPORT_DEFAULTS)).rejects.toMatchObject({ code: "no_such_user" });
  });

  it("a registration whose answer was lost is a registration", async () => {
    const proxy = await Proxy.start(server.url);
    const { account } = Account.create("carol");
    let lost = 0;
    proxy.cutAt = (text) => {
      // The first ack on a connection is that of `register`; later ones are of the login.
      const cut = lost === 0 && text.includes('430[{"success":true');
      if (cut) lost += 1;
      return cut;
    };
    await register(parseServer(proxy.url), account, platform, TRANSPORT_DEFAULTS);
    expect(lost).toBe(1);
    (await dial(parseServer(server.url), account, TRANSPORT_DEFAULTS)).close();
    await proxy.stop();
  });

  it("a registration goes on after losses in a row, the login to find out included", async () => {
    const proxy = await Proxy.start(server.url);
    const { account } = Account.create("dave");
    let lost = 0;
    proxy.cutAt = (text) => {
      // The answers to `register`, then to `login`, then to `register` once more.
      const cut = lost < 3 && text.includes("430[{");
      if (cut) lost += 1;
      return cut;
    };
    await register(parseServer(proxy.url), account, platform, TRANSPORT_DEFAULTS);
    expect(lost).toBe(3);
    (await dial(parseServer(server.url), account, TRANSPORT_DEFAULTS)).close();
    await proxy.stop();
  });

  it("a server that cannot be reached at all is told at once", async () => {
    const gone = await Proxy.start(server.url);
    const address = parseServer(gone.url);
    await gone.stop();
    const refused = register(address, Account.create("erin").account, platform, TRANSPORT_DEFAULTS);
    await expect(refused).rejects.toMatchObject({
      kind: "connect", message: `Cannot connect to ${address.origin}: the network failed, or nothing answers there.`,
    });
  });

  it("C-402, R-221: a login for another origin than the server's is none", async () => {
    const { account } = Account.create("dan");
    const address = parseServer(server.url);
    await register(address, account, platform, TRANSPORT_DEFAULTS);
    const own = await TestServer.start({ SOTTO_PUBLIC_URL: "https://chat.example.org" });
    await register(parseServer(own.url), account, platform, TRANSPORT_DEFAULTS);
    await expect(dial(parseServer(own.url), account, TRANSPORT_DEFAULTS)).rejects.toMatchObject({ code: "wrong_response" });
    await own.stop();
  }, 60_000);

  it("C-109: a server in between that passes the challenge on gains no login elsewhere", async () => {
    const { account } = Account.create("eve-target");
    const address = parseServer(server.url);
    await register(address, account, platform, TRANSPORT_DEFAULTS);
    const behind = await Connection.open(address, TRANSPORT_DEFAULTS);
    const answers: unknown[] = [];
    const between = await fake((event, params, _peer, ack) => {
      if (event === "login") void behind.call("login", { username: "eve-target" }).then((challenge) => { ack(ok(challenge)); });
      else {
        answers.push(params);
        ack(ok(true));
      }
    });
    // Seen from the user the two are different places; the real server takes both loopback names only as they are dialled.
    (await dial(parseServer(between.url), account, TRANSPORT_DEFAULTS)).close();
    const [answer] = answers as { response: string }[];
    expect(answer?.response).toMatch(/^[0-9a-f]{128}$/);
    const relayed = behind.call("login_challenge_response", { response: answer?.response ?? "" });
    await expect(relayed).rejects.toMatchObject({ code: "wrong_response" });
    behind.close();
  });
});

describe("logging in to a server that is none of ours", () => {
  const account = Account.create("alice").account;

  it.each(["", "ab".repeat(31), "ab".repeat(33), "AB".repeat(32), "x", 7, null])("C-403: a challenge %j is not answered", async (sent) => {
    const events: string[] = [];
    const server = await fake((event, _params, _peer, ack) => {
      events.push(event);
      ack(ok(sent));
    });
    const refused = await dial(parseServer(server.url), account, TRANSPORT_DEFAULTS).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: "security", code: "E_CHALLENGE" });
    expect(isFinal(refused)).toBe(true);
    expect(events).toEqual(["login"]);
  });

  it("can be given up in the midst", async () => {
    const stop = new AbortController();
    const server = await fake(() => {
      stop.abort(closed);
    });
    await expect(dial(parseServer(server.url), account, TRANSPORT_DEFAULTS, stop.signal)).rejects.toMatchObject({ kind: "disconnected" });
  });
});

describe("the link", () => {
  const open = (server: FakeServer, options = quick): Promise<Connection> => Connection.open(parseServer(server.url), options);

  it("a request waits for a connection as long as for an answer; whoever makes connections does not wait", async () => {
    const server = await fake((_event, _params, _peer, ack) => {
      ack(ok([1]));
    });
    const link = new Link(5000);
    expect(link.isOnline).toBe(false);
    await expect(link.urgent.call("get_dms", {})).rejects.toMatchObject({ kind: "disconnected" });
    const waiting = link.call("get_dms", {});
    const connection = await open(server);
    link.online(connection);
    expect(await waiting).toEqual([1]);
    expect(await link.urgent.call("get_dms", {})).toEqual([1]);
    await link.ready();
    connection.close();
    // What ended a moment ago is not used again, though nobody has said so yet.
    expect(link.isOnline).toBe(false);
    const next = link.call("get_dms", {});
    link.offline();
    link.online(await open(server));
    expect(await next).toEqual([1]);
    link.end(closed);
  });

  it("waits no longer than its patience", async () => {
    await expect(new Link(30).call("get_dms", {})).rejects.toMatchObject({
      kind: "disconnected", message: "The server cannot be reached at the moment.",
    });
  });

  it("tells everyone when it ends, for good", async () => {
    const server = await fake((_event, _params, _peer, ack) => {
      ack({ success: false, result: "Slowly.", code: "rate_limited", retry_after: 60 });
    });
    const link = new Link(5000);
    const waiting = [link.call("get_dms", {}), link.ready()];
    const connection = await open(server);
    const end = new SottoError("refused", "Gone.", { code: "no_such_user" });
    const other = new Link(5000);
    other.online(connection);
    const patient = other.patient("get_dms", {});
    // Its first answer tells it to wait a minute, out of which the end takes it.
    await expect(other.call("get_dms", {})).rejects.toMatchObject({ code: "rate_limited" });
    other.end(end);
    link.end(end);
    for (const request of [...waiting, patient, link.call("get_dms", {}), link.urgent.call("get_dms", {})]) {
      await expect(request).rejects.toBe(end);
    }
    expect(connection.isClosed).toBe(true);
    link.online(await open(server));
    await expect(link.call("get_dms", {})).rejects.toBe(end);
    expect(link.ended.reason).toBe(end);
  });

  it("R-104: waits out a limit where a request may wait, and nowhere else", async () => {
    const answers = [
      { success: false, result: "Slowly.", code: "rate_limited", retry_after: 1 },
      { success: false, result: "Slowly.", code: "rate_limited", retry_after: 1 },
      ok([2]),
    ];
    const server = await fake((_event, _params, _peer, ack) => {
      ack(answers.shift());
    });
    const link = new Link(5000);
    link.online(await open(server));
    await expect(link.call("get_dms", {})).rejects.toMatchObject({ code: "rate_limited", retryAfter: 1 });
    expect(await link.patient("get_dms", {})).toEqual([2]);
    link.end(closed);
  });

  it("asks again while the outcome is not known, four times in all", async () => {
    let asked = 0;
    let answerAt = 4;
    const server = await fake((_event, _params, _peer, ack) => {
      asked += 1;
      if (asked === answerAt) ack(ok(true));
    });
    const link = new Link(5000);
    link.online(await open(server));
    expect(await link.untilKnown("block_user", { username: "a" })).toBe(true);
    expect(asked).toBe(4);
    [asked, answerAt] = [0, 5];
    await expect(link.untilKnown("block_user", { username: "a" })).rejects.toMatchObject({ kind: "timeout" });
    expect(asked).toBe(4);
    link.end(closed);
  });

  it("a renewed one closes its connection so that another is made", async () => {
    const server = await fake(() => undefined);
    const link = new Link(5000);
    link.renew();
    const connection = await open(server);
    link.online(connection);
    link.renew();
    expect(connection.isClosed).toBe(true);
  });
});

describe("between attempts", () => {
  /** Events of a page, as far as they are listened to here. */
  const page = (): { target: EventTarget; visible: (state: string) => void } => {
    const target = new EventTarget();
    vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
    vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
    const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("document", document);
    return {
      target,
      visible: (state) => {
        document.visibilityState = state;
        document.dispatchEvent(new Event("visibilitychange"));
      },
    };
  };
  const limited = new SottoError("refused", "Slowly.", { code: "rate_limited", retryAfter: 7 });

  it("waits double, within bounds, and for as long as the server asks", () => {
    const backoff = new Backoff();
    for (const ceiling of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const wait = backoff.wait();
      expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
      expect(wait).toBeLessThanOrEqual(ceiling);
    }
    const asked = new Backoff().wait(limited);
    expect(asked).toBeGreaterThanOrEqual(7250);
    expect(asked).toBeLessThanOrEqual(7500);
    const forever = new SottoError("refused", "No.", { code: "locked_out", retryAfter: 1e12 });
    expect(new Backoff().wait(forever)).toBeLessThanOrEqual(3_600_500);
  });

  it("tries at once when the device is online again or the page is looked at, unless the server asked for the wait", async () => {
    vi.useFakeTimers();
    try {
      const { target, visible } = page();
      const outcomes: string[] = [];
      const wait = (name: string, error?: SottoError): Promise<number> => {
        const backoff = new Backoff();
        for (let i = 0; i < 8; i += 1) backoff.wait();
        return backoff.pause(error, undefined).then(() => outcomes.push(name));
      };
      const first = wait("online");
      const asked = wait("asked", limited);
      target.dispatchEvent(new Event("online"));
      await first;
      const second = wait("visible");
      visible("hidden");
      await vi.advanceTimersByTimeAsync(1000);
      expect(outcomes).toEqual(["online"]);
      visible("visible");
      await second;
      expect(outcomes).toEqual(["online", "visible"]);
      await vi.advanceTimersByTimeAsync(37_500);
      await asked;
      expect(outcomes).toEqual(["online", "visible", "asked"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is given up at once", async () => {
    const stop = new AbortController();
    const waits = [new Backoff().pause(undefined, stop.signal), new Backoff().pause(limited, stop.signal), pause(60_000, stop.signal)];
    stop.abort(closed);
    for (const wait of [...waits, new Backoff().pause(undefined, stop.signal), pause(60_000, stop.signal)]) {
      await expect(wait).rejects.toBe(closed);
    }
  });

  it("stops listening when it is told so, and lives where there is no page", () => {
    const { target } = page();
    let woken = 0;
    const stop = onWake(() => (woken += 1));
    target.dispatchEvent(new Event("online"));
    stop();
    target.dispatchEvent(new Event("online"));
    expect(woken).toBe(1);
    vi.unstubAllGlobals();
    onWake(() => undefined)();
  });

  it.each([
    [new SottoError("security", "x", { code: "E_CHALLENGE" }), true],
    [new SottoError("invalid", "x"), true],
    [new SottoError("refused", "x", { code: "no_such_user" }), true],
    [new SottoError("refused", "x", { code: "wrong_response" }), true],
    [new SottoError("refused", "x", { code: "invalid_request" }), true],
    [new SottoError("refused", "x", { code: "locked_out", retryAfter: 60 }), false],
    [new SottoError("refused", "x", { code: "rate_limited" }), false],
    [new SottoError("refused", "x", { code: "from_the_future" }), false],
    [new SottoError("connect", "x"), false],
    [new SottoError("disconnected", "x"), false],
    [new SottoError("timeout", "x"), false],
    [new SottoError("protocol", "x"), false],
    [new SottoError("storage", "x"), false],
    [new Error("x"), false],
  ])("%s (%#) is final: %s", (error, final) => {
    expect(isFinal(error)).toBe(final);
  });
});
