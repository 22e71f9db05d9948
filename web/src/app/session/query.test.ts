/** The cache follows the events of the session. */

import { beforeEach, describe, expect, it } from "vitest";
import type { QueryClient } from "@tanstack/react-query";
import type { Dm, Message, Sotto, SottoEvents } from "@sotto/sdk";
import { followEvents, makeQueryClient } from "./query";

type Listener = (payload: never) => void;

class Events {
  readonly username = "ada";
  readonly listeners = new Map<string, Set<Listener>>();
  on(event: string, listener: Listener): () => void {
    const all = this.listeners.get(event) ?? new Set<Listener>();
    this.listeners.set(event, all.add(listener));
    return () => all.delete(listener);
  }
  emit<E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(payload as never);
  }
}

const dm = (id: number, users = ["ada", "bo"]): Dm => ({
  id,
  users,
  name: null,
  createdAt: "2026-01-01T00:00:00.000000",
  usersInCall: [],
  locked: null,
});
const message = (id: number, inDm: number, minute: number): Message => ({
  id,
  dm: inDm,
  sender: "bo",
  timestamp: `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000000`,
  expires: null,
  pinned: false,
  content: { ok: true, value: { text: `m${id}`, reference: String(id), replyTo: null, revision: 0, writtenMs: 0 } },
  reactions: [],
  missingBefore: 0,
});

let events: Events;
let client: QueryClient;
let stop: () => void;
const stale = (...key: (string | number)[]) => client.getQueryState(key)?.isInvalidated;

beforeEach(() => {
  events = new Events();
  client = makeQueryClient();
  stop = followEvents(events as unknown as Sotto, client);
  for (const key of ["friends", "requests", "outgoing", "blocked", "me"]) client.setQueryData([key], []);
  client.setQueryData(["dms"], [dm(1), dm(2)]);
  for (const id of [1, 2]) {
    client.setQueryData(["dm", id], dm(id));
    client.setQueryData(["pinned", id], []);
    client.setQueryData(["scheduled", id], []);
    client.setQueryData(["latest", id], message(id * 10, id, 5));
  }
});

describe("lists of people", () => {
  it("are read again when they change, and only they", () => {
    events.emit("friendRequest", { username: "cy" });
    expect(stale("requests")).toBe(true);
    expect(stale("friends")).toBe(false);
    events.emit("friendAnswer", { username: "cy", accepted: true });
    expect([stale("friends"), stale("outgoing"), stale("blocked")]).toEqual([true, true, false]);
  });
  it("are read again when another device changed them", () => {
    events.emit("ownChange", { scope: "blocks", dm: null });
    expect([stale("blocked"), stale("friends"), stale("dms")]).toEqual([true, true, false]);
    events.emit("ownChange", { scope: "scheduled", dm: 2 });
    expect([stale("scheduled", 1), stale("scheduled", 2)]).toEqual([false, true]);
  });
});

describe("DMs", () => {
  it("come, change and go without asking the server", () => {
    events.emit("invited", { dm: dm(3) });
    expect(client.getQueryData<Dm[]>(["dms"])?.map(({ id }) => id)).toEqual([1, 2, 3]);
    events.emit("dmChanged", { dm: dm(2, ["ada"]) });
    expect(client.getQueryData<Dm>(["dm", 2])?.users).toEqual(["ada"]);
    expect(client.getQueryData<Dm[]>(["dms"])?.find(({ id }) => id === 2)?.users).toEqual(["ada"]);
    events.emit("dmGone", { dm: 1 });
    expect(client.getQueryData<Dm[]>(["dms"])?.map(({ id }) => id)).toEqual([3, 2]);
    expect(client.getQueryData(["latest", 1])).toBeUndefined();
  });
  it("are not made up before they were read", () => {
    client.removeQueries({ queryKey: ["dms"] });
    events.emit("invited", { dm: dm(3) });
    expect(client.getQueryData(["dms"])).toBeUndefined();
  });
});

describe("R-115: the latest message", () => {
  const latest = (id: number) => client.getQueryData<Message | null>(["latest", id])?.id;
  it("is the newest, whatever the order of arrival", () => {
    events.emit("messageNew", { message: message(11, 1, 7) });
    expect(latest(1)).toBe(11);
    events.emit("messageNew", { message: message(9, 1, 3) });
    expect(latest(1)).toBe(11);
  });
  it("is replaced when it changes, and asked for when it goes", () => {
    events.emit("messageChanged", { message: { ...message(10, 1, 5), pinned: true } });
    expect(client.getQueryData<Message | null>(["latest", 1])?.pinned).toBe(true);
    expect(stale("pinned", 1)).toBe(true);
    events.emit("messageDeleted", { dm: 2, id: 19 });
    expect(stale("latest", 2)).toBe(false);
    events.emit("messageDeleted", { dm: 2, id: 20 });
    expect(stale("latest", 2)).toBe(true);
  });
});

describe("the session", () => {
  it("reads everything again after a reconnect", () => {
    events.emit("connected", {});
    expect([stale("dms"), stale("friends"), stale("pinned", 1)]).toEqual([true, true, true]);
  });
  it("leaves no listener behind", () => {
    stop();
    expect([...events.listeners.values()].every((all) => all.size === 0)).toBe(true);
  });
});
