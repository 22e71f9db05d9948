/** Forms of answers and notices: the protocol's own examples have them, and lose them by any one change. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readReply } from "./call.js";
import { misfit, type Shape } from "./check.js";
import type { Notices, Replies } from "./protocol.js";
import { NOTICES, REPLIES } from "./shapes.js";

const GOLDEN = join(import.meta.dirname, "../../../protocol-spec/golden");

/** The examples in a folder by name: what a server says in each. */
function golden(folder: string, of: (example: Record<string, unknown>) => unknown): [string, unknown][] {
  const files = readdirSync(join(GOLDEN, folder));
  return files.map((file) => {
    const example = JSON.parse(readFileSync(join(GOLDEN, folder, file), "utf8")) as Record<string, unknown>;
    return [file.replace(".json", ""), of(example)];
  });
}

const answers = golden("events", (example) => (example["reply"] as { result: unknown }).result);
const notices = golden("notices", (example) => example["payload"]);

/** Each value in `value`, with its place, and a copy of the whole in which it is another. */
function* spoilt(value: unknown, by: unknown, at = "result"): Generator<[string, unknown]> {
  yield [at, by];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
    for (const [where, changed] of spoilt(inner, by, place)) {
      yield [where, Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }];
    }
  }
}

describe.each<[string, [string, unknown][], Readonly<Record<string, Shape>>]>([
  ["answers", answers, REPLIES],
  ["notices", notices, NOTICES],
])("%s", (_kind, examples, shapes) => {
  it("there is a form for each, and an example of each but other names for the same", () => {
    const named = (names: string[]): string[] => names.filter((name) => name !== "unblock_user").sort();
    expect(named(Object.keys(shapes))).toEqual(named(examples.map(([name]) => name)));
  });

  it.each(examples)("R-103, R-701: %s has its form, with unknown keys, too", (name, example) => {
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`no form of ${name}`);
    expect(misfit(example, shape)).toBeUndefined();
    const map = typeof shape === "object" && "map" in shape;
    if (typeof example === "object" && !Array.isArray(example) && !map) expect(misfit({ ...example, new: 1 }, shape)).toBeUndefined();
  });

  it.each(examples)("%s has it no more where any one value is another", (name, example) => {
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`no form of ${name}`);
    // A value that is none of the protocol's, and a number that is no id.
    for (const by of [Number.NaN, -1.5]) {
      for (const [at, changed] of spoilt(example, by)) expect([name, misfit(changed, shape)]).toEqual([name, at]);
    }
  });
});

it("what must be there must be its own, and not what every object inherits", () => {
  expect(misfit({}, { fields: { toString: "string" } })).toBe("result.toString");
});

it("a timestamp has six digits and no zone (R-114)", () => {
  const notice: Notices["dm_notification"] = { id: 1, users: [], name: null, created_at: "2023-07-22T01:58:59.123456", users_in_call: [] };
  expect(misfit(notice, NOTICES.dm_notification)).toBeUndefined();
  for (const created_at of ["2023-07-22T01:58:59.123456Z", "2023-07-22T01:58:59", "x2023-07-22T01:58:59.123456", ""]) {
    expect(misfit({ ...notice, created_at }, NOTICES.dm_notification)).toBe("result.created_at");
  }
});

it("an answer of another form is told with its place and none of its content", () => {
  const answer = { success: true, result: { id: 7, secret: "s3cr3t" } };
  const read = (): Replies["get_dm"] => readReply("get_dm", answer);
  const message = "The server's answer to get_dm does not fit the protocol at result.created_at.";
  expect(read).toThrow(expect.objectContaining({ kind: "protocol", message }));
});
