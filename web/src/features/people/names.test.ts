/** Naming people, and the way to them. */

import { describe, expect, it } from "vitest";
import { peopleText, personPath } from "./names";

describe("naming people", () => {
  it("stays short", () => {
    expect(peopleText([])).toBe("");
    expect(peopleText(["Ann"])).toBe("Ann");
    expect(peopleText(["Ann", "Bob"])).toBe("Ann and Bob");
    expect(peopleText(["Ann", "Bob", "Cy"])).toBe("Ann, Bob and Cy");
    expect(peopleText(["Ann", "Bob", "Cy", "Di"])).toBe("Ann, Bob and 2 others");
  });
});

describe("the way to a profile", () => {
  it("keeps any name in one part of the path", () => {
    expect(personPath("a b%?#")).toBe("/person/a%20b%25%3F%23");
  });
});
