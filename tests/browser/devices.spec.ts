/** Several devices and several tabs of one account; verified keys, unread marks and days as each of them shows them. */

import type { Page } from "@playwright/test";

import { expect, logIn, test } from "./fixtures.js";
import { acceptFriend, askFriend, chatWithFriend, composer, createGroup, goTo, message, openChat, react, send } from "./steps.js";
import { everythingKept } from "./stored.js";

declare global {
  interface Window {
    /** What the stand-in for the browser's reader of QR codes sees. */
    codeInSight: string | undefined;
  }
}

const chats = (page: Page) => page.getByRole("list", { name: "Chats" });

async function showPeople(page: Page, tab: "Friends" | "Requests" | "Blocked"): Promise<void> {
  await goTo(page, "People");
  await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
}

/** The digits of the safety number on the screen. */
async function digitsOf(page: Page, name: string): Promise<string> {
  const number = page.getByRole("group", { name: `Safety number of you and ${name}` });
  await expect(number).toContainText(/^(\d{5}){12}$/);
  return (await number.innerText()).replace(/\D/g, "");
}

test("two devices and two tabs show the same, without a reload", async ({ server, register, newPage, cli }) => {
  test.setTimeout(240_000);
  const [alice, bob] = await Promise.all([register("alice"), register("bob"), cli("carol")]);
  const tab = alice.page;
  const otherTab = await tab.context().newPage();
  await otherTab.goto(server.url);
  const device = await newPage();
  await device.goto(server.url);
  await logIn(device, "alice", alice.words);
  const others = [otherTab, device];

  await test.step("a request, and its answer", async () => {
    await Promise.all(others.map((page) => showPeople(page, "Requests")));
    await askFriend(bob.page, "alice");
    for (const page of [tab, ...others]) await expect(page.getByRole("link", { name: /1 friend request/ })).toBeVisible();
    await acceptFriend(tab, "bob");
    for (const page of others) {
      await expect(page.getByRole("button", { name: "Accept bob" })).toHaveCount(0);
      await page.getByRole("tab", { name: /^Friends/ }).click();
      await expect(page.getByRole("button", { name: "Chat with bob" })).toBeVisible();
    }
  });

  let path = "";
  await test.step("a new group", async () => {
    await Promise.all([tab, otherTab].map((page) => goTo(page, "Chats")));
    path = await createGroup(device, "Regatta", ["bob", "carol"]);
    for (const page of [tab, otherTab, bob.page]) {
      await goTo(page, "Chats");
      await expect(chats(page).getByRole("link", { name: /Regatta/ })).toBeVisible();
    }
  });

  await test.step("unread on each device, read by all tabs of one", async () => {
    await goTo(device, "People");
    await goTo(device, "Chats");
    await openChat(bob.page, "Regatta");
    await send(bob.page, "first leg");
    await send(bob.page, "second leg");
    for (const page of [tab, ...others]) {
      await expect(chats(page).getByRole("link", { name: /Regatta.*2 unread messages/s })).toBeVisible();
      await expect(page).toHaveTitle("(2) Sotto");
    }
    await openChat(tab, "Regatta");
    await expect(tab.getByRole("separator", { name: "New messages" })).toBeVisible();
    for (const page of [tab, otherTab]) {
      await expect(page).toHaveTitle("Sotto");
      await expect(chats(page).getByText(/unread/)).toHaveCount(0);
    }
    // What was read is told to no server, so another device learns of it when the user writes.
    await expect(device).toHaveTitle("(2) Sotto");
    await send(tab, "third leg");
    await expect(device).toHaveTitle("Sotto");
    await openChat(device, "Regatta");
    await openChat(otherTab, "Regatta");
    for (const page of others) await expect(message(page, "third leg")).toHaveCount(1);
  });

  await test.step("reactions, a new name, what is scheduled and what is not any more", async () => {
    await react(device, "second leg", "👍");
    for (const page of [tab, otherTab, bob.page]) {
      await expect(message(page, "second leg").first().getByRole("button", { name: /👍/ })).toBeVisible();
    }
    await device.getByRole("link", { name: "Details", exact: true }).click();
    await device.getByRole("button", { name: "Rename" }).click();
    await device.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Harbour race");
    await device.getByRole("button", { name: "Save name" }).click();
    for (const page of [tab, otherTab, bob.page]) {
      await expect(page.getByRole("heading", { name: "Harbour race", exact: true })).toBeVisible();
    }
    await composer(tab).fill("start at nine");
    await tab.getByRole("button", { name: "More ways to send" }).click();
    await tab.getByRole("menuitem", { name: "Send later" }).click();
    await tab.getByRole("button", { name: "Schedule", exact: true }).click();
    for (const page of [tab, ...others]) await expect(page.getByRole("button", { name: "Scheduled messages: 1" })).toBeVisible();
    await expect(bob.page.getByRole("button", { name: /^Scheduled messages/ })).toHaveCount(0);
    await device.getByRole("button", { name: "Scheduled messages: 1" }).click();
    await device.getByRole("button", { name: "Cancel this message" }).click();
    await device.getByRole("button", { name: "Cancel message" }).click();
    for (const page of [tab, otherTab]) await expect(page.getByRole("button", { name: /^Scheduled messages/ })).toHaveCount(0);
    await device.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  });

  await test.step("the profile", async () => {
    await Promise.all(others.map((page) => page.getByRole("link", { name: "Your profile" }).click()));
    await tab.getByRole("link", { name: "Your profile" }).click();
    await tab.getByRole("radio", { name: /^Busy/ }).click({ force: true });
    for (const page of [tab, ...others]) await expect(page.getByRole("radio", { name: /^Busy/ })).toBeChecked();
    await showPeople(bob.page, "Friends");
    await expect(bob.page.getByRole("row", { name: "alice" })).toContainText("Busy");
  });

  await test.step("a block, and its end", async () => {
    await Promise.all(others.map((page) => showPeople(page, "Blocked")));
    await showPeople(tab, "Friends");
    await tab.getByRole("button", { name: "More about bob" }).first().click();
    await tab.getByRole("menuitem", { name: "Block" }).click();
    await tab.getByRole("button", { name: "Block", exact: true }).click();
    for (const page of others) await expect(page.getByRole("button", { name: "Unblock bob" })).toBeVisible();
    await device.getByRole("button", { name: "Unblock bob" }).click();
    await expect(otherTab.getByRole("button", { name: "Unblock bob" })).toHaveCount(0);
  });

  await test.step("leaving", async () => {
    await openChat(otherTab, "Harbour race");
    await goTo(tab, "Chats");
    await device.goto(`${server.url}${path}/details`);
    await device.getByRole("button", { name: /^Leave/ }).click();
    await device.getByRole("button", { name: "Leave", exact: true }).click();
    await expect(device).toHaveURL(/\/$/);
    for (const page of [tab, ...others]) await expect(page.getByRole("link", { name: /Harbour race/ })).toHaveCount(0);
    await expect(composer(otherTab)).toHaveCount(0);
  });

  await test.step("logged out in one tab is logged out in all of the device, not on the other", async () => {
    await goTo(tab, "Settings");
    await tab.getByRole("button", { name: "Log out of this device" }).click();
    await tab.getByRole("button", { name: "Log out and wipe" }).click();
    await expect(tab).toHaveURL(/\/welcome$/);
    await expect(otherTab.getByRole("link", { name: "Create an account" })).toBeVisible();
    await otherTab.reload();
    await expect(otherTab.getByRole("link", { name: "Create an account" })).toBeVisible();
    const left = (await everythingKept(otherTab)).map(({ place }) => place);
    expect(left.filter((place) => place.includes("sotto/") || place.includes("localStorage"))).toEqual([]);
    await goTo(device, "People");
    await device.reload();
    await expect(device.getByRole("navigation", { name: "Sections" })).toBeVisible();
  });
});

test("C-407 one number in browsers and terminals; a scanned code verifies for good", async ({ server, register, newPage, cli }) => {
  const [alice, bob, carol] = await Promise.all([register("alice"), register("bob"), cli("carol")]);
  await chatWithFriend(alice.page, bob.page, "alice", "bob");
  await carol.run("friend", "add", "alice");
  await acceptFriend(alice.page, "carol");

  await test.step("the same digits", async () => {
    await alice.page.goto(`${server.url}/person/carol/verify`);
    const shown = await digitsOf(alice.page, "carol");
    expect((await carol.run("safety-number", "alice")).replace(/\D/g, "")).toContain(shown);
    await bob.page.goto(`${server.url}/person/alice/verify`);
    await alice.page.goto(`${server.url}/person/bob/verify`);
    expect(await digitsOf(alice.page, "bob")).toBe(await digitsOf(bob.page, "alice"));
    expect(await digitsOf(alice.page, "bob")).not.toBe(shown);
  });

  const digits = await digitsOf(bob.page, "alice");
  await test.step("codes of others are told from codes of a wrong key", async () => {
    // Debian's Chromium reads no codes; what a reader answers is the code's text.
    await alice.page.addInitScript(() => {
      class Reader {
        static getSupportedFormats(): Promise<string[]> {
          return Promise.resolve(["qr_code"]);
        }

        detect(): Promise<{ rawValue: string }[]> {
          return Promise.resolve(window.codeInSight === undefined ? [] : [{ rawValue: window.codeInSight }]);
        }
      }
      Object.assign(window, { BarcodeDetector: Reader });
    });
    await alice.page.reload();
    await digitsOf(alice.page, "bob");
    const scan = async (code: string): Promise<void> => {
      await alice.page.evaluate(() => {
        window.codeInSight = undefined;
      });
      await alice.page.getByRole("button", { name: "Scan the code on bob’s screen" }).click();
      await expect(alice.page.getByRole("dialog", { name: "Scan the code" })).toBeVisible();
      await alice.page.evaluate((text) => {
        window.codeInSight = text;
      }, code);
      await expect(alice.page.getByRole("dialog")).toHaveCount(0);
    };
    await scan("https://evil.example/");
    await expect(alice.page.getByRole("alert").filter({ hasText: "That is another kind of code." })).toBeVisible();
    await scan(`sotto:1:bob:carol:${digits}`);
    await expect(alice.page.getByRole("alert").filter({ hasText: "That is the code of bob and carol" })).toBeVisible();
    await scan(`sotto:1:alice:bob:${digits.replace(/^\d/, (first) => String((Number(first) + 1) % 10))}`);
    await expect(alice.page.getByRole("heading", { name: "The numbers differ" })).toBeVisible();
    await alice.page.getByRole("button", { name: "Compare again" }).click();
    await scan(`sotto:1:alice:bob:${digits}`);
    await expect(alice.page.getByRole("heading", { name: "The numbers are the same" })).toBeVisible();
    await alice.page.getByRole("button", { name: "Mark as verified" }).click();
    await expect(alice.page.getByText("bob is marked as verified")).toBeVisible();
  });

  await test.step("remembered over a reload, and by another device", async () => {
    await alice.page.reload();
    await expect(alice.page.getByText("You have compared this number with bob.")).toBeVisible();
    const device = await newPage();
    await device.goto(server.url);
    await logIn(device, "alice", alice.words);
    await device.goto(`${server.url}/person/bob/verify`);
    await expect(device.getByText("You have compared this number with bob.")).toBeVisible();
    await device.goto(`${server.url}/person/carol/verify`);
    await digitsOf(device, "carol");
    await expect(device.getByText("You have compared this number")).toHaveCount(0);
    await device.goto(`${server.url}/people`);
    await expect(device.getByRole("row", { name: "bob" }).getByLabel("Verified")).toBeVisible();
    await expect(device.getByRole("row", { name: "carol" }).getByLabel("Verified")).toHaveCount(0);
  });
});

test("days part the messages, and what is new stands under a line of its own", async ({ register, server, newPage }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  await chatWithFriend(alice.page, bob.page, "alice", "bob");
  await send(alice.page, "yesterday's word");
  await openChat(bob.page, "alice");
  await expect(message(bob.page, "yesterday's word")).toBeVisible();
  await goTo(bob.page, "Settings");
  await send(alice.page, "news one");
  await send(alice.page, "news two");
  await expect(bob.page).toHaveTitle("(2) Sotto");

  await test.step("read marks outlive the page", async () => {
    await bob.page.goto(server.url);
    await expect(chats(bob.page).getByRole("link", { name: /alice.*2 unread messages/s })).toBeVisible();
    await openChat(bob.page, "alice");
    const line = bob.page.getByRole("separator", { name: "New messages" });
    await expect(line).toBeVisible();
    // The line stands in the row of the message that follows it.
    await expect(bob.page.locator("div", { has: line }).last()).toContainText("news one");
    await expect(bob.page).toHaveTitle("Sotto");
    await bob.page.reload();
    await expect(message(bob.page, "news two")).toBeVisible();
    await expect(line).toHaveCount(0);
  });

  await test.step("a message of another day", async () => {
    // Only the server says when a message came: it says a day earlier of the first.
    const stamp = (await message(bob.page, "yesterday's word").getByRole("time").getAttribute("datetime"))?.slice(0, -1) ?? "none";
    const dayBefore = new Date(Date.parse(`${stamp}Z`) - 24 * 3_600_000).toISOString().slice(0, -1);
    const page = await newPage();
    await page.routeWebSocket(/\/socket\.io\//, (socket) => {
      const upstream = socket.connectToServer();
      upstream.onMessage((text) => socket.send(typeof text === "string" ? text.replaceAll(stamp, dayBefore) : text));
    });
    await page.goto(server.url);
    await logIn(page, "bob", bob.words);
    await openChat(page, "alice");
    await expect(page.getByRole("separator")).toHaveCount(2);
    await expect(page.getByRole("separator").nth(0)).toHaveAccessibleName("Yesterday");
    await expect(page.getByRole("separator").nth(1)).toHaveAccessibleName("Today");
    await expect(page.getByRole("article", { name: /^alice, Yesterday \d\d:\d\d$/ })).toContainText("yesterday's word");
  });

  await test.step("the same messages in some days", async () => {
    const page = await bob.page.context().newPage();
    await page.clock.install({ time: Date.now() + 3 * 24 * 3_600_000 });
    await page.goto(bob.page.url());
    await expect(page.getByRole("separator", { name: /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day$/ })).toHaveCount(1);
    await page.close();
  });
});

test("C-404 a swapped key of somebody verified: said everywhere, nothing new with it", async ({ register, server, cli }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob"), cli("carol")]);
  const { page } = alice;
  await chatWithFriend(page, bob.page, "alice", "bob");
  const chat = page.url();
  await send(page, "with the true key");
  await page.goto(`${server.url}/person/bob/verify`);
  await digitsOf(page, "bob");
  await page.getByRole("button", { name: "The numbers are the same" }).click();
  await page.getByRole("button", { name: "Mark as verified" }).click();
  await expect(page.getByText("bob is marked as verified")).toBeVisible();

  // A valid key that is not bob's (RFC 8032, 7.1, test 1), wherever the server names bob's.
  const swapped = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  let lying = true;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const upstream = socket.connectToServer();
    const forged = (text: string): string => text.replace(/("username":"bob","public_key":")[0-9a-f]{64}/g, `$1${swapped}`);
    upstream.onMessage((text) => socket.send(lying && typeof text === "string" ? forged(text) : text));
  });

  await test.step("said over the chat and in the list of people", async () => {
    await page.goto(chat);
    await expect(page.getByRole("alert").filter({ hasText: "The key of bob has changed" })).toBeVisible();
    await expect(message(page, "with the true key")).toBeVisible();
    await showPeople(page, "Friends");
    await expect(page.getByRole("row", { name: "bob" }).getByLabel("The key has changed")).toBeVisible();
    await expect(page.getByRole("row", { name: "bob" }).getByLabel("Verified")).toHaveCount(0);
  });

  await test.step("no group with it", async () => {
    await page.goto(`${server.url}/new`);
    for (const member of ["bob", "carol"]) {
      await page.getByRole("searchbox", { name: "Search people" }).fill(member);
      await page.getByRole("option", { name: member }).first().click();
    }
    await page.getByRole("button", { name: /^Create group/ }).click();
    const refused = page.getByRole("alert").filter({ hasText: "The key of bob changed. Compare safety numbers before you begin a chat." });
    await expect(refused).toBeVisible();
    await expect(page).toHaveURL(/\/new$/);
  });

  await test.step("the true key again: no warning, and verified as before", async () => {
    lying = false;
    await page.goto(`${server.url}/people`);
    await expect(page.getByRole("row", { name: "bob" }).getByLabel("Verified")).toBeVisible();
    await expect(page.getByText("The key of bob has changed")).toHaveCount(0);
  });
});
