/** Who is logged in on this device. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SavedAccount } from "@sotto/sdk";

const server = location.origin;
const kept = new Map<string, { account: SavedAccount; passphrase: string | undefined }>();
const opened: { username: string; closed: boolean; wiped: boolean; end: (kind: string) => void }[] = [];
let broken: Error | null = null;

vi.mock("@sotto/sdk", async () => {
  class SottoError extends Error {
    constructor(
      readonly kind: string,
      message: string,
    ) {
      super(message);
    }
  }
  const keychain = {
    list: async () => [...kept.values()].map(({ account }) => account),
    load: async (_: string, username: string, passphrase?: string) => {
      const entry = kept.get(username);
      if (!entry || entry.passphrase !== passphrase) throw new SottoError("invalid", "That is not the passphrase.");
      return { username };
    },
    save: async (at: string, { username }: { username: string }, passphrase?: string) => {
      kept.set(username, {
        account: { username, server: at, protection: passphrase === undefined ? "device" : "passphrase" },
        passphrase,
      });
    },
    remove: async (_: string, username: string) => void kept.delete(username),
    store: () => ({}),
  };
  return {
    SottoError,
    Keychain: {
      open: async () => {
        if (broken) throw broken;
        return keychain;
      },
    },
    Sotto: {
      open: async (_: string, account: { username: string }) => {
        const watchers: ((ending: { error: { kind: string } }) => void)[] = [];
        const session = {
          username: account.username,
          account,
          closed: false,
          wiped: false,
          on: (_: "ended", watcher: (typeof watchers)[number]) => void watchers.push(watcher),
          end: (kind: string) => watchers.forEach((watcher) => watcher({ error: { kind } })),
          close: async () => {
            session.closed = true;
            session.end("disconnected");
          },
          wipe: async () => {
            session.wiped = true;
            session.end("disconnected");
          },
        };
        opened.push(session);
        return session;
      },
    },
  };
});

type Session = typeof import("./session");
let session: Session;

const save = (username: string, passphrase?: string, at = server) =>
  kept.set(username, { account: { username, server: at, protection: passphrase === undefined ? "device" : "passphrase" }, passphrase });

beforeEach(async () => {
  kept.clear();
  opened.length = 0;
  broken = null;
  localStorage.clear();
  vi.stubGlobal("isSecureContext", true);
  vi.resetModules();
  session = await import("./session");
});

describe("the start", () => {
  it("opens the only account, once the page has been told", async () => {
    save("ada");
    const told = vi.fn(() => expect(session.sessionState().phase).toBe("starting"));
    await session.startSession(told);
    expect(told).toHaveBeenCalledOnce();
    expect(session.sessionState()).toMatchObject({ phase: "in", account: { username: "ada" } });
  });
  it("opens the account that was open last", async () => {
    save("ada");
    save("bo");
    localStorage.setItem("sotto.account", "bo");
    await session.startSession(() => undefined);
    expect(session.sessionState()).toMatchObject({ phase: "in", account: { username: "bo" } });
  });
  it("lets the user choose where it cannot know, and shows no account of another server", async () => {
    save("ada");
    save("bo");
    save("cy", undefined, "https://elsewhere.example");
    await session.startSession(() => undefined);
    expect(session.sessionState()).toMatchObject({ phase: "out", accounts: [{ username: "ada" }, { username: "bo" }] });
  });
  it("asks for the passphrase of a locked account, and opens nothing without", async () => {
    save("ada", "quiet teal lamp");
    const told = vi.fn();
    await session.startSession(told);
    expect(session.sessionState()).toMatchObject({ phase: "locked", account: { username: "ada" } });
    expect(told).not.toHaveBeenCalled();
    const { account } = session.sessionState() as { account: SavedAccount };
    await expect(session.switchTo(account, "wrong")).rejects.toThrow("not the passphrase");
    expect(session.sessionState().phase).toBe("locked");
    expect(opened).toEqual([]);
    await session.switchTo(account, "quiet teal lamp");
    expect(session.sessionState().phase).toBe("in");
  });
  it("says so without HTTPS, and without a place for keys", async () => {
    vi.stubGlobal("isSecureContext", false);
    await session.startSession(() => undefined);
    expect(session.sessionState()).toMatchObject({ phase: "unusable", why: "insecure" });
    vi.stubGlobal("isSecureContext", true);
    broken = new Error("There is no IndexedDB here.");
    await session.startSession(() => undefined);
    expect(session.sessionState()).toMatchObject({ phase: "unusable", why: "storage", sentence: "There is no IndexedDB here." });
  });
});

describe("the end", () => {
  it("by logging out takes the keys, the store, the caches and the settings", async () => {
    const removed: string[] = [];
    vi.stubGlobal("caches", { keys: async () => ["sotto-shell-1"], delete: async (name: string) => removed.push(name) });
    save("ada");
    localStorage.setItem("sotto.appearance", "{}");
    localStorage.setItem("another.app", "stays");
    await session.startSession(() => undefined);
    await session.logOut();
    expect(kept.size).toBe(0);
    expect(opened[0]?.wiped).toBe(true);
    expect(removed).toEqual(["sotto-shell-1"]);
    expect(Object.keys(localStorage)).toEqual(["another.app"]);
    expect(session.sessionState()).toMatchObject({ phase: "out", accounts: [] });
  });
  it("by logging out of one of two accounts leaves the other's", async () => {
    save("ada");
    save("bo");
    localStorage.setItem("sotto.account", "ada");
    localStorage.setItem("sotto.appearance", "{}");
    const mine = (what: string, username: string) => `sotto.${what}.${encodeURIComponent(server)}.${encodeURIComponent(username)}`;
    for (const key of [mine("read", "ada"), mine("muted", "ada"), mine("read", "bo"), mine("read", "not ada")])
      localStorage.setItem(key, "{}");
    await session.startSession(() => undefined);
    await session.logOut();
    expect([...kept.keys()]).toEqual(["bo"]);
    expect(Object.keys(localStorage).sort()).toEqual(["sotto.appearance", mine("read", "bo"), mine("read", "not ada")].sort());
  });
  it("by closing keeps the keys, and ends the session", async () => {
    save("ada");
    await session.startSession(() => undefined);
    await session.leave();
    expect([...kept.keys()]).toEqual(["ada"]);
    expect(opened[0]).toMatchObject({ closed: true, wiped: false });
    expect(session.sessionState().phase).toBe("out");
  });
  it("by logging out in another tab shows nothing of the account any more", async () => {
    save("ada");
    save("bo");
    localStorage.setItem("sotto.account", "ada");
    await session.startSession(() => undefined);
    opened[0]?.end("security");
    expect(session.sessionState().phase).toBe("in");
    opened[0]?.end("disconnected");
    expect(session.sessionState()).toMatchObject({ phase: "out", accounts: [{ username: "bo" }] });
  });
  it("of a session that was left for another account is no news", async () => {
    save("ada");
    save("bo");
    localStorage.setItem("sotto.account", "ada");
    await session.startSession(() => undefined);
    const phases: string[] = [];
    session.watchSession(() => phases.push(session.sessionState().phase));
    await session.switchTo({ username: "bo", server, protection: "device" });
    expect(phases).toEqual(["in"]);
  });
});

describe("the passphrase", () => {
  it("is set, checked and taken away again", async () => {
    save("ada");
    await session.startSession(() => undefined);
    await session.protect("quiet teal lamp");
    expect(session.sessionState()).toMatchObject({ account: { protection: "passphrase" } });
    expect(await session.passphraseFits("quiet teal lamp")).toBe(true);
    expect(await session.passphraseFits("loud red lamp")).toBe(false);
    await session.protect(undefined);
    expect(session.sessionState()).toMatchObject({ account: { protection: "device" } });
  });
});

describe("unconfirmed words", () => {
  it("are remembered by name until they are confirmed", () => {
    session.unconfirmed("ada");
    expect(session.isUnconfirmed("ada")).toBe(true);
    session.confirmed("bo");
    expect(session.isUnconfirmed("ada")).toBe(true);
    session.confirmed("ada");
    expect(session.isUnconfirmed("ada")).toBe(false);
  });
});

describe("R-201: an account that was registered, and left before its words were confirmed", () => {
  it("is among the accounts to choose from", async () => {
    await session.startSession(() => undefined);
    await session.keep({ username: "ada" } as never);
    const { Sotto } = await import("@sotto/sdk");
    await session.abandon(await Sotto.open(server, { username: "ada" } as never));
    expect(opened[0]?.closed).toBe(true);
    expect(session.sessionState()).toMatchObject({ phase: "out", accounts: [{ username: "ada" }] });
  });
});
