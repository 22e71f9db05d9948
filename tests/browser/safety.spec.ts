/** What the page keeps, what it forgets, and what it lets others do: keys at rest, log-out, the pages' rules. */

import type { Page } from "@playwright/test";

import { RecoverySecret } from "../../sdk/typescript/src/crypto/index.js";
import { expect, expectAccessible, logIn, test } from "./fixtures.js";
import { chatWithFriend, composer, goTo, message, openChat, send } from "./steps.js";
import { everythingKept, keysAmong, placesOf, wordsAmong } from "./stored.js";

const PASSPHRASE = "tide tables of 1911";

/** What must lie nowhere: the recovery secret and the two seeds derived from it (C-106, C-107), from the words. */
function secretsOf(words: string): Record<string, Uint8Array> {
  const secret = RecoverySecret.fromWords(words);
  return { recovery: secret.expose(), ik_seed: secret.identity().exposeSeed(), os_key: secret.storageKey().expose() };
}

/** Neither keys nor words nor any of these texts lie anywhere in the browser. */
async function expectNothingReadable(page: Page, words: string, texts: readonly string[], deviceKeys: number): Promise<void> {
  const kept = await everythingKept(page);
  for (const [name, secret] of Object.entries(secretsOf(words))) expect(placesOf(kept, secret), name).toEqual([]);
  for (const text of texts) expect(placesOf(kept, text), text).toEqual([]);
  expect(wordsAmong(kept, words)).toEqual([]);
  const keys = keysAmong(kept);
  expect(keys).toEqual(keys.map(() => ({ extractable: false, exported: false })));
  expect(keys).toHaveLength(deviceKeys);
}

/** What TypeScript's library does not have. */
interface TrustedTypes {
  readonly trustedTypes: { createPolicy(name: string, rules: object): object };
}

/** Until the service worker keeps the app and answers for this page. */
async function expectKeptForOffline(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
}

test("C-107 no key, no word and no message lies readable in the browser", async ({ server, register }) => {
  const [alice, bob] = await Promise.all([register("alice"), register("bob")]);
  await chatWithFriend(alice.page, bob.page, "alice", "bob");
  const texts = ["a lantern for the jetty", "bring two lanterns", "half a thought about lanterns", "lanterns without a server"] as const;
  const [sent, received, draft, queued] = texts;

  await test.step("with a message sent, one received, one half written, one waiting", async () => {
    await send(alice.page, sent);
    await openChat(bob.page, "alice");
    await expect(message(bob.page, sent)).toBeVisible();
    await send(bob.page, received);
    await expect(message(alice.page, received)).toBeVisible();
    await expectKeptForOffline(alice.page);
    await expectNothingReadable(alice.page, alice.words, texts, 1);
    await server.kill();
    await expect(alice.page.getByText("You are offline.")).toBeVisible();
    await send(alice.page, queued);
    await expect(message(alice.page, queued)).toContainText("Waiting for the connection");
    await composer(alice.page).fill(draft);
    await expectNothingReadable(alice.page, alice.words, texts, 1);
  });

  await test.step("localStorage tells names of settings, and who is logged in", async () => {
    const entries = await alice.page.evaluate(() => Object.entries(localStorage));
    expect(entries.map(([name]) => name).filter((name) => !/^sotto\.[a-z-]+(\..+)?$/.test(name))).toEqual([]);
    expect(Object.fromEntries(entries)["sotto.account"]).toBe("alice");
  });

  await test.step("what looks for them would find them", async () => {
    const seed = [...(secretsOf(alice.words)["ik_seed"] ?? [])];
    await alice.page.evaluate(
      async ([bytes, words, text]) => {
        const database = await new Promise<IDBDatabase>((resolve) => {
          const opening = indexedDB.open("careless");
          opening.onupgradeneeded = () => opening.result.createObjectStore("values");
          opening.onsuccess = () => resolve(opening.result);
        });
        const values = database.transaction("values", "readwrite").objectStore("values");
        values.put({ deep: [Uint8Array.of(1, ...bytes, 2).buffer] }, "binary");
        values.put(`x${btoa(String.fromCharCode(...bytes))}`, "base64");
        values.put(words.split(" "), "words");
        await new Promise((resolve) => (values.transaction.oncomplete = resolve));
        database.close();
        await (await caches.open("careless")).put("/careless", new Response(text));
      },
      [seed, alice.words, sent] as const,
    );
    const kept = await everythingKept(alice.page);
    expect(placesOf(kept, Uint8Array.from(seed))).toEqual(["careless/values/base64", "careless/values/binary.deep[0]"]);
    expect(placesOf(kept, sent)).toEqual([`cache careless ${server.url}/careless`]);
    expect(wordsAmong(kept, alice.words)).toHaveLength(22);
  });
});

test("a passphrase locks the keys, is asked for, and can be taken away and set again", async ({ server, newPage }) => {
  // Each use of a passphrase takes a second of a free desktop.
  test.setTimeout(300_000);
  const page = await newPage();
  const unlock = async (passphrase: string): Promise<void> => {
    await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
    await page.getByRole("button", { name: "Unlock" }).click();
  };
  let words = "";

  await test.step("chosen at the registration", async () => {
    await page.goto(`${server.url}/register`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("alice");
    await page.getByRole("switch", { name: "Lock with a passphrase" }).click({ force: true });
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await page.getByLabel("Once more").fill("other");
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByText("Use at least 10 characters")).toBeVisible();
    await expect(page.getByText("The two are not the same.")).toBeVisible();
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.getByLabel("Once more").fill(PASSPHRASE);
    await expectAccessible(page, "a passphrase at the registration");
    await page.getByRole("button", { name: "Go on" }).click();
    const listed = page.getByRole("list", { name: "Recovery words, in order" }).getByRole("listitem");
    await expect(listed).toHaveCount(24);
    words = (await listed.locator("span[translate=no]").allTextContents()).map((word) => word.trim()).join(" ");
    await expectNothingReadable(page, words, [PASSPHRASE], 0);
  });

  await test.step("words that were not confirmed are not shown again, and one is told so", async () => {
    page.once("dialog", (dialog) => void dialog.accept());
    await page.goto(server.url);
    await expect(page).toHaveURL(/\/unlock$/);
    await expect(page.getByRole("heading", { name: "Unlock Sotto" })).toBeVisible();
    await expectAccessible(page, "unlocking");
    await unlock("tide tables of 1912");
    await expect(page.getByText("That is not the passphrase.")).toBeVisible();
    await expect(page).toHaveURL(/\/unlock$/);
    await page.goto(`${server.url}/settings/security`);
    await expect(page).toHaveURL(/\/unlock$/);
    await unlock(PASSPHRASE);
    await expect(page.getByText("You have not confirmed your recovery words.")).toBeVisible();
    await expectNothingReadable(page, words, [PASSPHRASE], 0);
    await page.getByRole("button", { name: "I have my words" }).click();
  });

  await test.step("taken away: this browser's own key locks them", async () => {
    await page.goto(`${server.url}/settings/security`);
    await unlock(PASSPHRASE);
    await goTo(page, "Settings");
    await page.getByRole("link", { name: /^Security/ }).click();
    await page.getByRole("button", { name: "Remove passphrase" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove passphrase" });
    await dialog.getByLabel("Present passphrase").fill("wrong");
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await expect(dialog.getByText("That is not the passphrase.")).toBeVisible();
    await dialog.getByLabel("Present passphrase").fill(PASSPHRASE);
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await expect(page.getByText("The passphrase is removed.")).toBeVisible();
    await expectNothingReadable(page, words, [PASSPHRASE], 1);
    await page.reload();
    await expect(page.getByRole("button", { name: "Set a passphrase" })).toBeVisible();
  });

  await test.step("set again: asked for at the next start", async () => {
    await page.getByRole("button", { name: "Set a passphrase" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a passphrase" });
    await dialog.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await dialog.getByLabel("Once more").fill(PASSPHRASE);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your keys are locked by the passphrase.")).toBeVisible();
    await expectNothingReadable(page, words, [PASSPHRASE], 0);
    await page.reload();
    await expect(page).toHaveURL(/\/unlock$/);
    await unlock(PASSPHRASE);
    await expect(page.getByRole("navigation", { name: "Sections" })).toBeVisible();
  });
});

test("logging out wipes; the words bring everything back", async ({ server, register }) => {
  // Names that stand in none of the app's own files.
  const [alice, bob] = await Promise.all([register("Quillon"), register("Zephine")]);
  const { page } = alice;
  await chatWithFriend(page, bob.page, "Quillon", "Zephine");
  await send(page, "the heron was here");
  await openChat(bob.page, "Quillon");
  await send(bob.page, "I saw it, too");
  await expect(message(page, "I saw it, too")).toBeVisible();
  await expectKeptForOffline(page);
  const chat = page.url();

  await test.step("a question first", async () => {
    await goTo(page, "Settings");
    await page.getByRole("button", { name: "Log out of this device" }).click();
    await page.getByRole("button", { name: "Stay" }).click();
    await expect(page.getByRole("button", { name: "Log out of this device" })).toBeVisible();
    await page.getByRole("button", { name: "Log out of this device" }).click();
    await page.getByRole("button", { name: "Log out and wipe" }).click();
    await expect(page).toHaveURL(/\/welcome$/);
  });

  await test.step("nothing of the account is left", async () => {
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    const kept = await everythingKept(page);
    for (const trace of ["Quillon", "Zephine", "heron"]) expect(placesOf(kept, trace), trace).toEqual([]);
    expect(kept.filter(({ place }) => place !== "database")).toEqual([]);
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  });

  await test.step("going back shows nothing", async () => {
    await page.goBack();
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    await page.goto(chat);
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    for (const trace of ["heron", "Zephine"]) expect(await page.content()).not.toContain(trace);
    const kept = await everythingKept(page);
    for (const trace of ["Quillon", "Zephine", "heron"]) expect(placesOf(kept, trace), trace).toEqual([]);
  });

  await test.step("the words bring it back", async () => {
    await page.goto(server.url);
    await logIn(page, "Quillon", alice.words);
    await openChat(page, "Zephine");
    await expect(message(page, "the heron was here")).toBeVisible();
    await expect(message(page, "I saw it, too")).toBeVisible();
  });
});

test("C-313 without a server: what is kept, nothing expired, and what is written goes out once", async ({ server, register, cli }) => {
  const [alice, bob, carol] = await Promise.all([register("alice"), register("bob"), cli("carol")]);
  const { page } = alice;
  await chatWithFriend(page, bob.page, "alice", "bob");
  await send(page, "before the storm");
  await openChat(bob.page, "alice");
  await send(bob.page, "batten down");
  await expect(message(page, "batten down")).toBeVisible();
  await carol.run("group", "new", "--name", "Coast", "alice", "bob");
  await openChat(page, "Coast");
  await carol.run("send", "Coast", "the pilot's number", "--delete-after", "1h");
  await carol.run("send", "Coast", "wind from the west");
  await expect(message(page, "wind from the west")).toBeVisible();
  await expectKeptForOffline(page);
  await server.kill();

  await test.step("the shell, the list and the newest messages after a reload", async () => {
    await page.reload();
    await expect(page.getByRole("status").filter({ hasText: "You are offline." })).toBeVisible();
    const chats = page.getByRole("list", { name: "Chats" });
    await expect(chats.getByRole("link")).toHaveCount(2);
    await expect(chats).toContainText("wind from the west");
    await expect(chats).toContainText("batten down");
    await expect(message(page, "the pilot's number")).toBeVisible();
    await expect(message(page, "wind from the west")).toBeVisible();
    await expectAccessible(page, "offline");
    await openChat(page, "bob");
    await expect(message(page, "before the storm")).toBeVisible();
    await expect(message(page, "batten down")).toBeVisible();
  });

  await test.step("what is written waits, over a reload", async () => {
    await send(page, "are you ashore?");
    await expect(message(page, "are you ashore?")).toContainText("Waiting for the connection");
    await page.reload();
    await expect(message(page, "batten down")).toBeVisible();
  });

  await test.step("what has expired meanwhile is not shown", async () => {
    const later = await page.context().newPage();
    await later.clock.install({ time: Date.now() + 2 * 3_600_000 });
    await later.goto(server.url);
    await openChat(later, "Coast");
    await expect(message(later, "wind from the west")).toBeVisible();
    await expect(message(later, "the pilot's number")).toHaveCount(0);
    await expect(later.getByText("the pilot's number")).toHaveCount(0);
    await later.close();
  });

  await test.step("it goes out once when the server is back", async () => {
    await server.start();
    await expect(message(bob.page, "are you ashore?")).toBeVisible();
    await expect(page.getByText("You are offline.")).toHaveCount(0);
    await expect(message(page, "are you ashore?")).toHaveCount(1);
    await expect(message(page, "are you ashore?")).not.toContainText("Waiting");
    await send(page, "answer me");
    await expect(message(bob.page, "answer me")).toBeVisible();
    await expect(message(bob.page, "are you ashore?")).toHaveCount(1);
  });
});

test("the pages' rules: headers, no script from strings, nothing from elsewhere", async ({ server, register, complaints }) => {
  const { page } = await register("alice");

  await test.step("headers of pages and files", async () => {
    for (const path of ["/", "/dm/1", "/settings/security", "/index.html"]) {
      const answer = await page.request.get(server.url + path, { headers: { accept: "text/html" } });
      expect(answer.status(), path).toBe(200);
      const headers = answer.headers();
      const rules = (headers["content-security-policy"] ?? "").split(";").map((rule) => rule.trim());
      const csp = new Map(rules.map((rule) => [rule.split(" ")[0], rule]));
      expect(csp.get("default-src"), path).toBe("default-src 'none'");
      expect(csp.get("script-src"), path).toBe("script-src 'self'");
      expect(csp.get("style-src"), path).toBe("style-src 'self'");
      expect(csp.get("connect-src"), path).toBe("connect-src 'self'");
      expect(csp.get("base-uri"), path).toBe("base-uri 'none'");
      expect(csp.get("frame-ancestors"), path).toBe("frame-ancestors 'none'");
      expect(csp.get("form-action"), path).toBe("form-action 'none'");
      expect(csp.get("require-trusted-types-for"), path).toBe("require-trusted-types-for 'script'");
      expect(headers["content-security-policy"]).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
      expect(headers["cache-control"], path).toMatch(/no-cache|no-store/);
    }
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const files = loaded.filter((name) => name.includes("/assets/"));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await page.request.get(file)).headers()["cache-control"], file).toMatch(/immutable/);
    expect((await page.request.get(`${server.url}/assets/nothing.js`)).status()).toBe(404);
  });

  await test.step("a string becomes neither markup nor script; nobody else is asked", async () => {
    expect(complaints).toEqual([]);
    await page.evaluate(() => {
      const blocked: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(`${event.effectiveDirective} ${event.blockedURI}`));
      Object.assign(window, { blocked });
    });
    const outcomes = await page.evaluate(
      () =>
        new Promise<Record<string, string>>((resolve) => {
          const tried = (act: () => unknown): string => {
            try {
              act();
              return "nothing thrown";
            } catch (error) {
              return (error as Error).name;
            }
          };
          // The test's own commands may do more than the page may: this runs as a task of the page.
          setTimeout(() => {
            resolve({
              innerHTML: tried(() => (document.body.innerHTML = "<b>x</b>")),
              outerHTML: tried(() => (document.body.outerHTML = "<b>x</b>")),
              write: tried(() => document.write("<b>x</b>")),
              srcdoc: tried(() => (document.createElement("iframe").srcdoc = "<b>x</b>")),
              script: tried(() => (document.createElement("script").text = "1")),
              source: tried(() => (document.createElement("script").src = "/theme.js")),
              eval: tried(() => (0, eval)("1")),
              function: tried(() => new Function("return 1")()),
              policy: tried(() => (window as unknown as TrustedTypes).trustedTypes.createPolicy("x", {})),
            });
          });
        }),
    );
    const { eval: evaluated, function: made, ...refused } = outcomes;
    expect(refused).toEqual(Object.fromEntries(Object.keys(refused).map((name) => [name, "TypeError"])));
    expect(["EvalError", "TypeError"]).toEqual(expect.arrayContaining([evaluated, made]));
    const elsewhere = await page.evaluate(async () => {
      const picture = new Promise<string>((resolve) => {
        const image = Object.assign(new Image(), { onload: () => resolve("loaded"), onerror: () => resolve("refused") });
        image.src = "https://example.org/pixel.png";
      });
      const socket = new Promise<string>((resolve) => {
        const asked = new WebSocket("wss://example.org/");
        asked.onopen = () => resolve("open");
        asked.onerror = () => resolve("refused");
      });
      const fetched = fetch("https://example.org/").then(() => "fetched", () => "refused");
      return Promise.all([fetched, picture, socket]);
    });
    expect(elsewhere).toEqual(["refused", "refused", "refused"]);
    const blocked = await page.evaluate(() => (window as unknown as { blocked: string[] }).blocked);
    for (const directive of ["require-trusted-types-for", "connect-src https://example.org", "img-src https://example.org"]) {
      expect(blocked.some((each) => each.startsWith(directive)), `${directive} in ${blocked.join(", ")}`).toBe(true);
    }
    // These were provoked here; the picture was refused before it was asked for.
    const own = [/Trusted/, /^console: .*example\.org/, /^third-party request: https:\/\/example\.org\/pixel\.png$/];
    expect(complaints.filter((complaint) => !own.some((form) => form.test(complaint)))).toEqual([]);
    complaints.length = 0;
  });
});
