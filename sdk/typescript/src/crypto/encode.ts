/** The injective encodings `V` and `T` (C-101, C-102), the reader of fixed layouts, and padding. */
import { concat, isZero, utf8 } from "./bytes.js";
import { type RefusalCode, refuse } from "./refusal.js";

/** A u32, big-endian. RangeError for a number that is none. */
export function u32(n: number): Uint8Array {
  if (n >>> 0 !== n) {
    throw new RangeError(`${n} is no u32`);
  }
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, n);
  return out;
}

/** A u64, big-endian. RangeError for an integer that is none. */
export function u64(n: bigint): Uint8Array {
  if (BigInt.asUintN(64, n) !== n) {
    throw new RangeError(`${n} is no u64`);
  }
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, n);
  return out;
}

/** `V(x) = u32(len x) || x`. */
export function v(x: Uint8Array): Uint8Array {
  return concat(u32(x.length), x);
}

/** `T(label, f1..fk) = V("sotto/1/" + label) || u8(k) || V(f1) || .. || V(fk)`: injective, its first byte always 0x00. */
export function t(label: string, ...fields: readonly Uint8Array[]): Uint8Array {
  if (fields.length > 255) {
    throw new RangeError("at most 255 fields");
  }
  return concat(v(utf8(`sotto/1/${label}`)), Uint8Array.of(fields.length), ...fields.flatMap((field) => [u32(field.length), field]));
}

/** Reads a fixed layout front to back; every shortfall is the one refusal it was made with. What it gives out are copies. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #short: RefusalCode;
  #at = 0;

  constructor(bytes: Uint8Array, short: RefusalCode) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#short = short;
  }

  #step(count: number): number {
    const from = this.#at;
    if (count > this.#bytes.length - from) {
      refuse(this.#short);
    }
    this.#at = from + count;
    return from;
  }

  take(count: number): Uint8Array {
    const from = this.#step(count);
    return this.#bytes.slice(from, from + count);
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#step(8));
  }

  /** A length-prefixed field, the inverse of {@link v}. */
  v(): Uint8Array {
    return this.take(this.u32());
  }

  /** All that has not been read. */
  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }

  /** Refuses trailing bytes. */
  end(): void {
    if (this.#at !== this.#bytes.length) {
      refuse(this.#short);
    }
  }
}

/** Writes a layout of known length front to back. */
export class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  u8(n: number): void {
    this.#view.setUint8(this.#at, n);
    this.#at += 1;
  }

  u32(n: number): void {
    this.#view.setUint32(this.#at, n);
    this.#at += 4;
  }

  /** A u64 that is exact as a number. */
  u64(n: number): void {
    this.#view.setBigUint64(this.#at, BigInt(n));
    this.#at += 8;
  }
}

/** `bytes`, zero-filled to the least multiple of `block`. */
export function pad(bytes: Uint8Array, block: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / block) * block);
  out.set(bytes);
  return out;
}

/** Whether `rest` is the least zero fill to a multiple of `block`: shorter than a block and all zero. */
export function isLeastPadding(rest: Uint8Array, block: number): boolean {
  return rest.length < block && isZero(rest);
}
