/** Bytes and texts: comparing, joining, strict UTF-8. */

/** The parts, one after another. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether two byte strings are equal, in time that depends on their lengths alone (C-116). */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  }
  return difference === 0;
}

/** Whether every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** A copy of what must have 32 bytes. Another length is a mistake of the caller's code, not of an input: RangeError. */
export function copy32(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 32) {
    throw new RangeError("32 bytes are needed");
  }
  return bytes.slice();
}

/** UTF-8. A lone surrogate, which has none, becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// Made at first use: some runtimes bring it by a polyfill that loads later. `ignoreBOM` keeps a leading U+FEFF in the text.
let decoder: TextDecoder | undefined;

/** Reads UTF-8 strictly; undefined where it is none. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** White space as Unicode's property White_Space has it, for use in a regular expression; `\s` is another set. */
export const WHITE_SPACE = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
