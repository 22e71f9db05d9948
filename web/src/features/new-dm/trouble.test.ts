/** Finding out why a DM could not be made. */

import { SottoError, type Person } from "@sotto/sdk";
import { describe, expect, it } from "vitest";
import { troubleOf, type TroubleSource } from "./trouble";

const person = (name: string, more: Partial<{ spk: string | null; key: Person["key"] }> = {}): Person => ({
  user: { username: name, spk: more.spk === undefined ? "00".repeat(50) : more.spk } as Person["user"],
  key: more.key ?? { state: "unknown" },
});
const people = (...known: Person[]): TroubleSource => ({
  person: (name) => {
    const found = known.find((each) => each.user.username === name);
    return found ? Promise.resolve(found) : Promise.reject(new SottoError("refused", "No.", { code: "no_such_user" }));
  },
});
const refused = (code: string): SottoError => new SottoError("refused", "No.", { code });
const security = (code: string): SottoError => new SottoError("security", "No.", { code });

describe("what stands in the way of a DM", () => {
  it("C-918 names those whose key has changed", async () => {
    const source = people(person("ann"), person("bob", { key: { state: "changed", pinned: "aa", seen: "bb" } }));
    const trouble = await troubleOf(security("E_KEY_CHANGED"), ["ann", "bob"], [], source);
    expect(trouble).toMatchObject({ names: ["bob"], way: "profile" });
    expect(trouble.sentence).toContain("The key of bob changed");
  });

  it("R-302 names those without a prekey, or with one of the old form", async () => {
    const source = people(person("ann"), person("bob", { spk: null }), person("cy", { spk: "00".repeat(32) }));
    expect(await troubleOf(refused("no_prekey"), ["ann", "bob", "cy"], [], source)).toMatchObject({ names: ["bob", "cy"], way: "remove" });
    expect(await troubleOf(security("E_DOWNGRADE"), ["cy"], [], source)).toMatchObject({ names: ["cy"], way: null });
  });

  it("R-310 suspects nobody who is a friend", async () => {
    expect(await troubleOf(refused("cannot_invite"), ["ann", "bob"], ["ann"], people())).toMatchObject({ names: ["bob"], way: "remove" });
    expect(await troubleOf(refused("cannot_invite"), ["bob", "cy"], [], people())).toMatchObject({ names: ["bob", "cy"], way: "profile" });
  });

  it("R-128 names those who are gone", async () => {
    expect(await troubleOf(refused("no_such_user"), ["ann", "bob"], [], people(person("ann")))).toMatchObject({
      names: ["bob"],
      way: "remove",
    });
  });

  it("R-309 asks two to be friends first", async () => {
    expect(await troubleOf(refused("not_friends"), ["ann"], [], people())).toMatchObject({ names: ["ann"], way: "add" });
  });

  it("guesses nothing where looking does not help", async () => {
    expect(await troubleOf(security("E_KEY_CHANGED"), ["ann"], [], people(person("ann")))).toMatchObject({ names: [], way: null });
    const unknown = await troubleOf(new Error("x"), ["ann"], [], people());
    expect(unknown).toEqual({ sentence: "That did not work. Try again.", names: [], way: null });
    expect(await troubleOf(refused("stale_prekey"), ["ann", "bob"], [], people())).toMatchObject({ way: "again" });
  });
});
