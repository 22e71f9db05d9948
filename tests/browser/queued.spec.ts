/** What is written without a connection: kept through a reload, sent once, or said to have been refused. */

import type { Locator, Page } from "@playwright/test";

import { expect, test } from "./fixtures.js";
import { chatWithFriend, composer, goTo, message, openChat, send } from "./steps.js";
import { everythingKept, placesOf } from "./stored.js";

/** Messages that wait for the connection. */
function waiting(page: Page): Locator {
  return page.getByRole("article", { name: /not sent yet$/ }).filter({ hasText: "Waiting for the connection" });
}

/** The page can be loaded without the server. */
async function installed(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
}

/** Writes without a connection, and waits until the device has kept it. */
async function writeOffline(page: Page, texts: readonly string[]): Promise<void> {
  await expect(page.getByText(/offline|connection/i).first()).toBeVisible();
  for (const text of texts) await send(page, text);
  await expect(waiting(page)).toHaveCount(texts.length);
  const kept = async (): Promise<number> => (await everythingKept(page)).filter(({ text }) => text?.startsWith("outbox-") === true).length;
  await expect.poll(kept).toBe(texts.length);
}

test("what is written without a server waits through a reload, and goes out once", async ({ server, register }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  await chatWithFriend(alice.page, bob.page, "alice", "bob");
  await send(alice.page, "before the tunnel");
  await openChat(bob.page, "alice");
  await expect(message(bob.page, "before the tunnel")).toBeVisible();
  await installed(alice.page);
  await server.kill();
  await writeOffline(alice.page, ["in the tunnel", "still in the tunnel"]);
  expect(placesOf(await everythingKept(alice.page), "in the tunnel")).toEqual([]);

  await alice.page.reload();
  await expect(message(alice.page, "before the tunnel")).toBeVisible();
  await expect(waiting(alice.page)).toContainText(["in the tunnel", "still in the tunnel"]);

  await server.start();
  await expect(message(bob.page, "still in the tunnel")).toBeVisible();
  for (const { page } of [alice, bob]) {
    await expect(page.getByRole("article", { name: /not sent/ })).toHaveCount(0);
    await expect(page.getByRole("article")).toContainText(["before the tunnel", "in the tunnel", "still in the tunnel"]);
    await expect(page.getByRole("article")).toHaveCount(3);
  }
});

test("what is refused on return says so, and can be mended", async ({ server, register }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  await chatWithFriend(alice.page, bob.page, "alice", "bob");
  await send(alice.page, "good morning");
  await openChat(bob.page, "alice");
  await expect(message(bob.page, "good morning")).toBeVisible();
  await installed(alice.page);

  await test.step("alice is cut off and writes; meanwhile bob blocks her", async () => {
    await server.kill();
    await alice.page.context().setOffline(true);
    await writeOffline(alice.page, ["are you cross with me?", "answer me"]);
    await alice.page.reload();
    await expect(waiting(alice.page)).toHaveCount(2);
    await server.start();
    await goTo(bob.page, "People");
    await bob.page.getByRole("tab", { name: /^Friends/ }).click();
    await bob.page.getByRole("button", { name: "More about alice" }).first().click();
    await bob.page.getByRole("menuitem", { name: "Block" }).click();
    await bob.page.getByRole("button", { name: "Block", exact: true }).click();
    await bob.page.getByRole("tab", { name: /^Blocked/ }).click();
    await expect(bob.page.getByRole("button", { name: "Unblock alice" })).toBeVisible();
    await expect(waiting(alice.page)).toHaveCount(2);
  });

  const unsent = alice.page.getByRole("article", { name: /not sent$/ });
  await test.step("back online, both say why", async () => {
    await alice.page.context().setOffline(false);
    await expect(unsent).toHaveCount(2);
    for (const alert of await unsent.getByRole("alert").all()) await expect(alert).toContainText("not friends");
    await expect(waiting(alice.page)).toHaveCount(0);
    await unsent.filter({ hasText: "answer me" }).getByRole("button", { name: "Discard" }).click();
    await expect(unsent).toContainText(["are you cross with me?"]);
    await expect(unsent).toHaveCount(1);
  });

  await test.step("the block lifted, it is refused again, and can be edited", async () => {
    await bob.page.getByRole("button", { name: "Unblock alice" }).click();
    await expect(bob.page.getByRole("button", { name: "Unblock alice" })).toHaveCount(0);
    await unsent.getByRole("button", { name: "Send again" }).click();
    await expect(unsent.getByRole("alert")).toContainText("not friends");
    await unsent.getByRole("button", { name: "Edit" }).click();
    await expect(unsent).toHaveCount(0);
    await alice.page.getByRole("button", { name: "Try anyway" }).click();
    await expect(composer(alice.page)).toHaveValue("are you cross with me?");
    await openChat(bob.page, "alice");
    await expect(message(bob.page, "good morning")).toBeVisible();
    await expect(bob.page.getByRole("article")).toHaveCount(1);
  });
});
