/** News about keys: collected once, settled by decisions, and never lost to a second listener. */

import { SottoError, type Person, type SottoEvents } from "@sotto/sdk";
import { describe, expect, it, vi } from "vitest";
import { SafetyStore, safetyStore, type SafetySource } from "./key-changes";

type Listener = (payload: never) => void;

function fakeSource() {
  const listeners = new Map<string, Listener[]>();
  let key: Person["key"] = { state: "pinned", verified: false };
  const source: SafetySource = {
    on: (event, listener) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener as Listener]);
      return () => undefined;
    },
    person: (username) => Promise.resolve({ user: { username, public_key: "bb" } as Person["user"], key }),
  };
  return {
    source,
    setKey: (now: Person["key"]) => {
      key = now;
    },
    emit: <E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]) => {
      for (const listener of listeners.get(event) ?? []) listener(payload as never);
    },
  };
}

const change = { username: "bob", pinned: "aa", seen: "bb" };

describe("C-404 key changes", () => {
  it("are kept once for each user, the newest key counting", () => {
    const { source, emit } = fakeSource();
    const store = new SafetyStore(source);
    const told = vi.fn();
    store.subscribe(told);
    emit("keyChanged", change);
    emit("keyChanged", change);
    expect(told).toHaveBeenCalledTimes(1);
    emit("keyChanged", { ...change, seen: "cc" });
    expect(store.snapshot().changes).toEqual([{ ...change, seen: "cc" }]);
  });

  it("stay until the key is the pinned one again, here or on another device", async () => {
    const { source, emit, setKey } = fakeSource();
    const store = new SafetyStore(source);
    emit("keyChanged", change);
    setKey({ state: "changed", pinned: "aa", seen: "bb" });
    await store.check("bob");
    expect(store.snapshot().changes).toHaveLength(1);
    setKey({ state: "pinned", verified: false });
    emit("connected", {});
    await vi.waitFor(() => {
      expect(store.snapshot().changes).toHaveLength(0);
    });
  });

  it("stay where the look fails", async () => {
    const { source, emit } = fakeSource();
    const store = new SafetyStore({ on: source.on, person: () => Promise.reject(new Error("offline")) });
    emit("keyChanged", change);
    await store.check("bob");
    expect(store.snapshot().changes).toHaveLength(1);
  });
});

describe("refused invitations and warnings", () => {
  it("are kept by DM and go with the DM's arrival", () => {
    const { source, emit } = fakeSource();
    const store = new SafetyStore(source);
    const error = new SottoError("security", "Refused for a reason.", { code: "E_TREE_HASH" });
    emit("invitationRefused", { dm: 7, sender: "bob", error });
    emit("invitationRefused", { dm: 7, sender: "bob", error });
    expect(store.snapshot().refused).toEqual([{ dm: 7, sender: "bob", code: "E_TREE_HASH", sentence: "Refused for a reason." }]);
    emit("dmGone", { dm: 7 });
    expect(store.snapshot().refused).toEqual([]);
  });

  it("are shown once, and at most five warnings", () => {
    const { source, emit } = fakeSource();
    const store = new SafetyStore(source);
    for (const text of ["1", "2", "3", "4", "5", "6", "6"]) emit("warning", { text });
    expect(store.snapshot().warnings).toEqual(["2", "3", "4", "5", "6"]);
    store.dismissWarning("4");
    expect(store.snapshot().warnings).toEqual(["2", "3", "5", "6"]);
  });

  it("reach one store for each session", () => {
    const { source } = fakeSource();
    expect(safetyStore(source)).toBe(safetyStore(source));
    expect(safetyStore(fakeSource().source)).not.toBe(safetyStore(source));
  });
});
