/** Standing between two users, and searching in names. */

import { describe, expect, it } from "vitest";
import { matching, relationOf, withName, withoutName, type Lists } from "./relation";

const lists: Lists = {
  self: "me",
  friends: ["ann", "both"],
  requests: ["req", "both-ways"],
  outgoing: ["out"],
  blocked: ["both", "both-ways"],
};

describe("how a user stands", () => {
  it("is the first that fits; a block counts more than a friendship or a request (R-506)", () => {
    expect(relationOf("me", lists)).toBe("self");
    expect(relationOf("ann", lists)).toBe("friend");
    expect(relationOf("both", lists)).toBe("blocked");
    expect(relationOf("both-ways", lists)).toBe("blocked");
    expect(relationOf("req", lists)).toBe("incoming");
    expect(relationOf("out", lists)).toBe("outgoing");
    expect(relationOf("nobody", lists)).toBe("none");
  });

  it("is told as soon as the lists that are there can tell, and not before", () => {
    const nothing: Lists = { self: "me", friends: undefined, requests: undefined, outgoing: undefined, blocked: undefined };
    expect(relationOf("me", nothing)).toBe("self");
    expect(relationOf("ann", nothing)).toBeNull();
    expect(relationOf("ann", { ...nothing, friends: ["ann"] })).toBe("friend");
    expect(relationOf("req", { ...lists, blocked: undefined })).toBeNull();
    expect(relationOf("req", { ...lists, outgoing: undefined })).toBe("incoming");
    expect(relationOf("nobody", { ...lists, outgoing: undefined })).toBeNull();
  });

  it("goes by the stored spelling (R-128)", () => {
    expect(relationOf("Ann", lists)).toBe("none");
  });
});

describe("searching in names", () => {
  it("finds beginnings first, then the rest, whatever the case", () => {
    expect(matching(["Zoe Ann", "anna", "Bob", "ANNE"], "ann")).toEqual(["anna", "ANNE", "Zoe Ann"]);
    expect(matching(["b", "a"], "  ")).toEqual(["b", "a"]);
    expect(matching(["Ｆｕｌｌ"], "full")).toEqual(["Ｆｕｌｌ"]);
  });
});

describe("lists of names", () => {
  it("hold a name once", () => {
    expect(withName(["a", "b"], "a")).toEqual(["b", "a"]);
    expect(withName(undefined, "a")).toEqual(["a"]);
    expect(withoutName(["a", "b"], "a")).toEqual(["b"]);
    expect(withoutName(undefined, "a")).toEqual([]);
  });
});
