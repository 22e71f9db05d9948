/** Both stores tell the same story; what is IndexedDB's own: other tabs, deletion from elsewhere, browsers that say no. */

import { IDBFactory as FakeFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SottoError } from "../errors.js";
import { IndexedDbStore } from "./indexeddb.js";
import { readJson, updateJson } from "./json.js";
import { MemoryStore } from "./memory.js";
import type { Store } from "./store.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

let count = 0;
const fresh = (): string => `test-${String((count += 1))}`;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe.each<[string, () => Store]>([
  ["MemoryStore", () => new MemoryStore()],
  ["IndexedDbStore", () => new IndexedDbStore(fresh())],
])("%s", (_name, open) => {
  it("keeps, replaces and forgets values", async () => {
    const store = open();
    expect(await store.read("a")).toBeUndefined();
    await store.update("a", (old) => {
      expect(old).toBeUndefined();
      return bytes(1);
    });
    await store.update("a", (old) => bytes(...(old ?? []), 2));
    expect(await store.read("a")).toEqual(bytes(1, 2));
    await store.update("a", () => undefined);
    expect(await store.read("a")).toBeUndefined();
    expect(await store.keys("")).toEqual([]);
  });

  it("lists the keys with a prefix, in order", async () => {
    const store = open();
    for (const key of ["b-2", "b-1", "c", "a", "b", "b-\u{ffff}x"]) await store.update(key, () => bytes(1));
    expect(await store.keys("b-")).toEqual(["b-1", "b-2", "b-\u{ffff}x"]);
    expect(await store.keys("")).toEqual(["a", "b", "b-1", "b-2", "b-\u{ffff}x", "c"]);
    expect(await store.keys("d")).toEqual([]);
  });

  it("loses no update of those that run at once", async () => {
    const store = open();
    await Promise.all(Array.from({ length: 50 }, () => updateJson(store, "n", () => 0, (n: number) => n + 1)));
    expect(await readJson<number>(store, "n")).toBe(50);
  });

  it("changes nothing where the change throws", async () => {
    const store = open();
    await store.update("a", () => bytes(1));
    const wrong = new Error("no");
    await expect(
      store.update("a", () => {
        throw wrong;
      }),
    ).rejects.toBe(wrong);
    expect(await store.read("a")).toEqual(bytes(1));
  });

  it("hands out values that may be changed without changing it", async () => {
    const store = open();
    const given = bytes(1, 2);
    await store.update("a", () => given);
    given.fill(9);
    (await store.read("a"))?.fill(9);
    await store.update("b", () => undefined);
    await store.update("a", (old) => {
      const same = old?.slice();
      old?.fill(9);
      return same;
    });
    expect(await store.read("a")).toEqual(bytes(1, 2));
  });

  it("gives a role to one at a time", async () => {
    const store = open();
    const held = await store.claim("follow");
    expect(held).toBeDefined();
    expect(await store.claim("follow")).toBeUndefined();
    const other = await store.claim("other");
    expect(other).toBeDefined();
    other?.release();
    held?.release();
    const again = await store.claim("follow");
    expect(again).toBeDefined();
    held?.release();
    expect(await store.claim("follow")).toBeUndefined();
    again?.release();
  });

  it("forgets everything when it is cleared, and can be used again", async () => {
    const store = open();
    await store.update("a", () => bytes(1));
    await store.clear();
    expect(await store.keys("")).toEqual([]);
    await store.update("b", () => bytes(2));
    expect(await store.keys("")).toEqual(["b"]);
    await open().clear();
  });

  it("says so where a JSON value is damaged, and begins it anew when it is changed", async () => {
    const store = open();
    await store.update("a", () => bytes(0x7b));
    await expect(readJson(store, "a")).rejects.toMatchObject({ kind: "storage" });
    expect(await updateJson(store, "a", () => [1], (list) => [...list, 2])).toEqual([1, 2]);
    expect(await readJson(store, "a")).toEqual([1, 2]);
    expect(await updateJson<number[]>(store, "a", () => [], () => undefined)).toBeUndefined();
    expect(await store.keys("")).toEqual([]);
  });
});

describe("IndexedDbStore", () => {
  it("is shared by all who open it by its name, and by nobody else", async () => {
    const name = fresh();
    const [one, two, other] = [new IndexedDbStore(name), new IndexedDbStore(name), new IndexedDbStore(fresh())];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => updateJson(i % 2 === 0 ? one : two, "n", () => 0, (n: number) => n + 1)),
    );
    expect(await readJson<number>(two, "n")).toBe(40);
    expect(await other.keys("")).toEqual([]);
  });

  it("a tab that clears it is not held up by another, which goes on with an empty one", async () => {
    const name = fresh();
    const [one, two] = [new IndexedDbStore(name), new IndexedDbStore(name)];
    await one.update("a", () => bytes(1));
    expect(await two.read("a")).toEqual(bytes(1));
    await one.clear();
    expect(await two.read("a")).toBeUndefined();
    await two.update("b", () => bytes(2));
    expect(await one.keys("")).toEqual(["b"]);
  });

  it("claims by the browser's locks where there are any", async () => {
    const asked: [string, unknown][] = [];
    let taken = false;
    const locks = {
      async request(name: string, options: unknown, held: (lock: object | null) => Promise<void> | undefined) {
        asked.push([name, options]);
        if (taken) return held(null);
        taken = true;
        await held({});
        taken = false;
        return undefined;
      },
    };
    vi.stubGlobal("navigator", { locks });
    const name = fresh();
    const [one, two] = [new IndexedDbStore(name), new IndexedDbStore(name)];
    const held = await one.claim("follow");
    expect(held).toBeDefined();
    expect(await two.claim("follow")).toBeUndefined();
    held?.release();
    await Promise.resolve();
    expect(taken).toBe(false);
    expect(await two.claim("follow")).toBeDefined();
    expect(asked[0]).toEqual([`${name}/follow`, { ifAvailable: true }]);
  });

  it("asks for the disk, not only for the memory of the browser", async () => {
    const opened = vi.spyOn(IDBDatabase.prototype, "transaction");
    await new IndexedDbStore(fresh()).update("a", () => bytes(1));
    expect(opened).toHaveBeenCalledWith("values", "readwrite", { durability: "strict" });
  });

  it.each([null, undefined])("without IndexedDB (%s) it throws storage", async (there) => {
    vi.stubGlobal("indexedDB", there);
    await expect(new IndexedDbStore(fresh()).read("a")).rejects.toMatchObject({ kind: "storage" });
  });

  it("a browser that refuses to open one, as some do in private windows, is asked again the next time", async () => {
    const factory = new FakeFactory();
    vi.stubGlobal("indexedDB", factory);
    const refuse = vi.spyOn(factory, "open").mockImplementation(() => {
      throw new DOMException("A mutation operation was attempted on a database that did not allow mutations.", "InvalidStateError");
    });
    const store = new IndexedDbStore(fresh());
    const refused = await store.update("a", () => bytes(1)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SottoError);
    expect(refused).toMatchObject({ kind: "storage", message: expect.stringContaining("did not allow mutations") });
    refuse.mockRestore();
    await store.update("a", () => bytes(1));
    expect(await store.read("a")).toEqual(bytes(1));
  });

  it("a connection that the browser has lost without a word is made anew", async () => {
    const store = new IndexedDbStore(fresh());
    const opened = vi.spyOn(IDBDatabase.prototype, "transaction");
    await store.update("a", () => bytes(1));
    (opened.mock.contexts[0] as IDBDatabase).close();
    expect(await store.read("a")).toEqual(bytes(1));
    opened.mockImplementation(() => {
      throw new DOMException("Connection to Indexed Database server lost.", "UnknownError");
    });
    await expect(store.read("a")).rejects.toMatchObject({ kind: "storage", message: expect.stringContaining("server lost") });
  });

  it("a full disk leaves the old value and throws storage", async () => {
    const store = new IndexedDbStore(fresh());
    await store.update("a", () => bytes(1));
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("Quota exceeded.", "QuotaExceededError");
    });
    await expect(store.update("a", () => bytes(2))).rejects.toMatchObject({ kind: "storage", message: "Local storage: Quota exceeded." });
    expect(await store.read("a")).toEqual(bytes(1));
  });
});
