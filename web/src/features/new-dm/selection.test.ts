/** Choosing people for a new DM. */

import { describe, expect, it } from "vitest";
import { chosenWith, nameProblem, OTHERS, sealedName } from "./selection";

describe("R-301 the chosen", () => {
  it("are distinct and at most 255", () => {
    expect(chosenWith(["a"], "b")).toEqual(["a", "b"]);
    expect(chosenWith(["a"], "a")).toEqual(["a"]);
    const all = Array.from({ length: OTHERS }, (_, at) => `user ${at}`);
    expect(chosenWith(all.slice(1), "one more")).toHaveLength(OTHERS);
    expect(chosenWith(all, "one more")).toBe(all);
  });
});

describe("the name", () => {
  it("is trimmed, in one line, and none where nothing is left", () => {
    expect(sealedName("  Book \n club ")).toBe("Book club");
    expect(sealedName(" \t ")).toBeUndefined();
    expect(sealedName("a\ud800")).toBe("a\ufffd");
  });

  it("C-310 has up to 780 bytes", () => {
    expect(nameProblem("x".repeat(780))).toBeNull();
    expect(nameProblem("é".repeat(390))).toBeNull();
    expect(nameProblem("é".repeat(391))).not.toBeNull();
  });
});
