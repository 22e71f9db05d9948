/** What only a browser has: its IndexedDB and locks between tabs, keys that it does not give out, pages without a secure context. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type BrowserContext, chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundle } from "../scripts/bundle.mjs";
import type * as sdk from "../src/index.js";
import { TestServer } from "./server.js";

/** In a page: the SDK. */
declare const sotto: typeof sdk;
/** In a page: a session that a test has left there. */
declare const session: sdk.Sotto;

const CHROMIUM = process.env["SOTTO_CHROMIUM"] ?? "/usr/bin/chromium";
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync",
];
const POLICY = "default-src 'none'; script-src 'self'; connect-src *; require-trusted-types-for 'script'; trusted-types 'none'";

let pages: Server;
let browser: Browser;
let server: TestServer;
let context: BrowserContext;
let port: number;

beforeAll(async () => {
  const { code } = await bundle("test/page.ts");
  pages = createServer((request, response) => {
    const script = request.url === "/sdk.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.setHeader("content-security-policy", POLICY);
    response.end(script ? code : '<!doctype html><meta charset="utf-8"><title>A page</title><script type="module" src="/sdk.js"></script>');
  });
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  port = (pages.address() as AddressInfo).port;
  server = await TestServer.start({ SOTTO_CORS_ORIGINS: `http://localhost:${String(port)}` });
  const args = [...QUIET, "--host-resolver-rules=MAP sotto.test 127.0.0.1"];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.stop();
  await new Promise((resolve) => pages.close(resolve));
});

beforeEach(async () => {
  context = await browser.newContext();
  return () => context.close();
});

/** A page that has the SDK, by default with a secure context. */
async function open(host = "localhost"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`http://${host}:${String(port)}/`);
  await page.waitForFunction(() => "sotto" in globalThis);
  return page;
}

describe("in Chromium", () => {
  it("registers from another origin, keeps the keys, and comes back with them after a reload", async () => {
    const page = await open();
    const publicKey = await page.evaluate(async (url) => {
      const { sotto: session, account } = await sotto.Sotto.register(url, "ada");
      const keychain = await sotto.Keychain.open();
      await keychain.save(url, account);
      await session.close();
      return account.publicKey;
    }, server.url);
    await page.reload();
    await page.waitForFunction(() => "sotto" in globalThis);
    const seen = await page.evaluate(async () => {
      const keychain = await sotto.Keychain.open();
      const saved = await keychain.list();
      const [{ server: url, username } = { server: "", username: "" }] = saved;
      const account = await keychain.load(url, username);
      const session = await sotto.Sotto.connect(url, account, { store: keychain.store(url, username) });
      const me = await session.me();
      await session.wipe();
      await keychain.remove(url, username);
      const left = (await indexedDB.databases()).map(({ name }) => name);
      return { saved, publicKey: me.public_key, left, storage: Object.keys(localStorage), after: await keychain.list() };
    });
    expect(seen).toEqual({
      saved: [{ server: server.url, username: "ada", protection: "device" }],
      publicKey,
      left: ["sotto/keys"],
      storage: [],
      after: [],
    });
  });

  it("C-116: the browser gives out neither the wrapping key nor what it wraps", async () => {
    const page = await open();
    const refused = await page.evaluate(async () => {
      const keychain = await sotto.Keychain.open();
      await keychain.save("https://chat.example.org", sotto.Account.create("ada").account);
      const opening = indexedDB.open("sotto/keys");
      await new Promise((resolve) => (opening.onsuccess = resolve));
      const asked = opening.result.transaction("accounts").objectStore("accounts").getAll();
      await new Promise((resolve) => (asked.onsuccess = resolve));
      const [record] = asked.result as { by: { key: CryptoKey } }[];
      if (record === undefined) return "nothing is kept";
      try {
        await crypto.subtle.exportKey("raw", record.by.key);
        return "the key was given out";
      } catch (error) {
        return [(error as Error).name, record.by.key.extractable];
      }
    });
    expect(refused).toEqual(["InvalidAccessError", false]);
  });

  it("a passphrase is worked on while the page goes on, and opens again", async () => {
    const page = await open();
    const outcome = await page.evaluate(async () => {
      const keychain = await sotto.Keychain.open();
      const { account } = sotto.Account.create("ada");
      let frames = 0;
      const frame = (): void => {
        frames += 1;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      const begun = performance.now();
      await keychain.save("https://chat.example.org", account, "correct horse");
      const ms = performance.now() - begun;
      const drawn = frames;
      const again = await keychain.load("https://chat.example.org", "ada", "correct horse");
      const wrong = await keychain.load("https://chat.example.org", "ada", "wrong horse").catch((error: unknown) => error);
      return { drawn, ms, same: again.publicKey === account.publicKey, wrong: (wrong as sdk.SottoError).message };
    });
    console.info(`argon2id in Chromium: ${outcome.ms.toFixed(0)} ms, ${String(outcome.drawn)} frames drawn meanwhile`);
    expect(outcome).toMatchObject({ same: true, wrong: "That is not the passphrase." });
    expect(outcome.drawn).toBeGreaterThan(3);
  });

  it("tabs share a store: no update is lost, one at a time has a role, and a tab that goes lets go of it", async () => {
    const [one, two] = [await open(), await open()];
    const count = async (): Promise<void> => {
      const store = new sotto.IndexedDbStore("shared");
      for (let i = 0; i < 50; i += 1) await store.update("n", (old) => Uint8Array.of((old?.[0] ?? 0) + 1));
    };
    await Promise.all([one.evaluate(count), two.evaluate(count)]);
    expect(await one.evaluate(async () => (await new sotto.IndexedDbStore("shared").read("n"))?.[0])).toBe(100);
    const claim = async (): Promise<boolean> => (await new sotto.IndexedDbStore("shared").claim("follow")) !== undefined;
    expect([await one.evaluate(claim), await two.evaluate(claim)]).toEqual([true, false]);
    await one.close();
    await expect.poll(() => two.evaluate(claim)).toBe(true);
  });

  it("a tab that forgets everything is not held up by another, which goes on", async () => {
    const [one, two] = [await open(), await open()];
    const write = async (): Promise<void> => {
      const held = ((globalThis as { held?: sdk.IndexedDbStore }).held ??= new sotto.IndexedDbStore("shared"));
      await held.update("a", () => Uint8Array.of(1));
    };
    await two.evaluate(write);
    await one.evaluate(() => new sotto.IndexedDbStore("shared").clear());
    expect(await one.evaluate(() => new sotto.IndexedDbStore("shared").keys(""))).toEqual([]);
    await two.evaluate(write);
    expect(await one.evaluate(() => new sotto.IndexedDbStore("shared").keys(""))).toEqual(["a"]);
  });

  it("without a secure context it says what to do", async () => {
    const page = await open("sotto.test");
    const said = await page.evaluate(async () => {
      const errors = await Promise.all([
        sotto.Sotto.register("https://chat.example.org", "ada").catch((error: unknown) => error),
        sotto.Keychain.open().catch((error: unknown) => error),
      ]);
      return errors.map((error) => [(error as sdk.SottoError).kind, (error as sdk.SottoError).message]);
    });
    const sentence = ["invalid", "Sotto needs a secure context: open this over HTTPS."];
    expect(said).toEqual([sentence, sentence]);
  });

  it("comes back when the device is online again", async () => {
    const page = await open();
    await page.evaluate(async (url) => {
      Object.assign(globalThis, { session: (await sotto.Sotto.register(url, "bob")).sotto });
    }, server.url);
    const state = (): Promise<sdk.ConnectionState> => page.evaluate(() => session.state);
    await context.setOffline(true);
    await server.down();
    await expect.poll(state).not.toBe("online");
    await server.up();
    await context.setOffline(false);
    await expect.poll(state, { timeout: 30_000 }).toBe("online");
    expect(await page.evaluate(() => session.friends())).toEqual([]);
  });
});
