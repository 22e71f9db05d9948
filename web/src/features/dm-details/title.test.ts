/** What a DM is called. */

import type { Dm } from "@sotto/sdk";
import { describe, expect, it } from "vitest";
import { othersOf, titleOf } from "./title";

const dm = (users: string[], name: Dm["name"]): Dm => ({
  id: 1,
  users,
  name,
  createdAt: "2026-01-01T00:00:00.000000",
  usersInCall: [],
  locked: null,
});

describe("the title of a DM", () => {
  it("is its name, where it has one that can be read", () => {
    expect(titleOf(dm(["me", "ann"], { ok: true, value: "Club" }), "me")).toBe("Club");
    // A name that was taken away is an empty one.
    expect(titleOf(dm(["me", "ann"], { ok: true, value: "" }), "me")).toBe("ann");
    expect(titleOf(dm(["me", "ann"], { ok: false, why: { code: "E_SIG", sentence: "No." } }), "me")).toBe("ann");
  });

  it("is else that of the others", () => {
    expect(titleOf(dm(["ann", "me", "bob"], null), "me")).toBe("ann and bob");
    expect(titleOf(dm(["me"], null), "me")).toBe("Nobody else");
    expect(othersOf(dm(["ann", "me", "bob"], null), "me")).toEqual(["ann", "bob"]);
  });
});
