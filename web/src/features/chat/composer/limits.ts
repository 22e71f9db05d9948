/** How much fits into a message. */

/** Bytes of UTF-8 that one message carries (C-310). */
export const MAX_BYTES = 65_356;
/** From here on the composer shows how much is left. */
const NEAR = 4096;

const encoder = new TextEncoder();

/** Bytes that are left; null while that is far off. Short texts are not measured: a UTF-16 code unit is 3 bytes at most. */
export function bytesLeft(text: string): number | null {
  if (text.length * 3 < MAX_BYTES - NEAR) return null;
  const left = MAX_BYTES - encoder.encode(text).length;
  return left > NEAR ? null : left;
}
