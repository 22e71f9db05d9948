/** The input of a vector's case. A field that is missing or of the wrong type is a bug of the file: reading one throws. */

import { decodeHex, encodeHex } from "../../../src/crypto/hex.js";
import { GroupSecret, Identity } from "../../../src/crypto/keys.js";
import { readUtf8 } from "../../../src/crypto/bytes.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export class Input {
  readonly value: Json;

  constructor(value: Json) {
    this.value = value;
  }

  get(key: string): Input {
    return this.opt(key) ?? fail(`no field ${key}`);
  }

  opt(key: string): Input | undefined {
    const value = isObject(this.value) ? this.value[key] : undefined;
    return value === undefined || value === null ? undefined : new Input(value);
  }

  list(key: string): Input[] {
    const { value } = this.get(key);
    return Array.isArray(value) ? value.map((item: Json) => new Input(item)) : fail(`${key} is no list`);
  }

  asString(): string {
    return typeof this.value === "string" ? this.value : fail("no string");
  }

  string(key: string): string {
    return this.get(key).asString();
  }

  asBytes(length?: number): Uint8Array {
    const text = this.asString();
    const bytes = decodeHex(text);
    return length === undefined || bytes.length === length ? bytes : fail(`not ${length} bytes`);
  }

  bytes(key: string, length?: number): Uint8Array {
    return this.get(key).asBytes(length);
  }

  allBytes(key: string, length?: number): Uint8Array[] {
    return this.list(key).map((item) => item.asBytes(length));
  }

  /** A well-formed text; where a case may hold any bytes, take {@link Input.bytes}. */
  text(key: string): string {
    return readUtf8(this.bytes(key)) ?? fail(`${key} is no UTF-8`);
  }

  optText(key: string): string | undefined {
    return this.opt(key) === undefined ? undefined : this.text(key);
  }

  u64(key: string): bigint {
    const { value } = this.get(key);
    return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)) ? BigInt(value) : fail(`${key} is no integer`);
  }

  /** An integer that is exact as a number. */
  number(key: string): number {
    const { value } = this.get(key);
    return Number.isSafeInteger(value) ? Number(value) : fail(`${key} is no safe integer`);
  }

  boolean(key: string): boolean {
    const { value } = this.get(key);
    return typeof value === "boolean" ? value : fail(`${key} is neither true nor false`);
  }

  identity(key: string): Identity {
    return Identity.fromSeed(this.bytes(key, 32));
  }

  groupSecret(key: string): GroupSecret {
    return GroupSecret.fromBytes(this.bytes(key, 32));
  }
}

export function fail(why: string): never {
  throw new Error(`bad vector: ${why}`);
}

/** Bytes as the files give them. */
export const hex = (bytes: Uint8Array): string => encodeHex(bytes);

/** An integer, as a decimal string where a number would round it. */
export function integer(n: bigint): Json {
  return n > 1n << 53n ? n.toString() : Number(n);
}

/** Run-length coding: `[first index, last index, code]`. */
export function runs(codes: readonly string[]): Json {
  const out: [number, number, string][] = [];
  for (const [i, code] of codes.entries()) {
    const last = out.at(-1);
    if (last?.[2] === code) {
      last[1] = i;
    } else {
      out.push([i, i, code]);
    }
  }
  return out;
}

/** What an op gives; it throws a Refusal where the case is refused. */
export type Op = (input: Input) => Json | Promise<Json>;
export type Ops = Readonly<Record<string, Op>>;
