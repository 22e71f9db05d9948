/** Absences of every kind: what a device is told, in which order, is what happened, without a gap and without a repeat. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Message, MemoryStore, Sotto, SottoError, type SottoEvents } from "../../src/index.js";
import { Proxy } from "../proxy.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, device, type Member, member, textOf } from "./people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

/** What is seen of a message, but for the gaps, which each device knows for itself. */
function state(message: Message): string {
  return JSON.stringify({ ...message, missingBefore: null });
}

/** Holds what it is told, and fails for what it was told before. */
class Model {
  readonly messages = new Map<number, string>();
  readonly wrong: string[] = [];
  /** How often each was told to have changed. */
  readonly changes = new Map<number, number>();
  readonly #ever = new Set<number>();
  readonly #gone = new Set<number>();

  listen(sotto: Sotto): void {
    sotto.on("messageNew", ({ message }) => {
      if (this.#ever.has(message.id)) this.wrong.push(`${String(message.id)} is new for the second time`);
      this.#take(message);
    });
    sotto.on("messageChanged", ({ message }) => {
      if (!this.#ever.has(message.id)) this.wrong.push(`${String(message.id)} changed, and was never new`);
      this.changes.set(message.id, (this.changes.get(message.id) ?? 0) + 1);
      this.#take(message);
    });
    sotto.on("messageDeleted", ({ dm, id }) => {
      // What came and went during an absence was never there.
      if (dm === null && this.#ever.has(id)) this.wrong.push(`${String(id)} went from nowhere`);
      if (this.#gone.has(id)) this.wrong.push(`${String(id)} went for the second time`);
      this.#gone.add(id);
      this.messages.delete(id);
    });
    const never: readonly (keyof SottoEvents)[] = ["historyReset", "warning", "invitationRefused", "keyChanged", "dmGone"];
    for (const event of never) sotto.on(event, (payload) => this.wrong.push(`${event}: ${JSON.stringify(payload)}`));
  }

  #take(message: Message): void {
    if (!message.content.ok) this.wrong.push(`${String(message.id)}: ${message.content.why.code}`);
    if (this.#gone.has(message.id)) this.wrong.push(`${String(message.id)} was gone`);
    this.#ever.add(message.id);
    this.messages.set(message.id, state(message));
  }
}

/** A small generator of numbers, the same for the same seed (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let at = seed;
  return (sides) => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

async function truth(sotto: Sotto, dm: number): Promise<Map<number, string>> {
  const all = new Map<number, string>();
  for await (const message of sotto.history(dm, { count: 7 })) all.set(message.id, state(message));
  return all;
}

/** One thing that someone does to a DM. Answers the message that it changed, where it changed one. */
async function act(roll: (sides: number) => number, who: Member, dm: number, n: number): Promise<number | undefined> {
  const { sotto } = who;
  const messages = await sotto.messages(dm, { count: 12 });
  const some = messages[roll(Math.max(1, messages.length))];
  const own = messages.find((message) => message.sender === sotto.username);
  const kind = roll(12);
  if (kind < 4 || some === undefined) {
    await sotto.send(dm, `message ${String(n)}`);
    return undefined;
  }
  if (kind < 8 && own !== undefined) {
    if (kind < 6) await sotto.edit(own.id, `edit ${String(n)}`);
    else await sotto.delete(own.id);
    return kind < 6 ? own.id : undefined;
  }
  const reaction = some.reactions.find(({ sender }) => sender === sotto.username);
  if (kind < 9) await sotto.pin(some.id, !some.pinned);
  else if (reaction === undefined) await sotto.react(some.id, "👍");
  else await sotto.unreact(reaction.id);
  return some.id;
}

test.each([1, 2, 3])("R-412 R-713 R-803: through cuts, absences and restarts nothing is missed or told twice (walk %i)", async (seed) => {
  const roll = dice(seed);
  const proxy = await Proxy.start(server.url);
  try {
    const suffix = String(seed);
    const actors = [await member(server.url, `alice${suffix}`), await member(server.url, `bob${suffix}`)] as const;
    const store = new MemoryStore();
    const carol = await member(proxy.url, `carol${suffix}`, { store });
    const model = new Model();
    model.listen(carol.sotto);
    let here: Sotto | undefined = carol.sotto;
    const changes = new Map<number, number>();
    const { id: dm } = await actors[0].sotto.createDm([actors[1].sotto.username, carol.sotto.username]);
    await carol.ear.next("invited");
    for (let n = 0; n < 120; n += 1) {
      // What an actor that is just coming back sees may be gone already.
      const changed = await act(roll, actors[roll(2)] ?? actors[0], dm, n).catch((error: unknown) => {
        if (!(error instanceof SottoError && error.isRefusal("no_access"))) throw error;
        return undefined;
      });
      if (changed !== undefined) changes.set(changed, (changes.get(changed) ?? 0) + 1);
      const turn = roll(40);
      if (turn === 0) proxy.cut();
      else if (turn === 1 && n < 100) {
        await server.down();
        await server.up();
      } else if (turn < 4 && here !== undefined) {
        await here.close();
        here = undefined;
      } else if (turn < 8 && here === undefined) {
        here = (await device(proxy.url, carol.account, store)).sotto;
        model.listen(here);
      }
    }
    if (here === undefined) {
      here = (await device(proxy.url, carol.account, store)).sotto;
      model.listen(here);
    }
    const now = await truth(actors[0].sotto, dm);
    expect(now.size).toBeGreaterThan(5);
    await until("everything is told", () => model.wrong.length > 0 || same(model.messages, now));
    expect(model.wrong).toEqual([]);
    for (const [id, times] of model.changes) expect(times, `changes of ${String(id)}`).toBeLessThanOrEqual(changes.get(id) ?? 0);
    expect(await truth(here, dm)).toEqual(now);
  } finally {
    await closeAll();
    await proxy.stop();
  }
});

function same(one: ReadonlyMap<number, string>, other: ReadonlyMap<number, string>): boolean {
  return one.size === other.size && [...one].every(([id, message]) => other.get(id) === message);
}

test("R-412: an absence of many pages is told in order, then what changed in it", async () => {
  const alice = await member(server.url, "alice");
  const bob = await member(server.url, "bob");
  await befriend(alice, bob);
  const { id: dm } = await alice.sotto.createDm(["bob"]);
  await alice.sotto.send(dm, "0");
  await alice.sotto.send(dm, "1");
  expect(await bob.ear.textsUntil("1")).toEqual(["0", "1"]);
  await bob.sotto.close();
  const numbers = Array.from({ length: 450 }, (_, n) => String(n + 2));
  for (const number of numbers) await alice.sotto.send(dm, number);
  const [first, second] = await alice.sotto.messages(dm, { after: "1970-01-01T00:00:00.000000", count: 2 });
  await alice.sotto.edit(first?.id ?? 0, "0, edited");
  await alice.sotto.delete(second?.id ?? 0);
  const { ear } = await device(server.url, bob.account, bob.store);
  expect(await ear.textsUntil("451")).toEqual(numbers);
  const { message: edited } = await ear.next("messageChanged");
  expect([edited.id, textOf(edited)]).toEqual([first?.id, "0, edited"]);
  expect(await ear.next("messageDeleted")).toEqual({ dm, id: second?.id });
});

test("the first time begins with the present, and listeners added right after connecting miss nothing", async () => {
  const dora = await member(server.url, "dora");
  const erik = await member(server.url, "erik");
  await befriend(dora, erik);
  const { id: dm } = await dora.sotto.createDm(["erik"]);
  await dora.sotto.send(dm, "before");
  await erik.ear.textsUntil("before");
  const { sotto, ear } = await device(server.url, erik.account);
  await ear.next("connected");
  await dora.sotto.send(dm, "after");
  expect(await ear.textsUntil("after")).toEqual(["after"]);
  expect((await sotto.messages(dm)).map(textOf)).toEqual(["after", "before"]);
  const pages: string[] = [];
  for await (const message of sotto.history(dm, { after: "1970-01-01T00:00:00.000000", count: 1 })) pages.push(textOf(message));
  expect(pages).toEqual(["before", "after"]);
  await sotto.close();
  await dora.sotto.send(dm, "while away");
  const again = await Sotto.connect(server.url, erik.account, { store: new MemoryStore() });
  const first: string[] = [];
  again.on("connected", () => first.push("connected"));
  await until("the first event", () => first.length > 0);
  await again.close();
});
