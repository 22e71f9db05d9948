/** What every browser test starts from: a server, people in browsers of their own, and a guard that no page complains. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContextOptions, type Page, expect, test as base } from "@playwright/test";

import { CliMember, Server } from "./server.js";

/** Somebody at a browser. */
export interface Person {
  readonly name: string;
  readonly page: Page;
  /** The 24 recovery words. */
  readonly words: string;
}

export interface World {
  server: Server;
  /** Complaints of the pages: console errors, uncaught exceptions, CSP violations, requests to others than the server. Asserted empty at the end. */
  complaints: string[];
  /** Opens a page in a browser profile of its own. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Registers somebody through the pages, words confirmed. */
  register(name: string, options?: BrowserContextOptions): Promise<Person>;
  cli(name: string): Promise<CliMember>;
}

/** A connection that a test cuts by ending the server is no fault of the page. */
const EXPECTED = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INTERNET_DISCONNECTED)|WebSocket connection to/;

function watch(page: Page, origin: string, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.host !== new URL(origin).host) {
      complaints.push(`third-party request: ${request.url()}`);
    }
  });
}

export const test = base.extend<World>({
  server: async ({}, use) => {
    const server = new Server();
    await server.start();
    await use(server);
    await server.stop();
  },
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints).toEqual([]);
  },
  newPage: async ({ browser, server, complaints }, use) => {
    const contexts: Awaited<ReturnType<Browser["newContext"]>>[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      const page = await context.newPage();
      watch(page, server.url, complaints);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  register: async ({ newPage, server }, use) => {
    await use(async (name, options) => {
      const page = await newPage(options);
      await page.goto(server.url);
      const words = await register(page, name);
      return { name, page, words };
    });
  },
  cli: async ({ server }, use) => {
    await use((name) => CliMember.register(server, name));
  },
});

export { expect };

/** Goes through the registration on a page that shows the welcome screen; answers the words. */
export async function register(page: Page, name: string): Promise<string> {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("button", { name: "Go on" }).click();
  const listed = page.getByRole("list", { name: "Recovery words, in order" }).getByRole("listitem");
  await expect(listed).toHaveCount(24);
  const words = (await listed.locator("span[translate=no]").allTextContents()).map((word) => word.trim());
  await page.getByRole("checkbox", { name: /written the words down/ }).check({ force: true });
  await page.getByRole("button", { name: "Go on" }).click();
  for (const field of await page.getByRole("textbox", { name: /^Word \d+$/ }).all()) {
    const label = (await field.getAttribute("aria-label")) ?? (await field.evaluate((input: HTMLInputElement) => input.labels?.[0]?.textContent ?? ""));
    await field.fill(words[Number(/\d+/.exec(label)?.[0]) - 1] ?? "");
  }
  await page.getByRole("button", { name: "Enter Sotto" }).click();
  await expect(page).toHaveURL(/\/$/);
  return words.join(" ");
}

/** Logs in from the words on a page that shows the welcome screen. */
export async function logIn(page: Page, name: string, words: string): Promise<void> {
  await page.getByRole("link", { name: /^Log in/ }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("textbox", { name: /words/i }).fill(words);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page).toHaveURL(/\/$/);
}

const folder = process.env["SOTTO_SCREENSHOTS"];

/** Takes a picture for the documentation, where SOTTO_SCREENSHOTS names a folder for them. */
export async function photograph(page: Page, name: string): Promise<void> {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** No accessibility violation on the page as it is now. */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
  expect.soft(found, `axe on ${screen}`).toEqual([]);
}
