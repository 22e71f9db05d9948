/** Following, against a source that a test plays: what is told for what comes in which order. */

import { describe, expect, test } from "vitest";
import { SottoError } from "../../src/errors.js";
import { Follower, type Happening, ROLE, type Source } from "../../src/follow.js";
import { digest } from "../../src/followed.js";
import { type Message, MemoryStore, type protocol } from "../../src/index.js";
import { timestamp } from "../../src/time.js";

const DM = 7;

function wire(id: number, text = "a", more: Partial<protocol.Message> = {}): protocol.Message {
  const plain = { id, dm_id: DM, sender: "bob", message: text, signature: "00", delete_timestamp: null, pinned: false, reactions: [] };
  return { ...plain, timestamp: timestamp(id * 1_000_000), ...more };
}

function opened(message: protocol.Message): Message {
  const { id, dm_id: dm, sender, timestamp: at, delete_timestamp: expires, pinned, message: text } = message;
  const content = { ok: true, value: { text, reference: "", replyTo: null, revision: 0, writtenMs: 0 } } as const;
  return { id, dm, sender, timestamp: at, expires, pinned, content, reactions: [], missingBefore: 0 };
}

/** A DM at a server: its history, and its changes in pages of two. */
class Dm implements Source {
  history: protocol.Message[] = [];
  /** Each change, as a message or as the id of one that is gone. */
  changed: (protocol.Message | number)[] = [];
  /** Changes before this one are kept no more. */
  oldest = 0;
  clock = 0;
  readonly kept = new Map<number, boolean>();
  readonly forgotten: number[] = [];
  resets = 0;
  stuck = false;

  add(...messages: protocol.Message[]): void {
    this.history.push(...messages);
    this.changed.push(...messages);
  }

  remove(id: number): void {
    this.history = this.history.filter((message) => message.id !== id);
    this.changed.push(id);
  }

  changes(_: number, since: string | null, count: number): Promise<protocol.MessageChanges> {
    if (since === null) return Promise.resolve({ messages: [], deleted: [], cursor: String(this.changed.length), more: false });
    const from = Number(since);
    if (from < this.oldest) return Promise.reject(new SottoError("refused", "Too old.", { code: "cursor_too_old" }));
    const idOf = (change: protocol.Message | number): number => (typeof change === "number" ? change : change.id);
    const page = this.changed.slice(from, from + Math.min(count, 2));
    const to = this.stuck ? from : from + page.length;
    // Each once, as it is now, in the order of the last change.
    const last = page.filter((change, at) => this.changed.slice(from + at + 1).every((later) => idOf(later) !== idOf(change)));
    const messages = last.filter((change) => typeof change !== "number");
    const deleted = last.filter((change) => typeof change === "number");
    return Promise.resolve({ messages, deleted, cursor: String(to), more: to < this.changed.length });
  }

  page(_: number, page: { after?: string; count?: number }, count: number): Promise<protocol.Message[]> {
    const { after } = page;
    if (after === undefined) return Promise.resolve(this.history.slice(-count).reverse());
    return Promise.resolve(this.history.filter((message) => message.timestamp > after).slice(0, Math.min(count, 2)));
  }

  open(_: number, messages: readonly protocol.Message[]): Promise<Message[]> {
    return Promise.resolve(messages.map(opened));
  }

  keep(_: number, message: protocol.Message, isNew: boolean): Promise<void> {
    this.kept.set(message.id, isNew);
    return Promise.resolve();
  }

  forget(_: number, ids: readonly number[]): Promise<void> {
    this.forgotten.push(...ids);
    return Promise.resolve();
  }

  reset(): Promise<void> {
    this.resets += 1;
    return Promise.resolve();
  }

  now(): number {
    return this.clock;
  }
}

/** What happened, in short: `+1 a`, `~1 b`, `-1`. */
function short({ event, payload }: Happening): string {
  if (event === "messageNew" || event === "messageChanged") {
    const { content, id } = payload.message;
    return `${event === "messageNew" ? "+" : "~"}${String(id)} ${content.ok ? content.value.text : ""}`;
  }
  return event === "messageDeleted" ? `-${String(payload.id)}` : event;
}

/** Reads until there is no more. */
async function pull(follower: Follower): Promise<string[]> {
  const told: string[] = [];
  for (let more = true; more; ) {
    const pulled = await follower.pull(DM);
    told.push(...pulled.happenings.map(short));
    more = pulled.more;
  }
  return told;
}

/** Takes a notice as the engine does. */
function take(follower: Follower, message: protocol.Message): string {
  const verdict = follower.judge(message);
  if (verdict === "new" || verdict === "changed") follower.shown(message, opened(message));
  return verdict;
}

async function begun(dm: Dm, store = new MemoryStore()): Promise<{ follower: Follower; store: MemoryStore }> {
  const follower = await Follower.open(store, dm);
  await follower.begin([DM]);
  return { follower, store };
}

describe("absences", () => {
  test("R-412: the first time begins with the present; a DM that came later is told from its first message", async () => {
    const dm = new Dm();
    dm.add(wire(1), wire(2));
    const { follower, store } = await begun(dm);
    expect(await pull(follower)).toEqual([]);
    dm.add(wire(3));
    expect(await pull(follower)).toEqual(["+3 a"]);
    await follower.saveAll();
    follower.release();

    const other = new Dm();
    other.add(wire(1), wire(2), wire(3));
    await store.update(`${ROLE}-${String(DM)}`, () => undefined);
    const again = await Follower.open(store, other);
    expect(await again.begin([DM]), "a new DM").toEqual([DM]);
    expect(await pull(again)).toEqual(["+1 a", "+2 a", "+3 a"]);
    expect([...other.kept.values()]).toEqual([true, true, true]);
  });

  test("R-412: what was missed is told once, over pages and runs: as it is now, in the order of the last change", async () => {
    const dm = new Dm();
    const { follower, store } = await begun(dm);
    dm.add(wire(1), wire(2), wire(3));
    expect(await pull(follower)).toEqual(["+1 a", "+2 a", "+3 a"]);
    expect(await pull(follower)).toEqual([]);
    await follower.saveAll();
    follower.release();
    dm.changed.push(wire(1, "b"));
    dm.remove(2);
    dm.add(wire(4), wire(5));
    const again = await Follower.open(store, dm);
    expect(await again.begin([DM])).toEqual([]);
    expect(await pull(again)).toEqual(["~1 b", "-2", "+4 a", "+5 a"]);
    expect(dm.forgotten).toEqual([2]);
    expect(await pull(again)).toEqual([]);
  });

  test("R-413: a cursor that is too old is replaced: a reset, then what is new since, then the changes", async () => {
    const dm = new Dm();
    dm.add(wire(1));
    const { follower } = await begun(dm);
    dm.add(wire(2), wire(3), wire(4));
    dm.oldest = 4;
    expect(await pull(follower)).toEqual(["historyReset", "+2 a", "+3 a", "+4 a"]);
    expect(dm.resets).toBe(1);
    dm.changed.push(wire(2, "b"));
    expect(await pull(follower)).toEqual(["~2 b"]);
  });

  test("a DM that is gone is told as gone, and a cursor that stands still is no protocol", async () => {
    const dm = new Dm();
    const { follower } = await begun(dm);
    dm.add(wire(1), wire(2), wire(3));
    dm.stuck = true;
    await expect(pull(follower)).rejects.toMatchObject({ kind: "protocol" });
    dm.changes = () => Promise.reject(new SottoError("refused", "No.", { code: "no_access" }));
    expect(await pull(follower)).toEqual(["dmGone"]);
    expect(follower.follows(DM)).toBe(false);
  });
});

test("a cursor that is damaged on the device costs a repeat, and no message", async () => {
  const dm = new Dm();
  dm.add(wire(1));
  const { follower, store } = await begun(dm);
  await follower.saveAll();
  follower.release();
  for (const damage of ["{", "null", '{"cursor":"1"}']) {
    await store.update(`${ROLE}-${String(DM)}`, () => new TextEncoder().encode(damage));
    const next = (await begun(dm, store)).follower;
    expect(await pull(next), damage).toEqual(["+1 a"]);
    next.release();
  }
});

describe("notices", () => {
  test("R-713: each state is told once, whether it comes as a notice, as its double or in a read", async () => {
    const dm = new Dm();
    const { follower } = await begun(dm);
    await pull(follower);
    dm.add(wire(1));
    expect(take(follower, wire(1))).toBe("new");
    expect(take(follower, wire(1))).toBe("known");
    dm.changed.push(wire(1, "b"));
    expect(take(follower, wire(1, "b"))).toBe("changed");
    expect(take(follower, wire(1, "b"))).toBe("known");
    expect(await pull(follower)).toEqual([]);
  });

  test("R-713: while a read may be ahead of the notices, an older state never replaces a newer one", async () => {
    const dm = new Dm();
    const { follower } = await begun(dm);
    dm.add(wire(1), wire(2));
    dm.changed.push(wire(1, "b"));
    expect(await pull(follower)).toEqual(["+2 a", "+1 b"]);
    expect(take(follower, wire(1)), "of before the edit: read again").toBe("pull");
    expect(await pull(follower)).toEqual([]);
    expect(take(follower, wire(2, "old")), "of a message that is long told").toBe("pull");
    expect(take(follower, wire(3)), "newer than all that was read: the notices are ahead").toBe("new");
    expect(take(follower, wire(1, "c")), "so what follows is newer, too").toBe("changed");
  });

  test("what could not be told in its turn is read before anything else is told", async () => {
    const dm = new Dm();
    const { follower } = await begun(dm);
    await pull(follower);
    dm.add(wire(1), wire(2));
    follower.fallBehind(DM);
    expect(take(follower, wire(2))).toBe("pull");
    expect(await pull(follower)).toEqual(["+1 a", "+2 a"]);
    expect(take(follower, wire(3))).toBe("new");
  });

  test("R-714: a message that went is told once, by notice or by read, with or without its DM, and does not come back", async () => {
    const dm = new Dm();
    const { follower, store } = await begun(dm);
    dm.add(wire(1), wire(2));
    await pull(follower);
    dm.remove(1);
    expect(follower.place(1)).toBe(DM);
    expect([follower.delete(DM, 1), follower.delete(DM, 1)]).toEqual([true, false]);
    expect(await pull(follower)).toEqual([]);
    expect(take(follower, wire(1, "b"))).toBe("known");
    dm.remove(2);
    expect(await pull(follower)).toEqual(["-2"]);
    dm.add(wire(3));
    expect(await pull(follower)).toEqual(["+3 a"]);
    expect(follower.delete(DM, 2), "the notice comes after two more reads").toBe(false);
    dm.remove(9);
    expect([follower.delete(undefined, 9), follower.delete(undefined, 9)]).toEqual([true, false]);
    await follower.saveAll();
    follower.release();
    const next = (await begun(dm, store)).follower;
    expect(await pull(next), "nor in the next run").toEqual([]);
  });

  test("a DM of which much was told is due for a read, after which little is remembered", async () => {
    const dm = new Dm();
    const { follower, store } = await begun(dm);
    await pull(follower);
    for (let id = 1; id <= 257; id += 1) {
      dm.add(wire(id));
      expect(take(follower, wire(id))).toBe("new");
    }
    expect(follower.overdue()).toEqual([DM]);
    expect(await pull(follower)).toEqual([]);
    expect(await pull(follower)).toEqual([]);
    expect(follower.overdue()).toEqual([]);
    await follower.saveAll();
    expect((await store.read(`${ROLE}-${String(DM)}`))?.length).toBeLessThan(200);
  });
});

describe("ends and owners", () => {
  test("C-313: a message is taken away some seconds after its end, once, by a clock that may jump", async () => {
    const dm = new Dm();
    const { follower } = await begun(dm);
    dm.add(wire(1, "a", { delete_timestamp: timestamp(10_000_000) }));
    dm.add(wire(2, "a", { delete_timestamp: timestamp(12_000_000) }));
    await pull(follower);
    expect(follower.nextExpiry()).toBe(15_000);
    dm.clock = 14_999;
    expect(follower.takeExpired()).toEqual([]);
    dm.clock = 100_000;
    expect(follower.takeExpired()).toEqual([1, 2].map((id) => ({ dm: DM, id })));
    expect([follower.nextExpiry(), follower.takeExpired()]).toEqual([undefined, []]);
  });

  test("of two tabs one keeps the cursors, and the other once the first is gone", async () => {
    const dm = new Dm();
    const store = new MemoryStore();
    const [one, other] = [await Follower.open(store, dm), await Follower.open(store, dm)];
    await one.begin([DM]);
    await other.begin([DM]);
    const before = await store.read(`${ROLE}-${String(DM)}`);
    dm.add(wire(1));
    expect([await pull(one), await pull(other)]).toEqual([["+1 a"], ["+1 a"]]);
    await other.saveAll();
    expect(await store.read(`${ROLE}-${String(DM)}`)).toEqual(before);
    one.release();
    await other.saveAll();
    expect(await store.read(`${ROLE}-${String(DM)}`)).not.toEqual(before);
  });

  test("states are told apart by everything that is seen of a message", () => {
    const reactions = [{ id: 1, sender: "bob", reaction: "aa", signature: "bb" }];
    const states = [wire(1), wire(1, "b"), wire(1, "a", { pinned: true }), wire(1, "a", { reactions }), wire(1, "a", { sender: "eve" })];
    states.push(wire(1, "a", { signature: "11" }), wire(1, "a", { delete_timestamp: timestamp(1) }));
    expect(new Set(states.map(digest)).size).toBe(states.length);
    expect(digest(wire(1))).toMatch(/^[0-9a-f]{32}$/);
  });
});
