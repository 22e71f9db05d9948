/** The form of safety numbers, and comparing what was typed. */

import { describe, expect, it } from "vitest";
import { compareDigits, groupsOf, onlyDigits } from "./comparison";

const NUMBER = "01234 56789 11111 22222 33333 44444 55555 66666 77777 88888 99999 00000";

describe("C-407 C-408 sixty digits", () => {
  it("come in 12 groups of 5", () => {
    const groups = groupsOf(NUMBER);
    expect(groups).toHaveLength(12);
    expect(groups?.[0]).toBe("01234");
    expect(groups?.[11]).toBe("00000");
    expect(groupsOf(NUMBER.replaceAll(" ", ""))).toEqual(groups);
  });

  it("are nothing else", () => {
    for (const wrong of ["", "12345", `${NUMBER} 1`, NUMBER.replace("0", "x"), NUMBER.slice(1)]) expect(groupsOf(wrong)).toBeNull();
  });

  it("are read from whatever was pasted", () => {
    expect(onlyDigits(" 01234-56789\n(11)")).toBe("012345678911");
    expect(onlyDigits("12")).toBe("12");
  });
});

describe("comparing what was typed", () => {
  it("waits for all digits, and says a match only then", () => {
    expect(compareDigits(NUMBER, "")).toEqual({ state: "incomplete", missing: 60 });
    expect(compareDigits(NUMBER, "01234 567")).toEqual({ state: "incomplete", missing: 52 });
    expect(compareDigits(NUMBER, NUMBER.slice(0, -1))).toEqual({ state: "incomplete", missing: 1 });
    expect(compareDigits(NUMBER, NUMBER)).toEqual({ state: "match" });
    expect(compareDigits(NUMBER, NUMBER.replaceAll(" ", ""))).toEqual({ state: "match" });
  });

  it("names the first group that differs, as soon as it is complete", () => {
    expect(compareDigits(NUMBER, "01234 56780")).toEqual({ state: "mismatch", group: 2 });
    expect(compareDigits(NUMBER, NUMBER.replace(/0$/u, "1"))).toEqual({ state: "mismatch", group: 12 });
  });

  it("takes no more than sixty", () => {
    expect(compareDigits(NUMBER, `${NUMBER}1`)).toEqual({ state: "mismatch", group: null });
  });
});
