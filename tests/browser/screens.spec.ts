/**
 * Every screen, light and dark, on a desktop and on a phone: no accessibility violation that axe knows, nothing wider than the window.
 * With SOTTO_SCREENSHOTS=<folder> the main ones are photographed, too.
 */

import { type Page } from "@playwright/test";

import { expect, expectAccessible, logIn, photograph, test } from "./fixtures.js";
import { acceptFriend, askFriend, composer, createGroup, fromMenu, openChat, react, send } from "./steps.js";

const LOOKS = [
  { look: "desktop-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { look: "desktop-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { look: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { look: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
] as const;

/** What the documentation shows. */
const MAIN = ["welcome", "recovery-words", "chats", "chat", "message-menu", "self-destruct", "chat-details", "people-find", "safety-number", "settings-security"];

/** Looks at a screen that has settled: axe, width, photograph. */
async function look(page: Page, screen: string, name: string): Promise<void> {
  // Skeletons and spinners are for what is still to come.
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  // What the component library has announced (a button's progress, by reference) it takes away after 7 s.
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
  if (MAIN.includes(screen)) await photograph(page, `${screen}-${name}`);
  await expectAccessible(page, `${screen} (${name})`);
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  expect(content, `${screen} (${name}) is not wider than its window`).toBeLessThanOrEqual(window);
}

test("every screen is accessible, light and dark, wide and narrow", async ({ server, register, cli, newPage }) => {
  test.setTimeout(600_000);
  const [mira, jonas, aiko] = await Promise.all([register("Mira"), register("Jonas"), cli("Aiko")]);
  await askFriend(mira.page, "Jonas");
  await acceptFriend(jonas.page, "Mira");
  await aiko.run("friend", "add", "Mira");
  await acceptFriend(mira.page, "Aiko");
  const [lena] = await Promise.all([cli("Lena"), cli("Tomás").then((tomas) => tomas.run("friend", "add", "Mira"))]);
  await askFriend(mira.page, "Lena");

  const plans = await createGroup(mira.page, "Lake weekend", ["Jonas", "Aiko"]);
  await openChat(jonas.page, "Lake weekend");
  await send(mira.page, "The cabin is **free from Friday**. Who drives?");
  await expect(jonas.page.getByText("Who drives?").first()).toBeVisible();
  await send(jonas.page, "I can. Room for two, and a *small* dog.");
  await expect(mira.page.getByText("Room for two").first()).toBeVisible();
  await aiko.run("send", "Lake weekend", "Then I bring the boat. Weather looks kind: https://example.org/forecast");
  await expect(mira.page.getByText("bring the boat").first()).toBeVisible();
  await react(jonas.page, "bring the boat", "👍");
  await react(mira.page, "bring the boat", "❤️");
  await fromMenu(mira.page, "bring the boat", "Reply");
  await send(mira.page, "Perfect. Leaving at `17:30`, so that we see the sunset.");
  await expect(mira.page.getByText("see the sunset").first()).toBeVisible();
  await fromMenu(mira.page, "Who drives?", "Pin");
  await aiko.run("send", "Lake weekend", "Key code for the gate: 4711", "--delete-after", "6h");
  await expect(mira.page.getByText("4711").first()).toBeVisible();
  await composer(mira.page).fill("Do not forget the matches");
  await mira.page.getByRole("button", { name: "More ways to send" }).click();
  await mira.page.getByRole("menuitem", { name: "Send later" }).click();
  await mira.page.getByRole("button", { name: "Schedule", exact: true }).click();
  await aiko.run("group", "new", "Mira");
  await aiko.run("send", "Mira", "Did you find the tent?");
  await lena.run("whoami");

  for (const { look: name, ...options } of LOOKS) {
    await test.step(name, async () => {
      const page = await newPage(options);
      const see = (screen: string): Promise<void> => look(page, screen, name);
      const phone = options.viewport.width < 700;
      await page.goto(server.url);
      await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
      await see("welcome");
      await page.goto(`${server.url}/register`);
      await expect(page.getByRole("button", { name: "Go on" })).toBeVisible();
      await see("register");
      // The words and their confirmation are seen once in each width.
      const newcomer = { "desktop-light": "Nils", "phone-dark": "Vera" }[name as string];
      if (newcomer !== undefined) {
        await page.getByRole("textbox", { name: "Name", exact: true }).fill(newcomer);
        await page.getByRole("button", { name: "Go on" }).click();
        await expect(page.getByRole("list", { name: "Recovery words, in order" })).toBeVisible();
        await see("recovery-words");
        await page.getByRole("checkbox", { name: /written the words down/ }).check({ force: true });
        await page.getByRole("button", { name: "Go on" }).click();
        await expect(page.getByRole("button", { name: "Enter Sotto" })).toBeVisible();
        await see("confirm-words");
      }
      const own = await newPage(options);
      await page.context().close();
      await inside(own, name, phone);
    });
  }

  async function inside(page: Page, name: string, phone: boolean): Promise<void> {
    const see = (screen: string): Promise<void> => look(page, screen, name);
    await page.goto(`${server.url}/login`);
    await expect(page.getByRole("button", { name: "Log in", exact: true })).toBeVisible();
    await see("login");
    await page.goto(server.url);
    await logIn(page, "Mira", mira.words);
    await expect(page.getByRole("list", { name: "Chats" }).getByRole("link")).toHaveCount(2);
    await see("chats");

    await page.goto(server.url + plans);
    await expect(page.getByText("4711").first()).toBeVisible();
    await see("chat");
    await page.getByRole("article").filter({ hasText: "sunset" }).first().click({ button: "right" });
    await expect(page.getByRole("menu")).toBeVisible();
    await see("message-menu");
    await page.getByRole("menuitem", { name: "About this message" }).click();
    await expect(page.getByRole("dialog", { name: "About this message" })).toBeVisible();
    await see("message-info");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Emoji", exact: true }).click();
    await expect(page.getByRole("dialog").getByRole("gridcell").first()).toBeVisible();
    await see("emoji-picker");
    await page.keyboard.press("Escape");
    await composer(page).fill("later");
    for (const [entry, screen] of [["Send later", "send-later"], ["Self-destruct", "self-destruct"]] as const) {
      await page.getByRole("button", { name: "More ways to send" }).click();
      await page.getByRole("menuitem", { name: entry }).or(page.getByRole("menuitemcheckbox", { name: entry })).click();
      await expect(page.getByRole("dialog", { name: entry })).toBeVisible();
      await see(screen);
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    }
    for (const [label, screen] of [[/^Pinned messages/, "pinned"], [/^Scheduled messages/, "scheduled"]] as const) {
      if (phone) {
        await page.getByRole("button", { name: "More", exact: true }).last().click();
        await page.getByRole("menuitem", { name: label }).click();
      } else {
        await page.getByRole("button", { name: label }).click();
      }
      await expect(page.getByRole("dialog").getByRole("listitem").first()).toBeVisible();
      await see(screen);
      await page.keyboard.press("Escape");
    }
    await page.goto(`${server.url}${plans}/details`);
    await expect(page.getByRole("heading", { name: "Group code" })).toBeVisible();
    await see("chat-details");

    await page.goto(`${server.url}/new`);
    await page.getByRole("option", { name: "Jonas" }).click();
    await see("new-chat");
    for (const [tab, something] of [["friends", "Chat with Jonas"], ["requests", "Accept Tomás"], ["find", "Ask"], ["blocked", ""]] as const) {
      await page.goto(`${server.url}/people${tab === "friends" ? "" : `/${tab}`}`);
      await expect(something === "" ? page.getByRole("tabpanel") : page.getByRole("button", { name: something }).or(page.getByText("Friend", { exact: true })).first()).toBeVisible();
      await see(`people-${tab}`);
    }
    await page.goto(`${server.url}/person/Jonas`);
    await expect(page.getByRole("heading", { name: "Jonas" })).toBeVisible();
    await see("person");
    await page.goto(`${server.url}/person/Jonas/verify`);
    await expect(page.getByRole("img", { name: /QR/ })).toBeVisible();
    await see("safety-number");
    for (const section of ["", "profile", "appearance", "notifications", "security", "storage", "accounts", "about"]) {
      await page.goto(`${server.url}/settings/${section}`);
      await expect(page.getByRole("heading", { name: section === "" ? "Settings" : new RegExp(section, "i") }).first()).toBeVisible();
      await see(`settings${section === "" ? "" : `-${section}`}`);
    }
    await page.goto(`${server.url}/nowhere/at/all`);
    await expect(page.getByText("There is nothing at this address")).toBeVisible();
    await see("nothing-here");
  }
});
