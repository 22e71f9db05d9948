/** A suite under construction, and small helpers that all suites share. */

import { utf8 } from "../../src/crypto/bytes.js";
import { decodeHex, encodeHex } from "../../src/crypto/hex.js";
import { Refusal } from "../../src/crypto/refusal.js";
import { run } from "../../test/crypto/executor/index.js";
import { type Json, type JsonObject, isObject } from "../../test/crypto/executor/input.js";

export type { Json, JsonObject };

/** Two of the five u of low order: zero, and one of order 8. */
export const LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
] as const;

/** Every case is run as it is added, so a file never says what the code does not do. */
export class Suite {
  readonly name: string;
  readonly #spec: string;
  readonly #cases: string[] = [];
  #negatives = 0;

  constructor(name: string, spec: string) {
    this.name = name;
    this.#spec = spec;
  }

  get count(): number {
    return this.#cases.length;
  }

  /** A case that must succeed; gives its output. */
  async ok(op: string, input: JsonObject, note = ""): Promise<Out> {
    const out = await get(op, input);
    const id = `${this.name}-${digits(this.#cases.length - this.#negatives + 1)}`;
    this.#push(id, op, input, "out", out.value, note);
    return out;
  }

  /** A case that must be refused with `code`. */
  async err(code: string, op: string, input: JsonObject, note = ""): Promise<void> {
    const got = await attempt(op, input);
    if (got !== code) {
      throw new Error(`${this.name} ${op} (${note}): ${write(got)}, not ${code}`);
    }
    this.#negatives += 1;
    this.#push(`${this.name}-neg-${digits(this.#negatives)}`, op, input, "err", code, note);
  }

  #push(id: string, op: string, input: JsonObject, key: string, result: Json, note: string): void {
    const noted = note === "" ? "" : `,"note":${JSON.stringify(note)}`;
    this.#cases.push(`  {"id":"${id}","op":"${op}","in":${write(input)},"${key}":${write(result)}${noted}}`);
  }

  file(): string {
    const head = `{"format":"sotto-vectors/1","suite":"${this.name}","spec":"${this.#spec}","cases":[`;
    return `${head}\n${this.#cases.join(",\n")}\n]}\n`;
  }
}

function digits(n: number): string {
  return String(n).padStart(3, "0");
}

/** The output of an op, or the code with which it was refused. */
async function attempt(op: string, input: JsonObject): Promise<Json> {
  try {
    return (await get(op, input)).value;
  } catch (error) {
    if (error instanceof Refusal) {
      return error.code;
    }
    throw error;
  }
}

/** Runs an op whose output is only needed to make another input. */
export async function get(op: string, input: JsonObject): Promise<Out> {
  const out = await run(op, input);
  if (!isObject(out)) {
    throw new Error(`no op ${op}`);
  }
  return new Out(out);
}

/** The output of an op. */
export class Out {
  readonly value: JsonObject;

  constructor(value: JsonObject) {
    this.value = value;
  }

  /** A text, such as the hex of bytes. */
  text(key: string): string {
    const value = this.value[key];
    if (typeof value !== "string") {
      throw new Error(`${key} is no text`);
    }
    return value;
  }

  /** A list of texts. */
  texts(key: string): string[] {
    const value = this.value[key];
    if (!Array.isArray(value)) {
      throw new Error(`${key} is no list`);
    }
    return value.map((item: Json) => String(item));
  }

  /** A list of objects. */
  objects(key: string): JsonObject[] {
    const value = this.value[key];
    return Array.isArray(value) ? value.filter(isObject) : [];
  }
}

/** JSON without white space, the keys of every object sorted by their bytes. */
export function write(value: Json): string {
  if (Array.isArray(value)) {
    return `[${value.map((item: Json) => write(item)).join(",")}]`;
  }
  if (!isObject(value)) {
    return JSON.stringify(value);
  }
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${write(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

/** Hex of a UTF-8 text. */
export function text(words: string): string {
  return encodeHex(utf8(words));
}

/** Hex of `count` equal bytes. */
export function rep(count: number, byte: number): string {
  return byte.toString(16).padStart(2, "0").repeat(count);
}

/** Hex with one byte changed. */
export function flipped(hex: string, at: number): string {
  const bytes = decodeHex(hex);
  const byte = bytes[at];
  if (byte === undefined) {
    throw new Error(`no byte ${at}`);
  }
  bytes[at] = byte ^ 1;
  return encodeHex(bytes);
}

/** Throws unless both are the same. */
export function same(a: Json | undefined, b: Json | undefined, what: string): void {
  if (write(a ?? null) !== write(b ?? null)) {
    throw new Error(`${what}: ${write(a ?? null)} and ${write(b ?? null)}`);
  }
}
