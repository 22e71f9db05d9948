/** Runs every case of `crypto/vectors/*.json` by its `op`, as the Rust crate does. */

import { afterAll, describe, expect, it } from "vitest";
import { REFUSALS, Refusal } from "../../src/crypto/refusal.js";
import { type Case, type Suite, readSuite, suiteNames } from "./executor/files.js";
import { run } from "./executor/index.js";
import { type Json, isObject } from "./executor/input.js";

/** How many cases each file has: a file that lost some is noticed, as is one that is new here. */
const COUNTS: Readonly<Record<string, number>> = {
  "decode-ik": 77,
  "decode-x": 67,
  encode: 29,
  envelope: 63,
  "envelope-negatives": 49,
  fingerprint: 9,
  golden: 16,
  "group-create": 22,
  "group-info": 37,
  hkdf: 14,
  "ik-convert": 10,
  login: 18,
  names: 37,
  notification: 55,
  "own-storage": 36,
  replay: 17,
  report: 9,
  "server-group-info": 16,
  sig: 70,
  spk: 42,
  tree: 55,
  words: 33,
  "x3dh-leaf": 19,
};

const suites = suiteNames().map(readSuite);
const own = suites.filter((suite) => suite.runner === undefined);
const ran = new Map<string, number>();

/** In a partial suite only the members that the file gives count. */
function expected(suite: Suite, out: Json, got: Json): Json {
  return suite.partial === true && isObject(out) && isObject(got) ? { ...got, ...out } : out;
}

async function verdict(suite: Suite, { id, op, in: input, out, err }: Case): Promise<void> {
  let got: Json | undefined;
  try {
    got = await run(op, input);
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    expect(error.code, id).toBe(err);
    return;
  }
  expect(got, `${id}: op ${op} is known`).toBeDefined();
  expect(err, `${id} is refused, not ${JSON.stringify(got)}`).toBeUndefined();
  expect(got, id).toEqual(expected(suite, out ?? null, got ?? null));
}

describe("the shared vectors", () => {
  it.each(own.map((suite) => [suite.suite, suite] as const))("%s", async (name, suite) => {
    expect(suite.format).toBe("sotto-vectors/1");
    for (const one of suite.cases) {
      await verdict(suite, one);
      ran.set(name, (ran.get(name) ?? 0) + 1);
    }
    expect(ran.get(name)).toBe(COUNTS[name]);
  });

  afterAll(() => {
    const lines = [...ran].map(([name, count]) => `${name} ${count}`);
    console.log(`${lines.join(", ")}: ${[...ran.values()].reduce((sum, count) => sum + count, 0)} cases`);
  });
});

describe("the files", () => {
  it("are all known, and only merging is left to the SDK's own runner", () => {
    expect(suites.filter((suite) => suite.runner !== undefined).map((suite) => suite.suite)).toEqual(["storage-merge"]);
    expect(own.map((suite) => suite.suite)).toEqual(Object.keys(COUNTS));
    expect(own.filter((suite) => suite.partial).map((suite) => suite.suite)).toEqual(["golden"]);
  });

  it("have no id twice", () => {
    const ids = suites.flatMap((suite) => suite.cases.map((one) => one.id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("C-901 and on: have a case for every code", () => {
    const cases = suites.flatMap((suite) => suite.cases);
    const codes = cases.flatMap(({ err, out }) => [err, ...(isObject(out) ? verdicts(out["verdicts"]) : [])]);
    const missing = Object.keys(REFUSALS).filter((code) => !codes.includes(code));
    // With every key decoded first, no X25519 result can be zero: the check stands behind them and has a test of its own.
    expect(missing).toEqual(["E_DH_ZERO"]);
  });
});

function verdicts(list: Json | undefined): (string | undefined)[] {
  return Array.isArray(list) ? list.map((item: Json) => (typeof item === "string" ? item : undefined)) : [];
}
