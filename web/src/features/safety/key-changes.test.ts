/** Changed keys: collected once, settled by decisions, and by nothing else. */

import type { Person, SottoEvents } from "@sotto/sdk";
import { describe, expect, it, vi } from "vitest";
import { KeyChanges, keyChangesOf, type SafetySource } from "./key-changes";

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
    const store = new KeyChanges(source);
    const told = vi.fn();
    store.subscribe(told);
    emit("keyChanged", change);
    emit("keyChanged", change);
    expect(told).toHaveBeenCalledTimes(1);
    emit("keyChanged", { ...change, seen: "cc" });
    expect(store.snapshot()).toEqual([{ ...change, seen: "cc" }]);
  });

  it("stay until the key is the pinned one again, here or on another device", async () => {
    const { source, emit, setKey } = fakeSource();
    const store = new KeyChanges(source);
    emit("keyChanged", change);
    setKey({ state: "changed", pinned: "aa", seen: "bb" });
    await store.check("bob");
    expect(store.snapshot()).toHaveLength(1);
    setKey({ state: "pinned", verified: false });
    emit("connected", {});
    await vi.waitFor(() => {
      expect(store.snapshot()).toHaveLength(0);
    });
  });

  it("stay where the look fails", async () => {
    const { source, emit } = fakeSource();
    const store = new KeyChanges({ on: source.on, person: () => Promise.reject(new Error("offline")) });
    emit("keyChanged", change);
    await store.check("bob");
    expect(store.snapshot()).toHaveLength(1);
  });
});

describe("the changes of a session", () => {
  it("are collected in one place", () => {
    const { source } = fakeSource();
    expect(keyChangesOf(source)).toBe(keyChangesOf(source));
    expect(keyChangesOf(fakeSource().source)).not.toBe(keyChangesOf(source));
  });
});
