/** What people do in the web client, in the words of the pages: used by every spec. */

import { type Locator, type Page, expect } from "@playwright/test";

/** Goes to a section of the app. */
export async function goTo(page: Page, section: "Chats" | "People" | "Settings"): Promise<void> {
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: section }).click();
}

/** Finds somebody by name and asks to be friends. */
export async function askFriend(page: Page, name: string): Promise<void> {
  await goTo(page, "People");
  await page.getByRole("tab", { name: /^Find/ }).click();
  await page.getByRole("searchbox", { name: "Search by name" }).fill(name);
  await page.getByRole("button", { name: `Ask ${name} to be friends` }).click();
  await expect(page.getByText("Asked", { exact: true }).first()).toBeVisible();
}

/** Accepts a request. */
export async function acceptFriend(page: Page, name: string): Promise<void> {
  await goTo(page, "People");
  await page.getByRole("tab", { name: /^Requests/ }).click();
  await page.getByRole("button", { name: `Accept ${name}` }).click();
}

/** Makes two friends; the first has the chat of the two open then. */
export async function chatWithFriend(page: Page, friendsPage: Page, name: string, friend: string): Promise<void> {
  await askFriend(page, friend);
  await acceptFriend(friendsPage, name);
  await goTo(page, "People");
  await page.getByRole("tab", { name: /^Friends/ }).click();
  await page.getByRole("button", { name: `Chat with ${friend}` }).click();
  await expect(composer(page)).toBeVisible();
}

/** Makes a group and answers the path of its page. */
export async function createGroup(page: Page, name: string, members: readonly string[]): Promise<string> {
  await goTo(page, "Chats");
  await page.getByRole("link", { name: "New chat" }).first().click();
  for (const member of members) {
    await page.getByRole("searchbox", { name: "Search people" }).fill(member);
    await page.getByRole("option", { name: member }).first().click();
  }
  await page.getByRole("textbox", { name: "Group name" }).fill(name);
  await page.getByRole("button", { name: /^Create group/ }).click();
  await expect(page).toHaveURL(/\/dm\/\d+$/);
  await expect(composer(page)).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Opens a chat from the list. */
export async function openChat(page: Page, title: string): Promise<void> {
  await goTo(page, "Chats");
  await page.getByRole("list", { name: "Chats" }).getByRole("link", { name: new RegExp(`^([a-z]+, )?${title}\\b`) }).click();
  await expect(page.getByRole("heading", { name: title, exact: true })).toBeVisible();
}

/** Where messages are typed. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

/** Types a message and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A message in the open chat. */
export function message(page: Page, text: string): Locator {
  return page.getByRole("article").filter({ hasText: text });
}

/** Opens the menu of the first message with this text (later ones may quote it) and chooses an entry. */
export async function fromMenu(page: Page, text: string, entry: string): Promise<void> {
  await message(page, text).first().press("Enter");
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

/** Reacts by the first of the quick reactions that the menu offers; answers it. */
export async function react(page: Page, text: string, emoji: string): Promise<void> {
  await fromMenu(page, text, "React");
  await page.getByRole("dialog").getByRole("button", { name: emoji }).first().click();
}
