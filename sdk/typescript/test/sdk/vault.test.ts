/** `own_storage`'s content and merging: the shared vectors, the properties behind them, and what must survive a rewrite. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { storageMerge, storageMergeFile } from "../../scripts/vectors/storage-merge.js";
import {
  addPrekey,
  bury,
  currentPrekey,
  decidePin,
  decode,
  EMPTY,
  encode,
  isFresh,
  keepGroup,
  keepPending,
  notePin,
  ROTATE_AFTER,
  tidy,
} from "../../src/vault/content.js";
import { Misshapen, parse, write } from "../../src/vault/json.js";
import { merge } from "../../src/vault/merge.js";

const FILE = join(import.meta.dirname, "../../../../crypto/vectors/storage-merge.json");
const hex32 = (byte: number): string => byte.toString(16).padStart(2, "0").repeat(32);

describe("the shared vectors of merging", () => {
  const text = readFileSync(FILE, "utf8");
  const suite = JSON.parse(text) as { cases: { id: string; note: string; in: { mine: unknown; theirs: unknown }; out: unknown }[] };

  test.each(suite.cases.map((one) => [`${one.id}: ${one.note}`, one] as const))("C-505 C-506: %s", (_, one) => {
    const side = (of: "mine" | "theirs"): ReturnType<typeof parse> => parse(JSON.stringify(one.in[of]));
    expect(JSON.parse(write(storageMerge(side("mine"), side("theirs"))))).toEqual(one.out);
  });

  test("C-503 C-505 C-506: are written byte for byte as the Rust SDK writes them", () => {
    expect(storageMergeFile()).toBe(text);
    expect(suite.cases).toHaveLength(19);
  });

  test("C-505: merging does not ask which device is which, and merging twice changes nothing", () => {
    for (const { id, in: sides } of suite.cases) {
      if (id === "storage-merge-009" || id === "storage-merge-019") continue; // There the server's wins.
      const [mine, theirs] = [decode(JSON.stringify(sides.mine)), decode(JSON.stringify(sides.theirs))];
      const [one, other] = [merge(mine, theirs), merge(theirs, mine)];
      expect(encode(one.content), id).toBe(encode(other.content));
      expect(encode(merge(one.content, one.content).content), id).toBe(encode(one.content));
    }
  });
});

describe("the JSON", () => {
  test("C-503: what is not understood survives a rewrite, at every depth and to the last digit", () => {
    const text =
      `{"a":[1,{"b":null}],"big":18446744073709551615,"dms":{"7":{"colour":"\\"red, {x}:","epochs":[],"group_id":"${hex32(7)}"}},` +
      `"pins":{"__proto__":{"by_user":true,"decided_at":18446744073709551615,"ik":"${hex32(9)}","spk_created_at":1,` +
      `"verified":false,"z":-0.5}},` +
      `"spks":[],"v":1}`;
    expect(encode(decode(text))).toBe(text);
    expect(decode(text).pins.get("__proto__")?.decidedAt).toBe(2n ** 64n - 1n);
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no form", "{}"],
    ["a form that is no number", '{"v":"1"}'],
    ["a DM id that is none", `{"v":1,"dms":{"07":{"group_id":"${hex32(1)}"}}}`],
    ["a DM without a group", '{"v":1,"dms":{"7":{}}}'],
    ["a secret in upper case", `{"v":1,"spks":[{"created_at":1,"private":"${hex32(0xab).toUpperCase()}"}]}`],
    ["a time below zero", `{"v":1,"spks":[{"created_at":-1,"private":"${hex32(1)}"}]}`],
    ["a time of more than 64 bits", `{"v":1,"spks":[{"created_at":18446744073709551616,"private":"${hex32(1)}"}]}`],
    ["a fraction", `{"v":1,"spks":[{"created_at":1.5,"private":"${hex32(1)}"}]}`],
  ])("C-927: %s is refused", (_, text) => {
    expect(() => decode(text)).toThrow(text === "{" ? SyntaxError : Misshapen);
  });
});

describe("changes", () => {
  const KEYS = { groupId: hex32(1), giHash: hex32(1), epoch: 0, secret: hex32(2) };

  test("C-409: the newest prekey is the current one, and retired ones go after 120 days", () => {
    const day = 86_400n;
    const two = addPrekey(addPrekey(EMPTY, 10n * day, hex32(1)), 41n * day, hex32(2));
    expect(currentPrekey(two)?.private).toBe(hex32(2));
    expect(two.spks.map((spk) => spk.retiredAt)).toEqual([41n * day, undefined]);
    expect(tidy(two, 160n * day).spks).toHaveLength(2);
    expect(tidy(two, 161n * day).spks.map((spk) => spk.private)).toEqual([hex32(2)]);
    const current = { createdAt: 0n, private: hex32(1), retiredAt: undefined, extra: new Map() };
    expect([isFresh(current, ROTATE_AFTER), isFresh(current, ROTATE_AFTER + 1n)]).toEqual([true, false]);
  });

  test("C-503: a group that is bound is pending no more, and one that was left keeps no secret", () => {
    const pending = keepPending(EMPTY, KEYS.giHash, KEYS.secret, 1n);
    const bound = keepGroup(pending, 7, KEYS);
    expect([bound.pending.size, bound.dms.get(7)?.epochs.length]).toEqual([0, 1]);
    expect(encode(keepGroup(bound, 7, KEYS))).toBe(encode(bound));
    const left = bury(bound, 7, 5n);
    expect(left.dms.get(7)).toMatchObject({ epochs: [], leftAt: 5n });
    expect(keepGroup(left, 7, KEYS).dms.get(7)?.epochs).toEqual([]);
    expect(encode(left)).not.toContain(KEYS.secret);
    expect(bury(left, 7, 9n).dms.get(7)?.leftAt).toBe(5n);
    expect(tidy(pending, 120n * 86_400n).pending.size).toBe(1);
    expect(tidy(pending, 120n * 86_400n + 1n).pending.size).toBe(0);
  });

  test("C-404 C-506: first sight never replaces a pin, a decision does, and keeps what was seen of the same key", () => {
    const seen = (byte: number, at: bigint): { ik: string; spkCreatedAt: bigint } => ({ ik: hex32(byte), spkCreatedAt: at });
    const first = notePin(EMPTY, "bob", seen(1, 5n), 100n);
    expect(notePin(first, "bob", seen(1, 9n), 200n).pins.get("bob")).toMatchObject({ spkCreatedAt: 9n, decidedAt: 100n });
    expect(notePin(first, "bob", seen(2, 9n), 200n).pins.get("bob")).toMatchObject({ ik: hex32(1), spkCreatedAt: 5n });
    expect(decidePin(first, "bob", hex32(1), true, 300n).pins.get("bob")).toMatchObject({ verified: true, byUser: true, spkCreatedAt: 5n });
    const other = decidePin(first, "bob", hex32(2), false, 300n).pins.get("bob");
    expect(other).toMatchObject({ ik: hex32(2), verified: false, spkCreatedAt: 0n });
  });
});
