/** From a friend to the DM of two. */

import { SottoError, type Dm } from "@sotto/sdk";
import { describe, expect, it, vi } from "vitest";
import { betweenTwo, chatWith, type ChatOpener } from "./open-chat";

const dm = (id: number, users: string[], named = false): Dm => ({
  id,
  users,
  name: named ? { ok: true, value: "Club" } : null,
  createdAt: "2026-01-01T00:00:00.000000",
  usersInCall: [],
  locked: null,
});

function session(dms: Dm[], create: () => Promise<Dm>) {
  const createDm = vi.fn(create);
  const sotto: ChatOpener = { username: "me", state: "online", dms: () => Promise.resolve(dms), createDm };
  return { sotto, createDm };
}
const refusal = (code: string): SottoError => new SottoError("refused", "No.", { code });

describe("the DM of two", () => {
  it("is made where there is none", async () => {
    const { sotto, createDm } = session([dm(1, ["me", "ann", "bob"])], () => Promise.resolve(dm(9, ["me", "ann"])));
    expect(await chatWith(sotto, "ann")).toBe(9);
    expect(createDm).toHaveBeenCalledExactlyOnceWith(["ann"]);
  });

  it("R-309 is the one that stands in the way of another, and is asked for once", async () => {
    const { sotto, createDm } = session([dm(4, ["ann", "me"])], () => Promise.reject(refusal("dm_exists")));
    expect(await chatWith(sotto, "ann")).toBe(4);
    expect(await chatWith(sotto, "ann")).toBe(4);
    expect(createDm).toHaveBeenCalledTimes(1);
  });

  it("is no group that shrank to two", async () => {
    const { sotto } = session([dm(4, ["ann", "me"])], () => Promise.resolve(dm(9, ["me", "ann"])));
    expect(await chatWith(sotto, "ann")).toBe(9);
  });

  it("is found where it was made after the list was read", async () => {
    const lists = [[], [dm(5, ["me", "ann"])]];
    const sotto: ChatOpener = {
      username: "me",
      state: "online",
      dms: () => Promise.resolve(lists.shift() ?? []),
      createDm: () => Promise.reject(refusal("dm_exists")),
    };
    expect(await chatWith(sotto, "ann")).toBe(5);
  });

  it("opens offline too, where it is known", async () => {
    const gone = () => Promise.reject(new SottoError("disconnected", "gone"));
    expect(await chatWith(session([dm(4, ["ann", "me"])], gone).sotto, "ann")).toBe(4);
    await expect(chatWith(session([], gone).sotto, "ann")).rejects.toMatchObject({ kind: "disconnected" });
    // Without waiting for a connection that may not come.
    const { sotto, createDm } = session([dm(4, ["ann", "me"])], () => Promise.resolve(dm(9, ["me", "ann"])));
    expect(await chatWith({ ...sotto, state: "offline" }, "ann")).toBe(4);
    expect(createDm).not.toHaveBeenCalled();
  });

  it("says why not", async () => {
    await expect(chatWith(session([], () => Promise.reject(refusal("not_friends"))).sotto, "ann")).rejects.toMatchObject({
      code: "not_friends",
    });
  });
});

describe("DMs between two", () => {
  it("come without a name first, then by age", () => {
    const dms = [dm(1, ["me", "ann"], true), dm(3, ["ann", "me"]), dm(2, ["me", "ann"]), dm(4, ["me", "bob"])];
    expect(betweenTwo(dms, "me", "ann").map(({ id }) => id)).toEqual([2, 3, 1]);
  });
});
