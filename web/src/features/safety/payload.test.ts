/** The QR code's text: the same from both sides, read back exactly, and judged without false alarms. */

import { describe, expect, it } from "vitest";
import { judgeScan, readSafetyPayload, safetyPayload } from "./payload";

const DIGITS = "0123456789".repeat(6);
const OTHER = "1123456789".repeat(6);

describe("the text of the code", () => {
  it("is the same from both sides (C-407)", () => {
    expect(safetyPayload("alice", "bob", DIGITS)).toBe(`sotto:1:alice:bob:${DIGITS}`);
    expect(safetyPayload("bob", "alice", DIGITS)).toBe(safetyPayload("alice", "bob", DIGITS));
  });

  it("orders names by bytes, not by UTF-16 units", () => {
    // U+FF21 comes before U+1D400 in UTF-8 and after it in UTF-16.
    const [low, high] = ["\uff21", "\u{1d400}"];
    expect(readSafetyPayload(safetyPayload(high, low, DIGITS))?.names).toEqual([low, high]);
  });

  it("keeps any name, a colon too", () => {
    const names = ["a:b c", "é%41"] as const;
    expect(readSafetyPayload(safetyPayload(names[0], names[1], DIGITS))?.names).toEqual(names);
  });

  it("leaves out the spaces of the number", () => {
    expect(safetyPayload("a", "b", "01234 56789 ".repeat(6))).toBe(safetyPayload("a", "b", DIGITS));
  });
});

describe("reading", () => {
  it("refuses what has another form or version", () => {
    for (const wrong of [
      "",
      "https://example.org/",
      `sotto:2:a:b:${DIGITS}`,
      `sotto:1:a:${DIGITS}`,
      `sotto:1:a:b:c:${DIGITS}`,
      `sotto:1:a:b:${DIGITS}0`,
      `sotto:1:a:b:${DIGITS.slice(1)}x`,
      `sotto:1:%zz:b:${DIGITS}`,
    ]) {
      expect(readSafetyPayload(wrong), wrong).toBeNull();
      expect(judgeScan(wrong, "a", "b", DIGITS)).toEqual({ verdict: "foreign" });
    }
  });

  it("tells match, mismatch and other people apart", () => {
    expect(judgeScan(safetyPayload("bob", "alice", DIGITS), "alice", "bob", DIGITS)).toEqual({ verdict: "match" });
    expect(judgeScan(safetyPayload("bob", "alice", OTHER), "alice", "bob", DIGITS)).toEqual({ verdict: "mismatch" });
    expect(judgeScan(safetyPayload("bob", "carol", OTHER), "alice", "bob", DIGITS)).toEqual({
      verdict: "others",
      names: ["bob", "carol"],
    });
    // Another spelling is another account.
    expect(judgeScan(safetyPayload("Bob", "alice", OTHER), "alice", "bob", DIGITS).verdict).toBe("others");
  });

  it("calls nothing a match whose names are others, whatever the digits", () => {
    expect(judgeScan(safetyPayload("mallory", "alice", DIGITS), "alice", "bob", DIGITS).verdict).toBe("others");
  });
});
