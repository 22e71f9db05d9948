/** Counting as the server counts. */

import { describe, expect, it } from "vitest";
import { biographyProblem, cleanText, codePoints, dataUrlLength, statusProblem } from "./limits";

describe("R-131 R-133 code points", () => {
  it("count Unicode, not UTF-16", () => {
    expect(codePoints("")).toBe(0);
    expect(codePoints("abc")).toBe(3);
    expect(codePoints("😀")).toBe(1);
    expect(codePoints("e\u0301")).toBe(2);
    expect(codePoints("👩‍👧")).toBe(3);
  });
});

describe("R-113 text", () => {
  it("loses NUL and lone surrogates, and nothing else", () => {
    expect(cleanText("a\0b\n😀")).toBe("ab\n😀");
    expect(cleanText("a\ud800b")).toBe("a\ufffdb");
  });
});

describe("R-134 the length of a data URL", () => {
  it("is that of the real one", () => {
    for (const bytes of [0, 1, 2, 3, 1000]) {
      const url = `data:image/webp;base64,${btoa("x".repeat(bytes))}`;
      expect(dataUrlLength("image/webp", bytes)).toBe(url.length);
    }
  });
});

describe("R-133 a profile", () => {
  it("has a status of up to 64 code points", () => {
    expect(statusProblem("x".repeat(64))).toBeNull();
    expect(statusProblem("😀".repeat(64))).toBeNull();
    expect(statusProblem("x".repeat(65))).toBe("That is 1 character too long.");
    expect(statusProblem("x".repeat(66))).toContain("2 characters");
    expect(statusProblem("  \0 ")).toContain("Write a few words");
  });

  it("has a biography of up to 500 code points, or none", () => {
    expect(biographyProblem("")).toBeNull();
    expect(biographyProblem("😀".repeat(500))).toBeNull();
    expect(biographyProblem("x".repeat(503))).toBe("That is 3 characters too long.");
  });
});
