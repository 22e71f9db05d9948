/** JSON that may hold anybody's keys: read without trusting its shape, kept in maps, written with its keys in order. */

/** Keys and values that this version does not understand, and keeps. A map, so that no name (`__proto__`) means anything. */
export type Extra = ReadonlyMap<string, Json>;

/** Any JSON value, its objects as maps, and whole numbers that a `number` would round as `bigint`. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | Extra;

/** A JSON value that is not what it must be. */
export class Misshapen extends Error {}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Parses a text. Throws `SyntaxError` for what is no JSON. */
export function parse(text: string): Json {
  // Says whether it is JSON at all, so that what follows may trust the syntax. Its numbers would be rounded.
  JSON.parse(text);
  const tokens = text.matchAll(TOKENS);
  const next = (): string => {
    const token = tokens.next();
    if (token.done === true) throw new SyntaxError("the text ends too early");
    return token.value[0];
  };
  return value(next(), next);
}

function value(token: string, next: () => string): Json {
  if (token === "[") return list(next);
  if (token === "{") return members(next);
  const plain = JSON.parse(token) as null | boolean | number | string;
  if (typeof plain === "number" && !Number.isSafeInteger(plain) && /^-?\d+$/.test(token)) return BigInt(token);
  return plain;
}

function list(next: () => string): Json {
  const items: Json[] = [];
  for (let token = next(); token !== "]"; token = next()) {
    if (token !== ",") items.push(value(token, next));
  }
  return items;
}

function members(next: () => string): Json {
  const found = new Map<string, Json>();
  for (let token = next(); token !== "}"; token = next()) {
    if (token === ",") continue;
    next();
    found.set(JSON.parse(token) as string, value(next(), next));
  }
  return found;
}

/** Writes a value, the keys of each object sorted: equal values make equal texts. */
export function write(value: Json): string {
  if (value instanceof Map) {
    const keys = [...(value as Extra).keys()].sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value.get(key) as Json)}`).join(",")}}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(write).join(",")}]`;
  }
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

const U32 = 2n ** 32n;
const U64 = 2n ** 64n;

/** Reads the members of one object; what is left over is its `extra`. */
export class Members {
  readonly #rest: Map<string, Json>;

  constructor(value: Json | undefined) {
    if (!(value instanceof Map)) {
      throw new Misshapen("an object is expected");
    }
    this.#rest = new Map(value as Extra);
  }

  /** Takes a member; undefined where it is missing or null. */
  #take(key: string): Json | undefined {
    const value = this.#rest.get(key);
    this.#rest.delete(key);
    return value ?? undefined;
  }

  /** A whole number of 32 bits. */
  u32(key: string): number {
    return Number(this.#required(key, U32));
  }

  /** A whole number of 64 bits. */
  u64(key: string): bigint {
    return this.#required(key, U64);
  }

  optionalU64(key: string): bigint | undefined {
    return this.#whole(key, U64);
  }

  #required(key: string, below: bigint): bigint {
    const whole = this.#whole(key, below);
    if (whole === undefined) throw new Misshapen(`${key} is missing`);
    return whole;
  }

  #whole(key: string, below: bigint): bigint | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const whole = typeof value === "bigint" ? value : typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : -1n;
    if (whole < 0n || whole >= below) throw new Misshapen(`${key} is no whole number in its range`);
    return whole;
  }

  /** 32 bytes in lower-case hex. */
  hex32(key: string): string {
    const value = this.#take(key);
    if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) {
      throw new Misshapen(`${key} is not 64 lower-case hex digits`);
    }
    return value;
  }

  /** False where it is missing. */
  boolean(key: string): boolean {
    const value = this.#take(key) ?? false;
    if (typeof value !== "boolean") {
      throw new Misshapen(`${key} is neither true nor false`);
    }
    return value;
  }

  /** None where it is missing. */
  list<T>(key: string, read: (value: Json) => T): T[] {
    const value = this.#take(key) ?? [];
    if (!Array.isArray(value)) {
      throw new Misshapen(`${key} is not a list`);
    }
    return (value as readonly Json[]).map(read);
  }

  /** None where it is missing. */
  map<K, T>(key: string, name: (key: string) => K, read: (value: Json) => T): Map<K, T> {
    const value = this.#take(key) ?? new Map<string, Json>();
    if (!(value instanceof Map)) {
      throw new Misshapen(`${key} is not an object`);
    }
    return new Map([...(value as Extra)].map(([name_, inner]) => [name(name_), read(inner)]));
  }

  /** What nobody asked for. */
  rest(): Extra {
    return this.#rest;
  }
}

/** Joins what is not understood, key by key, objects in depth; `theirs` wins. */
export function join(mine: Extra, theirs: Extra): Extra {
  const joined = new Map(theirs);
  for (const [key, value] of mine) {
    const other = theirs.get(key);
    if (other === undefined) {
      joined.set(key, value);
    } else if (value instanceof Map && other instanceof Map) {
      joined.set(key, join(value as Extra, other as Extra));
    }
  }
  return joined;
}
