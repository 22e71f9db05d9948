/** The timeline against a server in memory: any order of pages and events ends at the truth. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { SottoError, type Queued } from "@sotto/sdk";
import { chance, FakeSession, message, NOON, queued, turn } from "./testing";
import type { SendFailed } from "./outgoing";
import { Timeline } from "./timeline";
import type { TimelineState } from "./timelineState";
import { toTimestamp } from "./time";
import { PAGE } from "./window";

const ids = (state: TimelineState): number[] => state.window.messages.map(({ id }) => id);

function seeded(count: number): FakeSession {
  const session = new FakeSession();
  for (let id = 1; id <= count; id += 1) session.truth.push(message(id));
  return session;
}

async function opened(session: FakeSession): Promise<Timeline> {
  const timeline = new Timeline(session, 1);
  await session.settle();
  return timeline;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("opening", () => {
  it("costs one page", async () => {
    const session = seeded(500);
    const timeline = await opened(session);
    expect(session.asked).toEqual([{ count: PAGE }]);
    expect(ids(timeline.getState())).toEqual(Array.from({ length: PAGE }, (_, index) => 451 + index));
    expect(timeline.getState().window.hasNewer).toBe(false);
  });

  it("of a short DM needs no second page to know that it has its beginning", async () => {
    const timeline = await opened(seeded(3));
    expect(timeline.getState().window.hasOlder).toBe(false);
  });

  it("that fails says so, and begins again when the connection is there", async () => {
    const session = seeded(3);
    session.failing = new SottoError("disconnected", "The connection ended.");
    const timeline = await opened(session);
    expect(timeline.getState().phase).toBe("failed");
    expect(timeline.getState().error?.kind).toBe("disconnected");
    session.failing = null;
    session.tell("connected", {});
    await session.settle();
    expect(ids(timeline.getState())).toEqual([1, 2, 3]);
  });
});

describe("events", () => {
  it("that come while the first page is under way are not lost, and what is deleted stays so", async () => {
    const session = seeded(3);
    const timeline = new Timeline(session, 1);
    await turn();
    session.tell("messageNew", { message: message(4) });
    session.tell("messageChanged", { message: message(2, undefined, { text: "edited", revision: 1 }) });
    session.tell("messageDeleted", { dm: 1, id: 1 });
    await session.settle();
    const { messages } = timeline.getState().window;
    expect(messages.map(({ id }) => id)).toEqual([2, 3, 4]);
    expect(messages[0]?.content.ok && messages[0].content.value.text).toBe("edited");
  });

  it("of other DMs change nothing", async () => {
    const session = seeded(3);
    const timeline = await opened(session);
    session.tell("messageNew", { message: message(9, undefined, { dm: 2 }) });
    session.tell("messageDeleted", { dm: 2, id: 3 });
    await session.settle();
    expect(ids(timeline.getState())).toEqual([1, 2, 3]);
  });

  it("at the end are counted while the end is not loaded", async () => {
    const session = seeded(500);
    const timeline = await opened(session);
    void timeline.jumpTo(message(100));
    await session.settle();
    expect(timeline.getState().window.hasNewer).toBe(true);
    session.truth.push(message(501));
    session.tell("messageNew", { message: message(501) });
    await session.settle();
    expect(ids(timeline.getState())).not.toContain(501);
    expect(timeline.getState().window.arrived).toBe(1);
    void timeline.toNewest();
    await session.settle();
    expect(ids(timeline.getState()).at(-1)).toBe(501);
    expect(timeline.getState().window.arrived).toBe(0);
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))("in any order end at the truth (seed %i)", async (seed) => {
    const next = chance(seed);
    const pick = (below: number): number => Math.floor(next() * below);
    const session = seeded(pick(260));
    let id = session.truth.length;
    const timeline = new Timeline(session, 1);
    for (let step = 0; step < 120; step += 1) {
      const kind = next();
      const victim = session.truth[pick(session.truth.length)];
      if (kind < 0.22) {
        id += 1;
        session.truth.push(message(id));
        session.tell("messageNew", { message: message(id) });
      } else if (kind < 0.32 && victim !== undefined && victim.content.ok) {
        const revision = victim.content.value.revision + 1;
        const edited = message(victim.id, undefined, { text: `edit ${String(step)}`, revision });
        session.truth[session.truth.indexOf(victim)] = edited;
        session.tell("messageChanged", { message: edited });
      } else if (kind < 0.42 && victim !== undefined) {
        session.truth.splice(session.truth.indexOf(victim), 1);
        session.tell("messageDeleted", { dm: 1, id: victim.id });
      } else if (kind < 0.52) void timeline.loadOlder();
      else if (kind < 0.6) void timeline.loadNewer();
      else if (kind < 0.64 && victim !== undefined) void timeline.jumpTo(victim);
      else if (kind < 0.67) void timeline.toNewest();
      else if (kind < 0.69) session.tell("historyReset", { dm: 1 });
      else if (kind < 0.85) session.events.shift()?.();
      else session.replies.shift()?.();
      if (next() < 0.5) await turn();
    }
    await session.settle();
    const { window, phase } = timeline.getState();
    expect(phase).toBe("ready");
    const from = window.messages.length === 0 ? 0 : session.truth.findIndex((one) => one.id === window.messages[0]?.id);
    expect(from).toBeGreaterThanOrEqual(0);
    const stretch = session.truth.slice(from, from + window.messages.length);
    expect(window.messages).toEqual(stretch);
    if (!window.hasOlder) expect(from).toBe(0);
    if (!window.hasNewer) expect(from + window.messages.length).toBe(session.truth.length);
    for (let guard = 0; guard < 30 && timeline.getState().window.hasOlder; guard += 1) {
      void timeline.loadOlder();
      await session.settle();
    }
    for (let guard = 0; guard < 30 && timeline.getState().window.hasNewer; guard += 1) {
      void timeline.loadNewer();
      await session.settle();
    }
    expect(timeline.getState().window.messages).toEqual(session.truth);
    timeline.close();
  });
});

describe("what is loaded", () => {
  it("stays bounded while one scrolls, and contiguous", async () => {
    const session = seeded(2000);
    const timeline = await opened(session);
    for (let page = 0; page < 30; page += 1) {
      void timeline.loadOlder();
      await session.settle();
    }
    const up = ids(timeline.getState());
    expect(up.length).toBeLessThanOrEqual(600);
    expect(up[0]).toBe(2000 - PAGE * 31 + 1);
    expect(timeline.getState().window.hasNewer).toBe(true);
    for (let page = 0; page < 30; page += 1) {
      void timeline.loadNewer();
      await session.settle();
    }
    const down = ids(timeline.getState());
    expect(down.at(-1)).toBe(2000);
    expect(down.length).toBeLessThanOrEqual(600);
    expect(down).toEqual(Array.from({ length: down.length }, (_, index) => 2000 - down.length + 1 + index));
  });

  it("asks once for a page that fails, then when asked again or connected", async () => {
    const session = seeded(200);
    const timeline = await opened(session);
    session.failing = new SottoError("disconnected", "The connection ended.");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      void timeline.loadOlder();
      await session.settle();
    }
    expect(timeline.getState().older).toBe("failed");
    expect(session.asked).toHaveLength(2);
    void timeline.loadOlder(true);
    await session.settle();
    expect(session.asked).toHaveLength(3);
    session.failing = null;
    session.tell("connected", {});
    await session.settle();
    void timeline.loadOlder();
    await session.settle();
    expect(timeline.getState().window.messages).toHaveLength(2 * PAGE);
  });

  it("is read again after a reset around where the view stands", async () => {
    const session = seeded(500);
    const timeline = await opened(session);
    timeline.anchor = () => ({ id: 470, timestamp: message(470).timestamp, offset: 12, atEnd: false });
    session.truth.splice(460, 3);
    session.tell("historyReset", { dm: 1 });
    await session.settle();
    expect(timeline.getState().target).toEqual({ at: "keep", id: 470, offset: 12 });
    expect(ids(timeline.getState())).toContain(470);
    expect(ids(timeline.getState())).not.toContain(462);
  });
});

describe("missing messages", () => {
  it("are told of what arrives, where an earlier one of that sender is loaded, and not of what is read page by page", async () => {
    const session = seeded(200);
    const old = session.truth[170];
    if (old !== undefined) session.truth[170] = { ...old, missingBefore: 3 };
    const timeline = await opened(session);
    expect(timeline.getState().gaps.size).toBe(0);
    session.truth.push(message(201, undefined, { missingBefore: 2 }), message(202, undefined, { sender: "bob", missingBefore: 9 }));
    for (const one of session.truth.slice(-2)) session.tell("messageNew", { message: one });
    await session.settle();
    expect([...timeline.getState().gaps]).toEqual([[201, 2]]);
  });
});

describe("self-destruction", () => {
  it("takes a message away at its time, with no word from the server", async () => {
    vi.useFakeTimers({ now: NOON });
    const session = new FakeSession();
    session.truth.push(message(1, NOON - 2000), message(2, NOON - 1000, { expires: toTimestamp(NOON + 5000) }));
    const timeline = new Timeline(session, 1);
    session.replies.shift()?.();
    await vi.advanceTimersByTimeAsync(4999);
    expect(ids(timeline.getState())).toEqual([1, 2]);
    expect(timeline.quoted("ref-2")?.text).toBe("message 2");
    await vi.advanceTimersByTimeAsync(2);
    expect(ids(timeline.getState())).toEqual([1]);
    expect(timeline.quoted("ref-2")).toBeNull();
    timeline.close();
  });
});

describe("sending", () => {
  const own = (id: number, reference: string): ReturnType<typeof message> => {
    const made = message(id, undefined, { sender: "me" });
    return made.content.ok ? { ...made, content: { ok: true, value: { ...made.content.value, reference } } } : made;
  };

  it.each(["answer first", "event first"])("shows a message once: %s", async (order) => {
    const session = seeded(1);
    const timeline = await opened(session);
    let answer = (): void => undefined;
    session.sending = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve({ reference: "r", queued: false });
        };
      });
    void timeline.send("hello", {});
    expect(timeline.getState().outgoing.map(({ text, state }) => [text, state])).toEqual([["hello", "sending"]]);
    const key = timeline.getState().outgoing[0]?.key;
    if (order === "answer first") answer();
    await turn();
    session.tell("messageNew", { message: own(2, "r") });
    await session.settle();
    if (order === "event first") answer();
    await turn();
    expect(timeline.getState().outgoing).toEqual([]);
    expect(ids(timeline.getState())).toEqual([1, 2]);
    expect(timeline.getState().keys.get(2)).toBe(key);
  });

  it("waits for the connection while queued", async () => {
    const session = seeded(0);
    const timeline = await opened(session);
    session.sending = () => Promise.resolve({ reference: "r", queued: true });
    void timeline.send("later", {});
    await turn();
    expect(timeline.getState().outgoing[0]?.state).toBe("queued");
    session.tell("messageNew", { message: own(1, "r") });
    await session.settle();
    expect(timeline.getState().outgoing).toEqual([]);
  });

  const refusal = new SottoError("refused", "You are not friends.", { code: "not_friends" });
  const failed = (reference: string, text: string, more = {}): SendFailed => {
    const waited = queued(reference, text, more);
    return { dm: waited.dm, reference, error: refusal, queued: waited };
  };

  it("goes on after the page was loaded anew: what waits is shown, and gone when it is back", async () => {
    const session = seeded(1);
    session.waiting = () =>
      Promise.resolve([
        queued("q1", "first", { replyTo: "ref-1", deleteAfter: 60 }),
        queued("q2", "second"),
        queued("q3", "at its hour", { due: toTimestamp(NOON + 3_600_000) }),
      ]);
    const timeline = await opened(session);
    const rows = timeline.getState().outgoing;
    expect(rows.map(({ text, state, startedMs }) => [text, state, startedMs])).toEqual([
      ["first", "queued", NOON],
      ["second", "queued", NOON],
    ]);
    expect(rows[0]?.options).toEqual({ replyTo: "ref-1", deleteAfter: 60 });
    expect(timeline.discard(rows[0]?.key ?? "")).toBeNull();
    session.tell("messageNew", { message: own(2, "q1") });
    await session.settle();
    expect(timeline.getState().outgoing.map(({ text }) => text)).toEqual(["second"]);
    expect(timeline.getState().keys.get(2)).toBe(rows[0]?.key);
  });

  it("never shows twice what is listed while it comes back, is given up, or was written here", async () => {
    const session = seeded(500);
    let answer = (_: Queued[]): void => undefined;
    session.waiting = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const timeline = await opened(session);
    session.sending = () => new Promise(() => undefined);
    void timeline.send("just now", {});
    session.tell("sendFailed", failed("no", "refused"));
    session.tell("sendFailed", failed("neither", "refused and discarded"));
    session.tell("messageNew", { message: own(501, "here") });
    await session.settle();
    expect(timeline.discard(timeline.getState().outgoing.at(-1)?.key ?? "")).toBe("refused and discarded");
    void timeline.jumpTo(message(100));
    await session.settle();
    session.tell("messageNew", { message: own(502, "there") });
    await session.settle();
    const listed = { no: "refused", neither: "refused and discarded", here: "back", there: "back, out of sight", now: "just now" };
    answer([...Object.entries(listed), ["new", "waits"]].map(([reference = "", text = ""]) => queued(reference, text)));
    await turn();
    expect(timeline.getState().outgoing.map(({ text, state }) => [text, state])).toEqual([
      ["waits", "queued"],
      ["just now", "sending"],
      ["refused", "failed"],
    ]);
  });

  it("that is refused on return fails with its sentence, and can be tried again", async () => {
    const session = seeded(0);
    session.waiting = () => Promise.resolve([queued("q", "listed")]);
    const timeline = await opened(session);
    session.sending = () => Promise.resolve({ reference: "r", queued: true });
    void timeline.send("here", {});
    await turn();
    session.tell("sendFailed", failed("elsewhere", "of another DM", { dm: 2 }));
    session.tell("sendFailed", failed("q", "listed"));
    session.tell("sendFailed", failed("r", "here"));
    await session.settle();
    const rows = timeline.getState().outgoing;
    expect(rows.map(({ text, state, error }) => [text, state, error?.code])).toEqual([
      ["listed", "failed", "not_friends"],
      ["here", "failed", "not_friends"],
    ]);
    session.sending = () => Promise.resolve({ reference: "again", queued: false });
    void timeline.resend(rows[0]?.key ?? "");
    await turn();
    session.tell("messageNew", { message: own(1, "again") });
    await session.settle();
    expect(timeline.discard(rows[1]?.key ?? "")).toBe("here");
    expect(timeline.getState().outgoing).toEqual([]);
  });

  it("that was refused while nobody looked is shown, a scheduled one too, which sent again leaves for its hour", async () => {
    const session = seeded(0);
    const due = toTimestamp(NOON + 3_600_000);
    const timeline = new Timeline(session, 1, [failed("a", "unseen"), failed("b", "at its hour", { due })]);
    await session.settle();
    const rows = timeline.getState().outgoing;
    expect(rows.map(({ text, state }) => [text, state])).toEqual([
      ["unseen", "failed"],
      ["at its hour", "failed"],
    ]);
    const sent: unknown[] = [];
    session.sending = (_text, options) => {
      sent.push(options);
      return Promise.resolve({ reference: "c", queued: false });
    };
    void timeline.resend(rows[1]?.key ?? "");
    await turn();
    expect(sent).toEqual([{ at: new Date(NOON + 3_600_000) }]);
    expect(timeline.getState().outgoing.map(({ text }) => text)).toEqual(["unseen"]);
  });

  it("that fails can be tried again or taken back", async () => {
    const session = seeded(0);
    const timeline = await opened(session);
    session.sending = () => Promise.reject(new SottoError("refused", "You are not friends.", { code: "not_friends" }));
    void timeline.send("no", {});
    void timeline.send("neither", {});
    await turn();
    const [first, second] = timeline.getState().outgoing;
    expect(first?.state).toBe("failed");
    expect(first?.error?.code).toBe("not_friends");
    expect(timeline.discard(second?.key ?? "")).toBe("neither");
    session.sending = () => Promise.resolve({ reference: "r", queued: false });
    void timeline.resend(first?.key ?? "");
    await turn();
    session.tell("messageNew", { message: own(1, "r") });
    await session.settle();
    expect(timeline.getState().outgoing).toEqual([]);
  });
});
