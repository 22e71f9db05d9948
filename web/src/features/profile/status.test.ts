/** Statuses: known words and free text. */

import { describe, expect, it } from "vitest";
import { presenceOf, statusProblem, statusText } from "./status";

describe("R-211 a status", () => {
  it("shows presence by its word, and any other text is somebody there", () => {
    expect(presenceOf("offline")).toBe("offline");
    expect(presenceOf(" Away ")).toBe("away");
    expect(presenceOf("busy")).toBe("busy");
    expect(presenceOf("At the sea")).toBe("online");
    expect(presenceOf("")).toBe("online");
  });

  it("is read as written", () => {
    expect(statusText("online")).toBe("Online");
    expect(statusText("At the sea")).toBe("At the sea");
    expect(statusText("  ")).toBe("Online");
  });

  it("R-133 has up to 64 code points", () => {
    expect(statusProblem("x".repeat(64))).toBeNull();
    expect(statusProblem("😀".repeat(64))).toBeNull();
    expect(statusProblem("x".repeat(65))).toBe("That is 1 character too long.");
    expect(statusProblem("x".repeat(66))).toContain("2 characters");
    expect(statusProblem("  \0 ")).toContain("Write a few words");
  });
});
