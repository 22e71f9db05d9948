/** A chat of 10,000 messages: opening it costs one page, rows that are out of sight are not drawn, scrolling leaves nothing out. */

import { MemoryStore, Sotto } from "../../sdk/typescript/src/index.js";
import { expect, logIn, test } from "./fixtures.js";
import { openChat } from "./steps.js";

const MESSAGES = 10_000;
/** Sent together: within what the server takes in one commit. */
const AT_ONCE = 100;
const WORDS = "the quick brown fox jumps over the lazy dog while seven wizards quietly brew a fresh pot of tea beside the river".split(" ");

/** Texts of very different lengths, some of them formatted, each beginning with its number. */
function text(index: number): string {
  const length = 2 + ((index * 7919) % 41);
  const words = Array.from({ length }, (_, at) => WORDS[(index + at * 5) % WORDS.length]).join(" ");
  if (index % 17 === 0) return `${index}: **${words}**`;
  if (index % 23 === 0) return `${index}: ${words} https://example.org/page/${index}`;
  return `${index}: ${words}`;
}

test("10,000 messages in one chat", async ({ server, newPage }) => {
  test.setTimeout(400_000);
  const [ann, ben] = await Promise.all(["ann", "ben"].map((name) => Sotto.register(server.url, name, { store: new MemoryStore() })));
  if (ann === undefined || ben === undefined) throw new Error("two were registered");
  await ann.sotto.addFriend("ben");
  await ben.sotto.answerFriend("ann", true);
  const { id } = await ann.sotto.createDm(["ben"]);
  await ben.sotto.dm(id);
  for (let from = 0; from < MESSAGES; from += AT_ONCE) {
    const sender = (from / AT_ONCE) % 2 === 0 ? ann.sotto : ben.sotto;
    // Calls are taken in the order they are made, so the numbers are, too.
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => sender.send(id, text(from + at))));
  }
  await Promise.all([ann.sotto.close(), ben.sotto.close()]);

  const page = await newPage();
  const asked: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const event = /^\d+\["(\w+)"/.exec(payload.toString())?.[1];
      if (event !== undefined) asked.push(event);
    });
  });
  await page.goto(server.url);
  await logIn(page, "ann", ann.words);
  await expect(page.getByRole("list", { name: "Chats" }).getByText(String(MESSAGES - 1))).toBeVisible();

  asked.length = 0;
  await openChat(page, "ben");
  const articles = page.getByRole("article");
  await expect(articles.filter({ hasText: `${MESSAGES - 1}: ` })).toBeVisible();
  expect(asked.filter((event) => event === "get_message_history")).toHaveLength(1);

  const log = page.getByRole("log");
  /** The numbers in sight, from the top. Beside them only the row that the keyboard stands on is drawn wherever it is. */
  const numbers = (): Promise<number[]> =>
    articles.evaluateAll((rows) =>
      rows
        .map((row) => ({ number: Number(/(\d+): /.exec(row.textContent)?.[1]), box: row.getBoundingClientRect() }))
        .filter(({ box }) => box.bottom > 0 && box.top < innerHeight)
        .sort((one, other) => one.box.top - other.box.top)
        .map(({ number }) => number),
    );

  /** Scrolls for so many frames and answers how long each took, in milliseconds. */
  const scroll = (frames: number, pixels: number): Promise<number[]> =>
    log.evaluate(
      (list, [count, step]) => {
        const frame = list.parentElement;
        if (frame === null) throw new Error("the list scrolls within something");
        return new Promise<number[]>((resolve) => {
          const times: number[] = [];
          let last = performance.now();
          const tick = (now: number): void => {
            times.push(now - last);
            last = now;
            frame.scrollTop += step;
            if (times.length < count) requestAnimationFrame(tick);
            else resolve(times.slice(1));
          };
          requestAnimationFrame(tick);
        });
      },
      [frames, pixels] as const,
    );
  const say = (what: string, times: readonly number[]): void => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
    console.log(`  frames of ${what}: ${times.length}, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
  };

  await test.step("scrolling up and down draws few rows and leaves none out", async () => {
    say("rest", await scroll(120, 0));
    say("scrolling up", await scroll(600, -60));
    say("scrolling up fast", await scroll(600, -180));
    const shown = await numbers();
    expect(Math.max(...shown)).toBeLessThan(MESSAGES - 500);
    expect(shown.length).toBeGreaterThan(3);
    expect(await articles.count()).toBeLessThan(100);
    expect(shown).toEqual(shown.map((_, at) => (shown[0] ?? 0) + at));
    say("scrolling down", await scroll(300, 120));
    const later = await numbers();
    expect(later).toEqual(later.map((_, at) => (later[0] ?? 0) + at));
    expect(later[0]).toBeGreaterThan(shown[0] ?? 0);
  });

  await test.step("and the newest are a step away", async () => {
    await page.getByRole("button", { name: /newest/i }).click();
    await expect(articles.filter({ hasText: `${MESSAGES - 1}: ` })).toBeInViewport();
  });
});
