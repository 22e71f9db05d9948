/** Days, spans, groups, steps of a virtual list, and read marks. */

import { describe, expect, it } from "vitest";
import { GROUP_MS, standings } from "./grouping";
import { ReadMarks, storageKey } from "./readMarks";
import { nextStep, type Keyed } from "./stage";
import { chance, message, NOON, unreadable } from "./testing";
import { countdownText, justAfter, nextTick, spanText, toMs, toTimestamp } from "./time";
import { endsHistory } from "./window";

const DAY = 86_400_000;

describe("moments (R-114)", () => {
  it("go there and back", () => {
    expect(toMs("2023-07-22T01:58:59.123456")).toBe(Date.UTC(2023, 6, 22, 1, 58, 59, 123));
    expect(toTimestamp(Date.UTC(2023, 6, 22, 1, 58, 59, 123))).toBe("2023-07-22T01:58:59.123000");
  });

  it("have a next one, a microsecond later", () => {
    expect(justAfter("2023-07-22T01:58:59.123456")).toBe("2023-07-22T01:58:59.123457");
    expect(justAfter("2023-12-31T23:59:59.999999")).toBe("2024-01-01T00:00:00.000000");
  });
});

describe("countdowns", () => {
  it.each([
    [0, "0:00"],
    [-5, "0:00"],
    [1, "0:01"],
    [30_000, "0:30"],
    [61_000, "1:01"],
    [3_599_000, "59:59"],
    [3_600_000, "1 h"],
    [12_000_000, "3 h 20 min"],
    [DAY, "1 day"],
    [DAY + 5 * 3_600_000, "1 day 5 h"],
    [6 * DAY + 1, "6 days"],
  ])("%i ms: %s", (left, text) => {
    expect(countdownText(left)).toBe(text);
  });

  it("tick exactly when their text changes", () => {
    const next = chance(7);
    for (let round = 0; round < 500; round += 1) {
      const left = Math.ceil(next() * 2 * 3_600_000);
      const tick = nextTick(left);
      expect(tick).toBeGreaterThan(0);
      if (left <= 3_600_000) {
        expect(countdownText(left - tick + 1)).toBe(countdownText(left));
        expect(countdownText(left - tick)).not.toBe(countdownText(left));
      } else expect(tick).toBeLessThanOrEqual(60_000);
    }
  });

  it("are set in words", () => {
    expect(spanText(30)).toBe("30 seconds");
    expect(spanText(3600)).toBe("1 hour");
    expect(spanText(604_800)).toBe("1 week");
    expect(spanText(5400)).toBe("1 hour 30 minutes");
  });
});

describe("standing", () => {
  it("groups one sender within five minutes of the first gap", () => {
    const list = [
      message(1, NOON),
      message(2, NOON + GROUP_MS),
      message(3, NOON + 2 * GROUP_MS + 1),
      message(4, NOON + 2 * GROUP_MS + 2, { sender: "bob" }),
      message(5, NOON + 2 * GROUP_MS + 3, { sender: "bob" }),
      unreadable(6, NOON + 2 * GROUP_MS + 4),
    ];
    const found = standings(list, false, null, "me");
    expect(found.map(({ first }) => first)).toEqual([true, false, true, true, false, true]);
    expect(found.map(({ last }) => last)).toEqual([false, true, true, false, true, true]);
  });

  it("begins a day at local midnight", () => {
    const midnight = new Date(2026, 4, 15).getTime();
    const found = standings([message(1, midnight - 1000), message(2, midnight), message(3, midnight + 1000)], false, null, "me");
    expect(found.map(({ day }) => day !== null)).toEqual([true, true, false]);
    expect(found[1]?.first).toBe(true);
  });

  it("draws the line above the first message of others after what was read", () => {
    const list = [message(1), message(2), message(3, undefined, { sender: "me" }), message(4), message(5)];
    const lines = (older: boolean, mark: string | null): number => standings(list, older, mark, "me").findIndex(({ newLine }) => newLine);
    expect(lines(false, message(2).timestamp)).toBe(3);
    expect(lines(false, "")).toBe(0);
    expect(lines(true, "")).toBe(-1);
    expect(lines(false, message(5).timestamp)).toBe(-1);
    expect(lines(false, null)).toBe(-1);
  });
});

describe("steps of a list", () => {
  const keyed = (keys: string): Keyed[] => [...keys].map((key) => ({ key }));
  const text = (items: readonly Keyed[]): string => items.map(({ key }) => key).join("");

  it.each([
    ["bc", "abc", ["abc+"]],
    ["ab", "abc", ["abc"]],
    ["bc", "abcd", ["abc+", "abcd"]],
    ["abcd", "cdef", ["cd+", "cdef"]],
    ["efgh", "abcdef", ["abcdefgh+", "abcdef"]],
    ["abc", "xyz", ["xyz"]],
    ["", "abc", ["abc"]],
    ["abc", "", [""]],
    ["abcd", "acd", ["acd"]],
  ])("from «%s» to «%s»", (shown, wanted, steps) => {
    const taken: string[] = [];
    let now: readonly Keyed[] = keyed(shown);
    for (let guard = 0; guard < 3; guard += 1) {
      const step = nextStep(now, keyed(wanted));
      taken.push(text(step.items) + (step.shift ? "+" : ""));
      now = step.items;
      if (text(now) === wanted) break;
    }
    expect(taken).toEqual(steps);
  });
});

describe("read marks", () => {
  class Memory {
    readonly kept = new Map<string, string>();
    getItem = (key: string): string | null => this.kept.get(key) ?? null;
    setItem = (key: string, value: string): void => void this.kept.set(key, value);
  }

  it("move forward only, and outlive the page", () => {
    const storage = new Memory();
    const marks = new ReadMarks(storage, "https://chat.example", "ada", NOON);
    expect(marks.get(1)).toBeNull();
    expect(marks.advance(1, message(5).timestamp)).toBe(true);
    expect(marks.advance(1, message(4).timestamp)).toBe(false);
    expect(new ReadMarks(storage, "https://chat.example", "ada", NOON + 1).get(1)).toBe(message(5).timestamp);
    expect(new ReadMarks(storage, "https://chat.example", "bob", NOON).get(1)).toBeNull();
  });

  it("of two tabs end at the later one, whoever writes last", () => {
    const storage = new Memory();
    const one = new ReadMarks(storage, "s", "ada", NOON);
    const two = new ReadMarks(storage, "s", "ada", NOON);
    one.advance(1, message(9).timestamp);
    two.advance(2, message(3).timestamp);
    expect(two.get(1)).toBe(message(9).timestamp);
    expect(one.reload()).toEqual([2]);
    expect(two.advance(1, message(8).timestamp)).toBe(false);
  });

  it("lie under the prefix that log-out wipes, and survive rubbish", () => {
    expect(storageKey("https://chat.example", "ada")).toMatch(/^sotto\.read\./);
    const storage = new Memory();
    for (const rubbish of ["{", "null", "[]", '{"since":1,"marks":{"1":"yesterday"}}', '{"since":"x"}']) {
      storage.setItem(storageKey("s", "ada"), rubbish);
      expect(new ReadMarks(storage, "s", "ada", NOON).get(1)).toBeNull();
    }
  });

  it("hold no more than DM ids and timestamps", () => {
    const storage = new Memory();
    new ReadMarks(storage, "s", "ada", NOON).advance(1, message(5).timestamp);
    expect([...storage.kept.values()]).toEqual([JSON.stringify({ since: NOON, marks: { "1": message(5).timestamp } })]);
  });
});

describe("the end of history (R-409)", () => {
  it("is an empty page, or a short one that was certainly not cut", () => {
    expect(endsHistory([], 50)).toBe(true);
    expect(endsHistory([message(1)], 50)).toBe(true);
    expect(endsHistory([message(1)], 1)).toBe(false);
    expect(endsHistory([message(1, undefined, { text: "x".repeat(65_536) })], 50)).toBe(false);
    expect(endsHistory([unreadable(1)], 50)).toBe(false);
  });
});
