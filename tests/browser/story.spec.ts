/** The whole story in two browsers and a terminal: registered, befriended, talked, burnt, blocked, restarted, recovered. */

import { expect, logIn, test } from "./fixtures.js";
import { acceptFriend, askFriend, composer, createGroup, fromMenu, goTo, message, openChat, react, send } from "./steps.js";

test("two browsers and a terminal live the whole story", async ({ server, register, cli, newPage }) => {
  const [alice, bob, carol] = await Promise.all([register("alice"), register("bob"), cli("carol")]);

  await test.step("friends", async () => {
    await askFriend(alice.page, "bob");
    await acceptFriend(bob.page, "alice");
    await goTo(alice.page, "People");
    await alice.page.getByRole("tab", { name: /^Friends/ }).click();
    await expect(alice.page.getByRole("button", { name: "Chat with bob" })).toBeVisible();
  });

  await test.step("a group of a browser, a browser and a terminal", async () => {
    await createGroup(alice.page, "Plans", ["bob", "carol"]);
    await openChat(bob.page, "Plans");
  });

  await test.step("messages both ways", async () => {
    await send(alice.page, "See you at **eight**");
    await expect(message(bob.page, "See you at eight")).toBeVisible();
    await expect(message(bob.page, "See you at eight").locator("strong")).toHaveText("eight");
    await send(bob.page, "Fine by me");
    await expect(message(alice.page, "Fine by me")).toBeVisible();
    await carol.run("send", "Plans", "Me too");
    await expect(message(alice.page, "Me too")).toBeVisible();
    await expect(message(bob.page, "Me too")).toBeVisible();
    expect(await carol.run("history", "Plans")).toMatch(/alice: See you at \*\*eight\*\*[\s\S]*bob: Fine by me[\s\S]*carol: Me too/);
  });

  await test.step("a reply leads to what it answers", async () => {
    await fromMenu(bob.page, "See you at eight", "Reply");
    await send(bob.page, "Where?");
    await expect(message(alice.page, "Where?")).toContainText("See you at eight");
  });

  await test.step("a reaction", async () => {
    await react(bob.page, "See you at eight", "👍");
    await expect(message(alice.page, "See you at eight").first().getByRole("button", { name: /👍 from bob/ })).toBeVisible();
  });

  await test.step("an edit", async () => {
    await fromMenu(alice.page, "See you at eight", "Edit");
    await composer(alice.page).fill("See you at nine");
    await composer(alice.page).press("Enter");
    await expect(message(bob.page, "See you at nine").first()).toContainText("Edited");
    expect(await carol.run("history", "Plans")).toContain("See you at nine");
  });

  await test.step("a pin, by the terminal", async () => {
    const id = /#(\d+) alice: See you at nine/.exec(await carol.run("history", "Plans"))?.[1] ?? "";
    await carol.run("pin", id);
    await expect(message(bob.page, "See you at nine").first()).toContainText("Pinned");
  });

  await test.step("scheduled, seen, cancelled; scheduled and sent", async () => {
    await composer(alice.page).fill("never to be sent");
    await alice.page.getByRole("button", { name: "More ways to send" }).click();
    await alice.page.getByRole("menuitem", { name: "Send later" }).click();
    await alice.page.getByRole("button", { name: "Schedule", exact: true }).click();
    await alice.page.getByRole("button", { name: /^Scheduled messages: 1/ }).click();
    await expect(alice.page.getByRole("dialog")).toContainText("never to be sent");
    await alice.page.getByRole("button", { name: "Cancel this message" }).click();
    await alice.page.getByRole("button", { name: "Cancel message" }).click();
    await expect(alice.page.getByRole("dialog")).toContainText("Nothing is scheduled");
    await expect(alice.page.getByRole("dialog").locator(":focus")).toHaveCount(1);
    await alice.page.keyboard.press("Escape");
    await carol.run("send", "Plans", "sent at its hour", "--in", "2s");
    await expect(message(bob.page, "sent at its hour")).toBeVisible();
  });

  await test.step("self-destruct", async () => {
    await carol.run("send", "Plans", "this one burns", "--delete-after", "3s");
    await expect(message(alice.page, "this one burns")).toBeVisible();
    await expect(message(alice.page, "this one burns")).toHaveCount(0);
    await expect(message(bob.page, "this one burns")).toHaveCount(0);
  });

  await test.step("the server is killed and comes back; what is written meanwhile goes out once", async () => {
    await server.kill();
    await expect(alice.page.getByText(/offline|connection/i).first()).toBeVisible();
    await send(alice.page, "written without a server");
    await server.start();
    await expect(message(bob.page, "written without a server")).toHaveCount(1);
    await expect(message(alice.page, "written without a server")).toHaveCount(1);
    expect((await carol.run("history", "Plans")).match(/written without a server/g)).toHaveLength(1);
  });

  await test.step("a second device, from the words, reads the history", async () => {
    const second = await newPage();
    await second.goto(server.url);
    await logIn(second, "alice", alice.words);
    await openChat(second, "Plans");
    for (const text of ["See you at nine", "Fine by me", "Me too", "sent at its hour", "written without a server"]) {
      await expect(message(second, text).first()).toBeVisible();
    }
    await send(second, "from my other device");
    await expect(message(alice.page, "from my other device")).toBeVisible();
    await expect(message(bob.page, "from my other device")).toBeVisible();
  });

  await test.step("a block ends the chat of two, not the group", async () => {
    await goTo(alice.page, "People");
    await alice.page.getByRole("tab", { name: /^Friends/ }).click();
    await alice.page.getByRole("button", { name: "Chat with bob" }).click();
    await send(alice.page, "just us");
    await openChat(bob.page, "alice");
    await expect(message(bob.page, "just us")).toBeVisible();
    await goTo(alice.page, "People");
    await alice.page.getByRole("button", { name: "More about bob" }).first().click();
    await alice.page.getByRole("menuitem", { name: "Block" }).click();
    await alice.page.getByRole("button", { name: "Block", exact: true }).click();
    await alice.page.getByRole("tab", { name: /^Blocked/ }).click();
    await expect(alice.page.getByRole("button", { name: "Unblock bob" })).toBeVisible();
    // Nobody tells bob that he is blocked: he learns it when he writes.
    await send(bob.page, "still there?");
    await expect(bob.page.getByRole("article", { name: /not sent$/ }).getByRole("alert")).toContainText("not friends");
    await openChat(alice.page, "bob");
    await expect(message(alice.page, "just us")).toBeVisible();
    await expect(message(alice.page, "still there?")).toHaveCount(0);
    await openChat(bob.page, "Plans");
    await send(bob.page, "in the group I may");
    await openChat(alice.page, "Plans");
    await expect(message(alice.page, "in the group I may")).toBeVisible();
  });
});
