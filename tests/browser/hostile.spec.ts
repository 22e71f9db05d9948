/** What members may send to do harm: it stays text, within its bubble and within the window; nothing of it runs. */

import type { Page } from "@playwright/test";

import { expect, expectAccessible, logIn, register, test } from "./fixtures.js";
import { acceptFriend, goTo, message } from "./steps.js";

/** Remembers what the page blocked. */
function watchPolicy(): void {
  const blocked: string[] = [];
  Object.assign(window, { blocked });
  document.addEventListener("securitypolicyviolation", (event) => blocked.push(`${event.effectiveDirective} ${event.blockedURI}`));
}

/** Nothing has run, nothing was even tried, and the messages hold none but the few elements that a text may have. */
async function expectInert(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const log = document.querySelector('[role="log"]');
    const bubbles = [...(log?.querySelectorAll("article > div > div > div[id]") ?? [])];
    const inside = bubbles.flatMap((bubble) => [...bubble.querySelectorAll("*")]);
    const own = (element: Element): boolean => element.closest("button, [role=timer], svg") !== null;
    return {
      bubbles: bubbles.length,
      blocked: (window as unknown as { blocked: string[] }).blocked,
      ran: "ran" in window,
      elements: [...new Set(inside.filter((each) => !own(each)).map(({ tagName }) => tagName))],
      attributes: inside.flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$|^src/.test(name)),
      links: inside.filter((each) => each instanceof HTMLAnchorElement).map(({ protocol, rel, target }) => ({ protocol, rel, target })),
    };
  });
  expect(found.bubbles).toBeGreaterThan(0);
  expect(found.blocked).toEqual([]);
  expect(found.ran).toBe(false);
  expect(found.attributes).toEqual([]);
  const text = ["DIV", "P", "STRONG", "EM", "DEL", "CODE", "PRE", "BLOCKQUOTE", "UL", "OL", "LI", "A", "BR", "BDI", "SPAN"];
  expect(found.elements.filter((name) => !text.includes(name))).toEqual([]);
  for (const { protocol, ...link } of found.links) {
    expect(["https:", "http:", "mailto:"]).toContain(protocol);
    expect(link).toEqual({ rel: "noopener noreferrer nofollow", target: "_blank" });
  }
}

/** Nothing is wider than the window, and nothing that is used lies beside it. */
async function expectWithin(page: Page, screen: string): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  const { wide, outside, window: width } = await page.evaluate(() => {
    const shown = (element: Element): boolean => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    // What scrolls by itself (code) and what is there for screen readers only may reach further.
    const apart = (element: Element): boolean => element.closest("pre") !== null || getComputedStyle(element).clipPath !== "none";
    const used = [...document.querySelectorAll("a, button, input, textarea, article, h1, h2, h3, [role=row], [role=listitem]")];
    const beside = used.filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return shown(element) && !apart(element) && width > 1 && (left < -1 || right > innerWidth + 1);
    });
    return {
      wide: document.documentElement.scrollWidth,
      window: innerWidth,
      outside: beside.map((element) => `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent.slice(0, 40)}`),
    };
  });
  expect.soft(outside, screen).toEqual([]);
  expect.soft(wide, screen).toBeLessThanOrEqual(width);
}

/** A letter under a hundred marks. */
const zalgo = (text: string): string => [...text].map((letter) => letter + "\u0315\u0321\u0338\u0489".repeat(25)).join("");

const HOSTILE: readonly (readonly [what: string, text: string, shown: string])[] = [
  ["a script", "<script>window.ran = 1</script> one", "<script>window.ran = 1</script> one"],
  ["a picture's handler", "<img src=x onerror='window.ran=1'> *two*", "<img src=x onerror='window.ran=1'> two"],
  ["a drawing's handler", "**three** <svg/onload=window.ran=1><style>*{display:none}</style>", "<svg/onload=window.ran=1>"],
  ["a frame", "<iframe srcdoc='<script>parent.ran=1</script>'></iframe> four", "<iframe srcdoc="],
  ["a link that is a script", "[five](javascript:window.ran=1)", "five"],
  ["a link that is a script, written otherwise", "[six](JaVa\u0001Script:window.ran=1) [six](java&#115;cript:window.ran=1)", "six"],
  ["a link that is a page", "[seven](data:text/html,<script>window.ran=1</script>)", "seven"],
  ["a picture from elsewhere", "![eight](https://evil.example/pixel.png)", "eight"],
  ["right to left", "nine \u202egnp.exe\u202c after", "after"],
  ["like a notice", "— You have left the group —\n*Sotto:* your key has expired: https://sotto.example.evil", "your key has expired"],
  ["names of characters", "&lt;b&gt; &#60;script&#62; eleven", "&lt;b&gt; &#60;script&#62; eleven"],
];

test("hostile messages are text, and nothing of them runs", async ({ server, newPage, cli }) => {
  test.setTimeout(240_000);
  const page = await newPage({ viewport: { width: 390, height: 844 } });
  await page.addInitScript(watchPolicy);
  await page.goto(server.url);
  await register(page, "alice");
  const mallory = await cli("mallory");
  await mallory.run("friend", "add", "alice");
  await acceptFriend(page, "mallory");
  await goTo(page, "Chats");
  await mallory.run("group", "new", "--name", "<b onclick=ran=1>Bold</b> \u202eevil", "alice");
  const chats = page.getByRole("list", { name: "Chats" });
  await chats.getByRole("link").click();
  await expect(page.getByRole("heading", { name: "<b onclick=ran=1>Bold</b>" })).toBeVisible();
  await expectWithin(page, "an empty chat");

  for (const [what, text, shown] of HOSTILE) {
    await test.step(what, async () => {
      await mallory.run("send", "1", text);
      await expect(message(page, shown)).toBeVisible();
      await expectInert(page);
    });
  }

  await test.step("a notice is nothing but a message of its sender", async () => {
    await expect(page.getByRole("article", { name: /^mallory, / }).filter({ hasText: "You have left the group" })).toBeVisible();
    await expect(page.getByRole("log").getByRole("separator").filter({ hasText: "left" })).toHaveCount(0);
  });

  await test.step("links say where they lead", async () => {
    const misleading = "[https://раураl.com](https://evil.example/a) [bank.example](https://bank.example.evil.example)";
    await mallory.run("send", "1", `${misleading} twelve`);
    const links = message(page, "twelve").getByRole("link");
    await expect(links).toHaveCount(2);
    await expect(message(page, "twelve")).toContainText("(evil.example)");
    await expect(message(page, "twelve")).toContainText("(bank.example.evil.example)");
    await mallory.run("send", "1", "https://user:pass@evil.example/ and https://xn--ls8h.example/ thirteen");
    await expect(message(page, "thirteen")).toContainText("(evil.example)");
    await expectInert(page);
  });

  await test.step("what is long or deep stops nothing", async () => {
    for (const [text, seen] of [
      ["[".repeat(60_000), "[[[["],
      ["> ".repeat(30_000), "> > > >"],
      ["*_".repeat(30_000), "*_*_*_"],
      [`fourteen ${"m".repeat(65_000)}`, "fourteen"],
      [`fifteen ${zalgo("hello there")}`, "fifteen"],
      [`sixteen\n${"\n".repeat(30_000)}end`, "sixteen"],
      [`\`\`\`\n${"c".repeat(20_000)}\n\`\`\``, "cccccc"],
    ] as const) {
      await mallory.run("send", "1", text);
      await expect(page.getByRole("log").getByText(seen, { exact: false }).first()).toBeAttached();
    }
    await mallory.run("send", "1", "the last one");
    await expect(message(page, "the last one")).toBeVisible();
    await expectInert(page);
    await expectWithin(page, "a chat of long messages");
    await expectAccessible(page, "a chat of hostile messages");
  });

  await test.step("nor do the list, details and quotes", async () => {
    await page.reload();
    await expect(message(page, "the last one")).toBeVisible();
    await page.goto(`${server.url}/dm/1/details`);
    await expect(page.getByRole("heading", { name: "Group code" })).toBeVisible();
    await expectWithin(page, "details of an evil name");
    await page.goto(server.url);
    await mallory.run("send", "1", `<img src=x onerror=ran=1> ${"W".repeat(3_000)}`);
    await expect(chats).toContainText("<img src=x onerror=ran=1>");
    await expectWithin(page, "the list");
    expect(await page.evaluate(() => ["ran" in window, (window as unknown as { blocked: string[] }).blocked])).toEqual([false, []]);
  });
});

test("R-132 names of every kind keep within a phone's window", async ({ server, register, newPage, cli }) => {
  test.setTimeout(240_000);
  const marks = `Z${"\u0315\u0338".repeat(12)}oë`.normalize("NFC");
  const names = ["W".repeat(64), "🦊".repeat(16), "مريم الجزائرية", marks, "<b>Tom", "Anna-Katharina von und zu"];
  const people = await Promise.all(names.map((name) => cli(name)));
  const { words } = await register("alice");
  const [wide, ...rest] = people;
  await wide?.run("group", "new", ...rest.map(({ name }) => name), "alice");
  for (const [at, person] of people.entries()) {
    await person.run("status", "--set", at % 2 === 0 ? "S".repeat(64) : "\u202eupside down");
    await person.run("friend", "add", "alice");
    await person.run("send", "1", `I am ${person.name}`);
  }

  const page = await newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(server.url);
  await logIn(page, "alice", words);
  await expect(page.getByRole("list", { name: "Chats" }).getByRole("link")).toHaveCount(1);
  await expectWithin(page, "the list");
  await page.getByRole("list", { name: "Chats" }).getByRole("link").click();
  for (const name of names) await expect(message(page, `I am ${name}`)).toBeVisible();
  await expectWithin(page, "the chat");
  await page.goto(`${server.url}/dm/1/details`);
  await expect(page.getByRole("row")).toHaveCount(names.length + 1);
  await expectWithin(page, "the details");
  await page.goto(`${server.url}/people/requests`);
  for (const name of names) await page.getByRole("button", { name: `Accept ${name}` }).click();
  await expect(page.getByRole("button", { name: /^Accept / })).toHaveCount(0);
  await expectWithin(page, "the requests");
  await page.goto(`${server.url}/people`);
  await expect(page.getByRole("row")).toHaveCount(names.length);
  await expectWithin(page, "the friends");
  await page.goto(`${server.url}/new`);
  for (const name of names) await page.getByRole("option", { name }).first().click();
  await expectWithin(page, "a new group of them");
  for (const name of names) {
    await page.goto(`${server.url}/person/${encodeURIComponent(name)}`);
    await expect(page.getByRole("heading", { name })).toBeVisible();
    await expect(page.getByRole("button", { name: "Chat", exact: true })).toBeVisible();
    await expectWithin(page, `the profile of ${name}`);
    await page.goto(`${server.url}/person/${encodeURIComponent(name)}/verify`);
    await expect(page.getByRole("img", { name: /QR/ })).toBeVisible();
    await expectWithin(page, `the safety number of ${name}`);
  }
});
