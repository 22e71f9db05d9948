/** Usernames before the server sees them. */

import { describe, expect, it } from "vitest";
import { nameProblem, tidyName } from "./username";
import { passphraseProblem, repeatProblem } from "./passphrase";

describe("R-203: what a username may be", () => {
  it.each(["alice", "Élodie du Châtelet", "王小明", "a", "x".repeat(64), "anna.b-c_d", "🦊"])("takes %j", (name) => {
    expect(nameProblem(name)).toBeNull();
  });
  it.each([
    ["", /Choose/],
    [" alice", /begin or end/],
    ["alice ", /begin or end/],
    ["alice  b", /two spaces/],
    ["a@b", /@/],
    ["a/b", /@/],
    ["a:b", /@/],
    ["a\u200bb", /cannot be seen/],
    ["a\u0007b", /cannot be seen/],
    ["x".repeat(65), /too long/],
    ["é".repeat(33), /too long/],
  ])("refuses %j", (name, sentence) => {
    expect(nameProblem(name)).toMatch(sentence);
  });
  it("is put into NFC", () => {
    expect(tidyName("e\u0301")).toBe("\u00e9");
  });
});

describe("passphrases", () => {
  it("are long enough and not one key held down", () => {
    expect(passphraseProblem("quiet teal lamp")).toBeNull();
    expect(passphraseProblem("short")).toMatch(/at least/);
    expect(passphraseProblem("aaaaaaaaaaaaaaa")).toMatch(/guess/);
    expect(repeatProblem("one", "one")).toBeNull();
    expect(repeatProblem("one", "two")).not.toBeNull();
  });
});
