/** Keys and pictures: safety numbers compared and scanned, a server that swaps a key, a profile picture without its metadata. */

import type { Page } from "@playwright/test";

import { expect, expectAccessible, test } from "./fixtures.js";
import { acceptFriend, askFriend, goTo } from "./steps.js";

/** Where the server says which key bob has, and a valid key that is not bob's (RFC 8032, 7.1, test 1). */
const BOBS_KEY = /("username":"bob","public_key":")[0-9a-f]{64}/g;
const OTHER_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/** The digits of the safety number on the screen. */
async function digits(page: Page, name: string): Promise<string> {
  const number = page.getByRole("group", { name: `Safety number of you and ${name}` });
  await expect(number).toContainText(/^(\d{5}){12}$/);
  return (await number.innerText()).replace(/\D/g, "");
}

async function openSafetyNumber(page: Page, name: string): Promise<void> {
  await goTo(page, "People");
  await page.getByRole("tab", { name: /^Friends/ }).click();
  await page.getByRole("row", { name }).click();
  await page.getByRole("link", { name: /safety number/ }).click();
}

test("C-407 both see one safety number; C-404 a swapped key stops everything until the user decides", async ({ register }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  await askFriend(alice.page, "bob");
  await acceptFriend(bob.page, "alice");

  await test.step("the same number on both sides", async () => {
    await openSafetyNumber(alice.page, "bob");
    await openSafetyNumber(bob.page, "alice");
    expect(await digits(alice.page, "bob")).toBe(await digits(bob.page, "alice"));
    await expectAccessible(alice.page, "safety number");
  });

  await test.step("compared by digits, and remembered", async () => {
    const theirs = await digits(bob.page, "alice");
    await alice.page.getByLabel("bob’s number").fill(theirs.replace(/\d$/, (last) => String((Number(last) + 1) % 10)));
    await expect(alice.page.getByText("Group 12 differs.")).toBeVisible();
    await alice.page.getByLabel("bob’s number").fill(theirs);
    await alice.page.getByRole("button", { name: "Mark as verified" }).click();
    await expect(alice.page.getByText("bob is marked as verified")).toBeVisible();
  });

  await test.step("another key for the same name", async () => {
    await alice.page.routeWebSocket(/\/socket\.io\//, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((text) => socket.send(typeof text === "string" ? text.replace(BOBS_KEY, `$1${OTHER_KEY}`) : text));
    });
    await alice.page.reload();
    await goTo(alice.page, "People");
    await expect(alice.page.getByRole("alert").filter({ hasText: "The key of bob has changed" })).toBeVisible();
    await expectAccessible(alice.page, "people with a changed key");
    await alice.page.getByRole("link", { name: "See what to do" }).click();
    await expect(alice.page.getByRole("heading", { name: "The key of bob has changed" })).toBeVisible();
    await expectAccessible(alice.page, "a changed key");
  });

  await test.step("nothing new is begun with it", async () => {
    await alice.page.getByRole("main").getByRole("button", { name: "Chat", exact: true }).click();
    await expect(alice.page.getByText(/identity key of bob is not the one/)).toBeVisible();
  });

  await test.step("the numbers differ, and the old key stays", async () => {
    await alice.page.getByRole("link", { name: "Compare safety numbers" }).first().click();
    expect(await digits(alice.page, "bob")).not.toBe(await digits(bob.page, "alice"));
    await alice.page.getByRole("button", { name: "They differ" }).click();
    await expect(alice.page.getByRole("heading", { name: "The numbers differ" })).toBeVisible();
    await alice.page.unrouteAll();
  });

  await test.step("accepted without comparing, after a question", async () => {
    await alice.page.getByRole("link", { name: "Back" }).first().click();
    await alice.page.getByRole("button", { name: "Accept without comparing" }).click();
    await alice.page.getByRole("alertdialog").getByRole("button", { name: "Accept the new key" }).click();
    await expect(alice.page.getByText("The new key of bob is accepted.")).toBeVisible();
    await expect(alice.page.getByText("The key of bob has changed")).toHaveCount(0);
  });
});

test("R-134 a profile picture is turned upright, made small, and says nothing of where it was taken", async ({ register }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  const photo = withExif(await photoOf(alice.page));
  expect(photo.includes("Exif")).toBe(true);

  await alice.page.getByRole("link", { name: "Your profile" }).click();
  await alice.page.locator("input[type=file]").setInputFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer: photo });
  await expectAccessible(alice.page, "cropping a picture");
  await alice.page.getByRole("button", { name: "Save picture" }).click();
  await expect(alice.page.getByText("Your picture is saved.")).toBeVisible();
  await expectAccessible(alice.page, "one's own profile");

  await goTo(bob.page, "People");
  await bob.page.getByRole("tab", { name: /^Find/ }).click();
  await bob.page.getByRole("row", { name: "alice" }).click();
  const picture = bob.page.getByRole("main").locator("img");
  await expect(picture).toBeVisible();
  const url = (await picture.getAttribute("src")) ?? "";
  expect(url).toMatch(/^data:image\/webp;base64,/);
  expect(url.length).toBeLessThanOrEqual(256 * 1024);
  const bytes = Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  // The canvas writes sRGB's colour profile, the same for everybody; nothing else is in it beside the pixels.
  for (const trace of ["Exif", "EXIF", "XMP", GPS_SECONDS]) expect(bytes.includes(trace)).toBe(false);
  // Orientation 6 turns by 90° clockwise: what was red on the left is red at the top.
  expect(await coloursOf(bob.page, url)).toEqual({ size: [256, 256], top: "red", bottom: "blue" });
});

/** The numerator of the latitude's seconds, as it stands in the file. */
const GPS_SECONDS = Buffer.from([0x00, 0x04, 0xcb, 0x2f]);

/** A JPEG of 600 × 400 pixels, red on the left and blue on the right. */
async function photoOf(page: Page): Promise<Buffer> {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 600, height: 400 });
    const context = canvas.getContext("2d");
    if (!context) return "";
    context.fillStyle = "#ff0000";
    context.fillRect(0, 0, 300, 400);
    context.fillStyle = "#0000ff";
    context.fillRect(300, 0, 300, 400);
    return canvas.toDataURL("image/jpeg", 0.95);
  });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** The same with an Exif segment as cameras write it: orientation 6, latitude 47° 22′ 31.4159″ N. */
function withExif(jpeg: Buffer): Buffer {
  const bytes: number[] = [];
  const u16 = (value: number): number => bytes.push(value >> 8, value & 255);
  const u32 = (value: number): void => {
    u16(value >>> 16);
    u16(value & 0xffff);
  };
  const entry = (tag: number, type: number, count: number, value: () => void): void => {
    u16(tag);
    u16(type);
    u32(count);
    value();
  };
  const [first, gps] = [8, 38];
  bytes.push(0x4d, 0x4d, 0, 42);
  u32(first);
  u16(2);
  entry(0x0112, 3, 1, () => u32(6 << 16));
  entry(0x8825, 4, 1, () => u32(gps));
  u32(0);
  u16(2);
  entry(1, 2, 2, () => bytes.push(0x4e, 0, 0, 0));
  entry(2, 5, 3, () => u32(gps + 30));
  u32(0);
  for (const number of [47, 1, 22, 1, 314_159, 10_000]) u32(number);
  const body = Buffer.concat([Buffer.from("Exif\0\0"), Buffer.from(bytes)]);
  const marker = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, body, jpeg.subarray(2)]);
}

/** The size of a picture and what is at its top and bottom. */
async function coloursOf(page: Page, url: string): Promise<{ size: number[]; top: string; bottom: string }> {
  return page.evaluate(async (src: string) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    const at = (y: number): string => {
      const [red = 0, , blue = 0] = context?.getImageData(image.width / 2, y, 1, 1).data ?? [];
      return red > 200 && blue < 60 ? "red" : blue > 200 && red < 60 ? "blue" : `${red}, ${blue}`;
    };
    return { size: [image.width, image.height], top: at(16), bottom: at(image.height - 16) };
  }, url);
}
