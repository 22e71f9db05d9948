/** What is unread, who is typing, names in lines of text, and tasks that wait for room. */

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Dm, Message } from "@sotto/sdk";
import { byActivity, matches, oneLine, partnerOf, previewOf, titleOf } from "./names";
import { pool } from "./pool";
import { ReadMarks } from "./readMarks";
import { FakeSession, message, NOON, turn, unreadable } from "./testing";
import { toTimestamp } from "./time";
import { Typing, typingText } from "./typing";
import { COUNTED, Unread } from "./unread";

const dmOf = (id: number, more: Partial<Dm> = {}): Dm => ({
  id,
  users: ["me", "ada"],
  name: null,
  createdAt: toTimestamp(NOON - 1000),
  usersInCall: [],
  locked: null,
  ...more,
});

afterEach(() => {
  vi.useRealTimers();
});

describe("unread", () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  };

  async function started(session: FakeSession, since: number, kept = storage()) {
    const marks = new ReadMarks(kept, "s", "me", since);
    const unread = new Unread(
      session,
      { dms: () => Promise.resolve([dmOf(1)]), latest: () => Promise.resolve(session.truth.at(-1) ?? null) },
      marks,
    );
    await turn();
    await session.settle();
    await turn();
    return unread;
  }

  it("is nothing of what was there before this device looked first", async () => {
    const session = new FakeSession();
    session.truth.push(message(1), message(2));
    const unread = await started(session, NOON + 3_600_000);
    expect(unread.getCounts().total).toBe(0);
    expect(session.asked).toEqual([]);
    session.tell("messageNew", { message: message(3) });
    await session.settle();
    expect(unread.getCounts().byDm.get(1)).toBe(1);
  });

  it("is counted from the mark by one page, the user's own left out", async () => {
    const kept = storage();
    new ReadMarks(kept, "s", "me", NOON).advance(1, message(2).timestamp);
    const session = new FakeSession();
    session.truth.push(message(1), message(2), message(3), message(4, undefined, { sender: "me" }), message(5));
    const unread = await started(session, NOON, kept);
    expect(session.asked).toEqual([{ after: message(2).timestamp, count: COUNTED }]);
    expect(unread.getCounts().total).toBe(2);
  });

  it("ends with reading, with an answer from any device, with deletion and with the DM", async () => {
    const session = new FakeSession();
    const unread = await started(session, NOON);
    const count = () => unread.getCounts().total;
    for (const id of [1, 2, 3]) session.tell("messageNew", { message: message(id) });
    await session.settle();
    expect(count()).toBe(3);
    unread.read(1, message(1).timestamp);
    expect(count()).toBe(2);
    session.tell("messageDeleted", { dm: 1, id: 2 });
    await session.settle();
    expect(count()).toBe(1);
    session.tell("messageNew", { message: message(4, undefined, { sender: "me" }) });
    await session.settle();
    expect(count()).toBe(0);
    session.tell("messageNew", { message: message(5) });
    session.tell("dmGone", { dm: 1 });
    await session.settle();
    expect(count()).toBe(0);
    expect(unread.marks.get(1)).toBeNull();
  });

  it("ends with what another tab reads", async () => {
    const kept = storage();
    const session = new FakeSession();
    const unread = await started(session, NOON, kept);
    session.tell("messageNew", { message: message(1) });
    await session.settle();
    new ReadMarks(kept, "s", "me", NOON).advance(1, message(1).timestamp);
    expect(unread.getCounts().total).toBe(1);
    unread.marksChanged();
    expect(unread.getCounts().total).toBe(0);
  });
});

describe("typing", () => {
  it("ends with silence or with the message", () => {
    vi.useFakeTimers();
    const session = new FakeSession();
    const typing = new Typing(session);
    const deliver = () => {
      for (let next = session.events.shift(); next !== undefined; next = session.events.shift()) next();
    };
    session.tell("typing", { dm: 1, username: "ada" });
    session.tell("typing", { dm: 1, username: "bob" });
    deliver();
    expect(typing.in(1)).toEqual(["ada", "bob"]);
    expect(typing.in(1)).toBe(typing.in(1));
    session.tell("messageNew", { message: message(1, undefined, { sender: "bob" }) });
    deliver();
    expect(typing.in(1)).toEqual(["ada"]);
    vi.advanceTimersByTime(4000);
    session.tell("typing", { dm: 1, username: "ada" });
    deliver();
    vi.advanceTimersByTime(4999);
    expect(typing.in(1)).toEqual(["ada"]);
    vi.advanceTimersByTime(1);
    expect(typing.in(1)).toEqual([]);
    typing.close();
  });

  it("is told in few words", () => {
    expect(["", "a", "a b", "a b c"].map((names) => typingText(names.split(" ").filter(Boolean)))).toEqual([
      "",
      "a is typing",
      "a and b are typing",
      "Several people are typing",
    ]);
  });
});

describe("names", () => {
  const named = dmOf(2, { users: ["me", "ada", "bob"], name: { ok: true, value: "Walks" } });

  it("of a DM are its own or the others'", () => {
    expect(titleOf(named, "me")).toBe("Walks");
    expect(titleOf(dmOf(1, { users: ["ada", "me", "bob", "cleo"] }), "me")).toBe("ada, bob and cleo");
    expect(titleOf(dmOf(1, { users: ["me"] }), "me")).toBe("Nobody else");
    expect(titleOf(dmOf(1, { name: { ok: false, why: { code: "E_TAG", sentence: "No." } } }), "me")).toBe("ada");
    expect(partnerOf(dmOf(1), "me")).toBe("ada");
    expect(partnerOf(named, "me")).toBeNull();
  });

  it("are found by the filter, members included", () => {
    expect(["walk", "BOB", " ", "me", "zoe"].map((text) => matches(named, "me", text))).toEqual([true, true, true, false, false]);
  });

  it("stand by latest activity, and DMs without messages by their making", () => {
    const latest = new Map<number, Message | null>([
      [1, message(1, NOON + 5000)],
      [2, null],
      [3, message(3, NOON + 9000)],
    ]);
    const dms = [dmOf(1), dmOf(2, { createdAt: toTimestamp(NOON + 7000) }), dmOf(3), dmOf(4)];
    expect(byActivity(dms, (dm) => latest.get(dm)).map(({ id }) => id)).toEqual([3, 2, 1, 4]);
  });

  it("and texts are shown on one line", () => {
    expect(oneLine("**a** ~~b~~ `c`\n\n  d")).toBe("a b c d");
    expect(oneLine("2 * 3 ** 4")).toBe("2 * 3 ** 4");
    expect(previewOf(message(1), "me", true)).toEqual({ who: "ada", text: "message 1", unreadable: false });
    expect(previewOf(message(1), "me", false).who).toBeNull();
    expect(previewOf(unreadable(1), "ada", false)).toEqual({ who: "You", text: "A message that cannot be read", unreadable: true });
  });
});

describe("a pool", () => {
  it("runs so many at once, the others in order, also after failures", async () => {
    const limited = pool(2);
    const running = new Set<number>();
    let most = 0;
    const order: number[] = [];
    const done = Array.from({ length: 9 }, (_, at) =>
      limited(async () => {
        running.add(at);
        order.push(at);
        most = Math.max(most, running.size);
        await turn();
        running.delete(at);
        if (at % 3 === 0) throw new Error("no");
        return at;
      }).catch(() => -1),
    );
    expect(await Promise.all(done)).toEqual([-1, 1, 2, -1, 4, 5, -1, 7, 8]);
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
