/** Notifications: asked for by the user, silent about content until told otherwise, gone with what was read. */

import { type Page } from "@playwright/test";

import { expect, expectAccessible, register, test } from "./fixtures.js";
import { acceptFriend, askFriend, composer, goTo, openChat, send } from "./steps.js";

interface Shown {
  readonly title: string;
  readonly body: string | undefined;
  readonly closed: boolean;
}

declare global {
  interface Window {
    /** How often the browser asked the user. */
    asked: number;
    /** Whether the user looks elsewhere. */
    away: boolean;
    shown: { title: string; body: string | undefined; tag: string | undefined; closed: boolean; onclick: (() => void) | null }[];
  }
}

/** A system that shows notifications, as headless browsers have none, and a user who can look away. */
function system(): void {
  window.asked = 0;
  window.away = false;
  window.shown = [];
  document.hasFocus = () => !window.away;
  class Recorder {
    static permission: NotificationPermission = "default";
    static requestPermission(): Promise<NotificationPermission> {
      window.asked += 1;
      Recorder.permission = "granted";
      return Promise.resolve("granted");
    }

    onclick: (() => void) | null = null;
    onclose: (() => void) | null = null;
    closed = false;
    readonly body: string | undefined;
    readonly tag: string | undefined;
    constructor(
      readonly title: string,
      options?: NotificationOptions,
    ) {
      this.body = options?.body;
      this.tag = options?.tag;
      // Of one tag a system shows the last only.
      for (const one of window.shown) if (one.tag === this.tag) one.closed = true;
      window.shown.push(this);
    }

    close(): void {
      this.closed = true;
      this.onclose?.();
    }
  }
  Object.defineProperty(window, "Notification", { value: Recorder });
}

const shown = (page: Page): Promise<Shown[]> => page.evaluate(() => window.shown.map(({ title, body, closed }) => ({ title, body, closed })));
const last = async (page: Page): Promise<Shown | undefined> => (await shown(page)).at(-1);
const look = (page: Page, away: boolean): Promise<void> =>
  page.evaluate((is) => {
    window.away = is;
    window.dispatchEvent(new Event(is ? "blur" : "focus"));
  }, away);

test("what is told, how much of it, and when it goes", async ({ newPage, server, register: join }) => {
  const alice = await newPage();
  await alice.addInitScript(system);
  await alice.goto(server.url);
  await register(alice, "alice");
  const { page: bob } = await join("bob");
  await askFriend(alice, "bob");

  await test.step("a request is told to who looks at the page by a note", async () => {
    await expect(bob.getByText("alice wants to be your friend.")).toBeVisible();
    await acceptFriend(bob, "alice");
    await expect(alice.getByText("bob is your friend now.")).toBeVisible();
    await goTo(bob, "People");
    await bob.getByRole("tab", { name: /^Friends/ }).click();
    await bob.getByRole("button", { name: "Chat with alice" }).click();
  });

  await test.step("nothing before the user has asked for it", async () => {
    await look(alice, true);
    await send(bob, "before");
    await expect(alice).toHaveTitle("(1) Sotto");
    expect([await shown(alice), await alice.evaluate(() => window.asked)]).toEqual([[], 0]);
    await look(alice, false);
    await goTo(alice, "Settings");
    await alice.getByRole("link", { name: /^Notifications/ }).click();
    await expectAccessible(alice, "settings of notifications");
    await alice.getByRole("switch", { name: "Show notifications" }).click({ force: true });
    await expect.poll(() => alice.evaluate(() => window.asked)).toBe(1);
    await expect(alice.getByRole("radio", { name: "That there is a message" })).toBeChecked();
  });

  await test.step("then that there is something, and how much", async () => {
    await look(alice, true);
    await send(bob, "the quay at noon");
    await expect.poll(() => last(alice)).toEqual({ title: "Sotto", body: "2 new messages", closed: false });
    await expect(alice).toHaveTitle("(2) Sotto");
    await expect.poll(() => alice.evaluate(() => document.querySelector('link[rel="icon"]')?.getAttribute("href"))).toMatch(/^data:image\/png/);
  });

  await test.step("and what, where the user says so", async () => {
    await alice.getByRole("radio", { name: "Who wrote, and what" }).check({ force: true });
    await send(bob, "bring the **map**");
    await expect.poll(() => last(alice)).toMatchObject({ title: "bob", closed: false });
    expect((await last(alice))?.body).toContain("bring the");
    expect(await alice.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain("bring");
  });

  await test.step("a click opens the chat, and what is read is gone", async () => {
    await look(alice, false);
    await alice.evaluate(() => window.shown.at(-1)?.onclick?.());
    await expect(alice).toHaveURL(/\/dm\/\d+$/);
    await expect(composer(alice)).toBeVisible();
    await expect(alice).toHaveTitle("Sotto");
    expect((await shown(alice)).every(({ closed }) => closed)).toBe(true);
    await expect.poll(() => alice.evaluate(() => document.querySelector('link[rel="icon"]')?.getAttribute("href"))).toBe("/icon.svg");
  });

  await test.step("not what the user looks at", async () => {
    const before = (await shown(alice)).length;
    await send(bob, "you see this");
    await expect(alice.getByRole("article").filter({ hasText: "you see this" })).toBeVisible();
    expect(await shown(alice)).toHaveLength(before);
  });

  await test.step("a muted chat is quiet", async () => {
    const before = (await shown(alice)).length;
    await alice.getByRole("link", { name: "Details" }).click();
    await alice.getByRole("switch", { name: "Mute this chat" }).click({ force: true });
    await goTo(alice, "People");
    await look(alice, true);
    await send(bob, "are you there");
    await goTo(alice, "Chats");
    await expect(alice.getByRole("list", { name: "Chats" }).getByText("are you there")).toBeVisible();
    await expect(alice).toHaveTitle("Sotto");
    expect(await shown(alice)).toHaveLength(before);
    await look(alice, false);
    await openChat(alice, "bob");
  });
});
