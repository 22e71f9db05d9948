/** Limits of a message and moments to send at. */

import { describe, expect, it } from "vitest";
import { bytesLeft, MAX_BYTES } from "./limits";
import { fromField, FURTHEST, momentError, presets, toField } from "./moments";

describe("what is left of a message (C-310)", () => {
  it("is told only near the limit, in bytes", () => {
    expect(bytesLeft("hello")).toBeNull();
    expect(bytesLeft("a".repeat(40_000))).toBeNull();
    expect(bytesLeft("a".repeat(MAX_BYTES))).toBe(0);
    expect(bytesLeft("ü".repeat(MAX_BYTES / 2 + 1))).toBe(-2);
    expect(bytesLeft("😀".repeat(16_400))).toBe(MAX_BYTES - 65_600);
  });
});

describe("moments", () => {
  it("go through the field and back, to the minute", () => {
    const ms = new Date(2026, 2, 5, 7, 9).getTime();
    expect(toField(ms)).toBe("2026-03-05T07:09");
    expect(fromField(toField(ms))).toBe(ms);
    expect(fromField("")).toBeNull();
    expect(fromField("soon")).toBeNull();
  });

  it("are ahead, and a year at most (R-143)", () => {
    expect(momentError(null, 5)).not.toBeNull();
    expect(momentError(5, 5)).not.toBeNull();
    expect(momentError(6, 5)).toBeNull();
    expect(momentError(5 + FURTHEST, 5)).toBeNull();
    expect(momentError(6 + FURTHEST, 5)).not.toBeNull();
  });

  it.each([0, 1, 2, 3, 4, 5, 6])("are suggested ahead of now, at eight in the morning (day %i)", (day) => {
    const now = new Date(2026, 4, 10 + day, 9, 30).getTime();
    for (const { label, ms } of presets(now)) {
      expect(momentError(ms, now)).toBeNull();
      const at = new Date(ms);
      if (label.endsWith("8:00")) expect([at.getHours(), at.getMinutes()]).toEqual([8, 0]);
      if (label.startsWith("Monday")) expect(at.getDay()).toBe(1);
    }
  });
});
