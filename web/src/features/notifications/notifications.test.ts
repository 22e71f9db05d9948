/** What is told, when, and how much of it; what is kept on the device. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Content, Opened } from "@sotto/sdk";
import { titleOf } from "../chat/model/names";
import { closeAllDesktop, closeDesktop, showDesktop, shownTags } from "./desktop";
import { describeMessage, isNews, type Moment } from "./describe";
import { isMuted, setMuted } from "./mutes";
import { parsePreferences } from "./preferences";
import { titled } from "./signs";

const content = (text: string): Opened<Content> => ({
  ok: true,
  value: { text, reference: "r", replyTo: null, revision: 0, writtenMs: 0 },
});
const message = { sender: "bob", content: content("Meet me\n at the quay"), expires: null };

describe("words", () => {
  it("by default nothing but that there is a message", () => {
    const { reveal } = parsePreferences(null);
    expect(describeMessage(message, "Sailing", 1, reveal)).toEqual({ title: "Sotto", body: "New message" });
    expect(describeMessage(message, "Sailing", 3, reveal)).toEqual({ title: "Sotto", body: "3 new messages" });
  });

  it("the sender, or the text too, where the user says so", () => {
    expect(describeMessage(message, null, 1, "sender")).toEqual({ title: "bob", body: "New message" });
    expect(describeMessage(message, "Sailing", 2, "sender")).toEqual({ title: "bob in Sailing", body: "2 new messages" });
    expect(describeMessage(message, "Sailing", 1, "text")).toEqual({ title: "bob in Sailing", body: "Meet me at the quay" });
    expect(describeMessage(message, null, 2, "text").body).toBe("Meet me at the quay (2 new messages)");
    expect(describeMessage({ ...message, content: content("💬".repeat(200)) }, null, 1, "text").body).toBe(`${"💬".repeat(119)}…`);
  });

  it("a message that destroys itself, or cannot be read, is never shown", () => {
    const expiring = { ...message, expires: "2026-01-01T00:00:00.000000" };
    expect(describeMessage(expiring, null, 1, "text").body).toBe("New message");
    const unreadable = { ...message, content: { ok: false, why: { code: "E_SIG", sentence: "No." } } as const };
    expect(describeMessage(unreadable, null, 1, "text").body).toBe("New message");
  });

  it("a DM is called by its name or by the others", () => {
    expect(titleOf({ name: null, users: ["alice", "bob", "carol"] }, "alice")).toBe("bob and carol");
    expect(titleOf({ name: { ok: true, value: "Sailing" }, users: ["alice", "bob"] }, "alice")).toBe("Sailing");
    expect(titleOf({ name: { ok: false, why: { code: "E_SIG", sentence: "No." } }, users: ["alice"] }, "alice")).toBe("Nobody else");
  });
});

describe("news", () => {
  const now = Date.parse("2026-05-01T12:00:00Z");
  const away: Moment = { username: "alice", muted: false, looking: false, open: null, now };
  const fresh = { sender: "bob", dm: 7, timestamp: "2026-05-01T11:59:30.000000" };

  it.each([
    ["while the user looks elsewhere", fresh, away, true],
    ["of the open DM while the user looks elsewhere", fresh, { ...away, open: 7 }, true],
    ["of another DM than the open one", fresh, { ...away, looking: true, open: 8 }, true],
    ["of the DM that the user looks at", fresh, { ...away, looking: true, open: 7 }, false],
    ["the user's own", { ...fresh, sender: "alice" }, away, false],
    ["of a muted DM", fresh, { ...away, muted: true }, false],
    ["missed while offline, with the user looking", { ...fresh, timestamp: "2026-05-01T11:00:00.000000" }, { ...away, looking: true }, false],
    ["missed while offline, with the user away", { ...fresh, timestamp: "2026-05-01T11:00:00.000000" }, away, true],
  ])("%s", (_, what, moment, expected) => {
    expect(isNews(what, moment)).toBe(expected);
  });
});

describe("what is kept", () => {
  beforeEach(() => localStorage.clear());

  it("anything unknown is the default", () => {
    const defaults = { desktop: false, reveal: "nothing", sound: true, ring: true };
    for (const stored of [null, "", "7", "null", "{", '{"reveal":"everything","desktop":"yes"}']) expect(parsePreferences(stored)).toEqual(defaults);
    expect(parsePreferences('{"reveal":"text","desktop":true,"sound":false,"ring":false}')).toEqual({
      desktop: true,
      reveal: "text",
      sound: false,
      ring: false,
    });
  });

  it("muted DMs by account, as ids only", () => {
    const [alice, bob] = ["alice", "bob"].map((username) => ({ server: "https://s.example", username }));
    if (alice === undefined || bob === undefined) throw new Error("two accounts");
    setMuted(alice, 7, true);
    setMuted(alice, 9, true);
    setMuted(alice, 9, false);
    expect([isMuted(alice, 7), isMuted(alice, 9), isMuted(bob, 7)]).toEqual([true, false, false]);
    expect(Object.entries(localStorage)).toEqual([["sotto.muted.https%3A%2F%2Fs.example.alice", "[7]"]]);
    localStorage.setItem("sotto.muted.https%3A%2F%2Fs.example.bob", '{"no":"list"}');
    expect(isMuted(bob, 7)).toBe(false);
  });
});

describe("signs", () => {
  it("the title has one count, and the bare title without", () => {
    expect(titled("Sotto", 3)).toBe("(3) Sotto");
    expect(titled("(3) Sotto", 4)).toBe("(4) Sotto");
    expect(titled("(99+) Sotto", 100)).toBe("(99+) Sotto");
    expect(titled("(99+) Sotto", 0)).toBe("Sotto");
  });
});

describe("desktop notifications", () => {
  class FakeNotification {
    static permission = "granted";
    static all: FakeNotification[] = [];
    onclick: (() => void) | null = null;
    onclose: (() => void) | null = null;
    closed = false;
    constructor(
      readonly title: string,
      readonly options: NotificationOptions,
    ) {
      FakeNotification.all.push(this);
    }

    close(): void {
      this.closed = true;
      this.onclose?.();
    }
  }

  beforeEach(() => {
    FakeNotification.all = [];
    FakeNotification.permission = "granted";
    vi.stubGlobal("Notification", FakeNotification);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("focus", vi.fn());
  });

  it("a click brings the page forward, and reading closes", () => {
    const onClick = vi.fn();
    expect(showDesktop({ tag: "a", title: "Sotto", body: "New message", onClick })).toBe(true);
    expect(showDesktop({ tag: "b", title: "Sotto", body: "New message", onClick })).toBe(true);
    expect(shownTags()).toEqual(["a", "b"]);
    FakeNotification.all[0]?.onclick?.();
    expect([onClick.mock.calls.length, FakeNotification.all.map(({ closed }) => closed)]).toEqual([1, [true, false]]);
    closeDesktop("b");
    expect(FakeNotification.all.map(({ closed }) => closed)).toEqual([true, true]);
    expect(shownTags()).toEqual([]);
  });

  it("a later one with the same tag stays when the earlier is told to be closed by the system", () => {
    showDesktop({ tag: "a", title: "Sotto", body: "1", onClick: () => undefined });
    showDesktop({ tag: "a", title: "Sotto", body: "2", onClick: () => undefined });
    FakeNotification.all[0]?.onclose?.();
    closeAllDesktop();
    expect(FakeNotification.all[1]?.closed).toBe(true);
  });

  it("without permission there is none", () => {
    FakeNotification.permission = "default";
    expect(showDesktop({ tag: "a", title: "Sotto", body: "", onClick: () => undefined })).toBe(false);
    expect(FakeNotification.all).toEqual([]);
  });
});
