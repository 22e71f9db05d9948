/** The shared vector files and their format, `sotto-vectors/1`. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Json, type JsonObject, fail, isObject } from "./input.js";

/** The folder of the files, seen from the package's. */
export const FOLDER = join(process.cwd(), "../../crypto/vectors");

export interface Case {
  readonly id: string;
  readonly op: string;
  readonly in: JsonObject;
  readonly out?: Json;
  readonly err?: string;
}

export interface Suite {
  readonly format: string;
  readonly suite: string;
  readonly spec: string;
  /** Where a case lists only part of its output. */
  readonly partial?: boolean;
  /** Whose code runs it, where it is not this folder's. */
  readonly runner?: string;
  readonly cases: readonly Case[];
}

export function readJson(path: string): Json {
  return JSON.parse(readFileSync(join(FOLDER, path), "utf8")) as Json;
}

function caseOf(value: Json): Case {
  if (!isObject(value) || typeof value["id"] !== "string" || typeof value["op"] !== "string" || !isObject(value["in"])) {
    return fail("a case has an id, an op and an input");
  }
  const { id, op, out, err } = value;
  if ((out === undefined) === (err === undefined) || (err !== undefined && typeof err !== "string")) {
    return fail(`${id} has just one of out and err`);
  }
  return { id, op, in: value["in"], ...(err === undefined ? { out: out ?? null } : { err }) };
}

export function readSuite(name: string): Suite {
  const suite = readJson(`${name}.json`);
  const { format, suite: named, spec, partial, runner, cases } = isObject(suite) ? suite : fail(name);
  if (typeof format !== "string" || typeof named !== "string" || typeof spec !== "string" || !Array.isArray(cases)) {
    return fail(`${name} is no suite`);
  }
  return {
    format,
    suite: named,
    spec,
    partial: partial === true,
    ...(typeof runner === "string" ? { runner } : {}),
    cases: cases.map((value: Json) => caseOf(value)),
  };
}

/** The names of all suites, in order. */
export function suiteNames(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}
