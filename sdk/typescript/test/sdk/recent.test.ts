/** The newest messages kept on the device: always a run without gaps, never what is gone. */

import { describe, expect, test } from "vitest";
import { KnownDms } from "../../src/known-dms.js";
import { MemoryStore, type protocol } from "../../src/index.js";
import { KEEP, Recent } from "../../src/recent.js";
import { EPOCH, micros, timestamp } from "../../src/time.js";

const DM = 7;

function wire(id: number, text = "a", more: Partial<protocol.Message> = {}): protocol.Message {
  const plain = { id, dm_id: DM, sender: "bob", message: text, signature: "00", delete_timestamp: null, pinned: false, reactions: [] };
  return { ...plain, timestamp: timestamp(id * 1_000_000), ...more };
}

/** Messages, newest first. */
function page(from: number, to: number): protocol.Message[] {
  return Array.from({ length: from - to + 1 }, (_, at) => wire(from - at));
}

async function ids(recent: Recent, count = 1_000): Promise<number[] | undefined> {
  return (await recent.page(DM, {}, count))?.map((message) => message.id);
}

function fresh(store = new MemoryStore(), clock = { ms: 0 }): { recent: Recent; store: MemoryStore; clock: { ms: number } } {
  return { recent: new Recent(store, () => clock.ms), store, clock };
}

const range = (from: number, to: number): number[] => page(from, to).map((message) => message.id);

describe("pages", () => {
  test("nothing is known of a DM of which nothing was read, and all of one that was read to its end", async () => {
    const { recent } = fresh();
    expect(await ids(recent)).toBeUndefined();
    await recent.take(DM, {}, page(3, 1), recent.mark());
    expect(await ids(recent)).toEqual([3, 2, 1]);
    expect(await recent.page(DM, { before: wire(1).timestamp }, 5), "there may be older ones").toBeUndefined();
    await recent.take(DM, { before: wire(1).timestamp }, [], recent.mark());
    expect(await recent.page(DM, { before: wire(1).timestamp }, 5)).toEqual([]);
    expect((await recent.page(DM, { before: wire(3).timestamp }, 1))?.map(({ id }) => id)).toEqual([2]);
    expect((await recent.page(DM, { after: EPOCH }, 2))?.map(({ id }) => id)).toEqual([1, 2]);
  });

  test("pages that join are joined, pages that do not are not", async () => {
    const { recent } = fresh();
    await recent.take(DM, {}, page(30, 21), recent.mark());
    await recent.take(DM, { before: wire(21).timestamp }, page(20, 11), recent.mark());
    expect(await ids(recent)).toEqual(range(30, 11));
    await recent.take(DM, { before: wire(5).timestamp }, page(4, 1), recent.mark());
    expect(await ids(recent), "something lies between").toEqual(range(30, 11));
    await recent.take(DM, {}, page(35, 28), recent.mark());
    expect(await ids(recent)).toEqual(range(35, 11));
    expect(await recent.page(DM, { after: wire(5).timestamp }, 5)).toBeUndefined();
    expect((await recent.page(DM, { after: wire(33).timestamp }, 5))?.map(({ id }) => id)).toEqual([34, 35]);
    await recent.take(DM, {}, page(90, 81), recent.mark());
    expect(await ids(recent), "what is older does not reach to it").toEqual(range(90, 81));
  });

  test("what a page leaves out is gone, and what it changes is changed", async () => {
    const { recent } = fresh();
    await recent.take(DM, {}, page(9, 1), recent.mark());
    await recent.take(DM, {}, [wire(9), wire(8, "b"), wire(6)], recent.mark());
    expect(await ids(recent)).toEqual([9, 8, 6, 5, 4, 3, 2, 1]);
    expect((await recent.message(DM, 8))?.message).toBe("b");
    await recent.take(DM, { before: wire(6).timestamp }, [wire(4), wire(2)], recent.mark());
    expect(await ids(recent)).toEqual([9, 8, 6, 4, 2, 1]);
    await recent.take(DM, {}, [], recent.mark());
    expect(await ids(recent)).toEqual([]);
  });

  test("an answer that events have overtaken changes nothing of what they told", async () => {
    const { recent } = fresh();
    await recent.take(DM, {}, page(3, 1), recent.mark());
    const mark = recent.mark();
    await recent.put(DM, wire(2, "b"), false);
    await recent.remove(DM, [3]);
    await recent.put(DM, wire(4), true);
    expect([1, 2, 3, 4].map((id) => recent.since(mark, id))).toEqual([undefined, "put", "removed", "put"]);
    await recent.take(DM, {}, page(3, 1), mark);
    expect(await ids(recent)).toEqual([4, 2, 1]);
    expect((await recent.message(DM, 2))?.message).toBe("b");
    expect(recent.since(recent.mark(), 2)).toBeUndefined();
  });
});

describe("what is kept", () => {
  test("at most so many, the newest; what is told of older ones is not kept", async () => {
    const { recent, store } = fresh();
    await recent.take(DM, {}, page(KEEP, 1), recent.mark());
    await recent.put(DM, wire(KEEP + 1), true);
    await recent.put(DM, wire(1, "b"), false);
    expect(await ids(recent)).toEqual(range(KEEP + 1, 2));
    await recent.save();
    const again = fresh(store).recent;
    expect(await ids(again)).toEqual(range(KEEP + 1, 2));
    expect(await again.page(DM, { before: wire(2).timestamp }, 1), "the oldest is no longer here").toBeUndefined();
    const large = fresh().recent;
    await large.take(DM, {}, [3, 2, 1].map((id) => wire(id, "a".repeat(1 << 20))), large.mark());
    expect(await ids(large)).toEqual([3, 2]);
  });

  test("what is gone is gone from the store before the promise resolves, whatever else waits to be written", async () => {
    const { recent, store } = fresh();
    await recent.take(DM, {}, page(3, 1), recent.mark());
    await recent.save();
    await recent.put(DM, wire(4), true);
    await recent.remove(DM, [2, 99]);
    expect(await ids(fresh(store).recent)).toEqual([3, 1]);
    await recent.save();
    expect(await ids(fresh(store).recent)).toEqual([4, 3, 1]);
    expect([await recent.find(3), await recent.find(2)]).toEqual([DM, undefined]);
    await recent.dropDm(DM);
    expect([await ids(recent), await store.keys("")]).toEqual([undefined, []]);
  });

  test("what has destroyed itself is not shown; what is damaged is not there", async () => {
    const { recent, store, clock } = fresh();
    await recent.take(DM, {}, [wire(2, "a", { delete_timestamp: timestamp(5_000_000) }), wire(1)], recent.mark());
    clock.ms = 4_999;
    expect(await ids(recent)).toEqual([2, 1]);
    clock.ms = 5_000;
    expect(await ids(recent)).toEqual([1]);
    await store.update(`recent-${String(DM)}`, () => new TextEncoder().encode("{"));
    expect(await ids(fresh(store).recent)).toBeUndefined();
    await recent.reset(DM);
    expect(await ids(recent)).toBeUndefined();
  });
});

test("DMs are listed once all of them have been seen, without those in their calls", async () => {
  const store = new MemoryStore();
  const seen = new KnownDms(store);
  const dm = (id: number): protocol.Dm => ({ id, users: ["a"], name: null, created_at: EPOCH, users_in_call: ["a"] });
  await seen.keepOnly([9, 10]);
  await seen.put(dm(10), "00");
  expect(seen.list()).toBeUndefined();
  await seen.put(dm(9), null);
  await seen.put({ ...dm(10), name: "aa" });
  const again = new KnownDms(store);
  await again.recall();
  expect(again.list()?.map((known) => [known.dm.id, known.dm.name, known.info, known.dm.users_in_call])).toEqual([
    [9, null, null, []],
    [10, "aa", "00", []],
  ]);
  await again.put(dm(11), null);
  await again.drop(9);
  const third = new KnownDms(store);
  await third.recall();
  expect(third.list()?.map((known) => known.dm.id)).toEqual([10, 11]);
  await third.keepOnly([]);
  expect([third.list(), await store.keys("dm-")]).toEqual([[], []]);
});

test("R-114: timestamps are read and written to the microsecond", () => {
  for (const text of ["2023-07-22T01:58:59.123456", "1970-01-01T00:00:00.000001", "2255-06-05T23:47:34.740991", EPOCH]) {
    expect(timestamp(micros(text))).toBe(text);
  }
  expect(micros("1970-01-01T00:00:01.000002")).toBe(1_000_002);
  expect(micros("nonsense")).toBeNaN();
});
