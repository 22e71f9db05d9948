/** Decisions hold for the key that the user saw, and for no other. */

import type { Person } from "@sotto/sdk";
import { describe, expect, it, vi } from "vitest";
import { acceptKey, markVerified, type KeyDecider } from "./decide";

const person = (public_key: string, key: Person["key"]): Person => ({ user: { username: "bob", public_key } as Person["user"], key });
const changed = person("bb", { state: "changed", pinned: "aa", seen: "bb" });

/** A session whose server shows these people one after another. */
function showing(people: Person[], numbers: string[] = []) {
  const trust = vi.fn(() => Promise.resolve());
  const verify = vi.fn(() => Promise.resolve());
  const next = <T>(list: T[]): Promise<T> => {
    const value = list.length > 1 ? list.shift() : list[0];
    return value === undefined ? Promise.reject(new Error("no more")) : Promise.resolve(value);
  };
  const sotto: KeyDecider = { trust, verify, person: () => next(people), safetyNumber: () => next(numbers) };
  return { sotto, trust, verify };
}

describe("C-404 accepting a key", () => {
  it("pins the one that was looked at", async () => {
    const { sotto, trust } = showing([changed, person("bb", { state: "pinned", verified: false })]);
    await acceptKey(sotto, "bob", "bb");
    expect(trust).toHaveBeenCalledExactlyOnceWith("bob");
  });

  it("is refused before anything is done where the server shows another one by now", async () => {
    const { sotto, trust } = showing([person("cc", { state: "changed", pinned: "aa", seen: "cc" })]);
    await expect(acceptKey(sotto, "bob", "bb")).rejects.toMatchObject({ kind: "security", code: "E_KEY_CHANGED" });
    expect(trust).not.toHaveBeenCalled();
  });

  it("is told where the key was changed in between", async () => {
    const { sotto } = showing([changed, person("cc", { state: "pinned", verified: false })]);
    await expect(acceptKey(sotto, "bob", "bb")).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
    const back = showing([changed, person("bb", { state: "changed", pinned: "cc", seen: "bb" })]);
    await expect(acceptKey(back.sotto, "bob", "bb")).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  });
});

describe("C-407 marking as verified", () => {
  it("holds for the number that was compared", async () => {
    const { sotto, verify } = showing([], ["01234 56789"]);
    await markVerified(sotto, "bob", "0123456789");
    expect(verify).toHaveBeenCalledExactlyOnceWith("bob");
  });

  it("is refused where it is another number by now", async () => {
    const { sotto, verify } = showing([], ["99999 56789"]);
    await expect(markVerified(sotto, "bob", "01234 56789")).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
    expect(verify).not.toHaveBeenCalled();
    const later = showing([], ["01234 56789", "99999 56789"]);
    await expect(markVerified(later.sotto, "bob", "01234 56789")).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  });
});
