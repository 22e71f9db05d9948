/** The timestamps of the wire: UTC with six digits of a second and no zone, so that they sort as text. */

/** Microseconds since 1970 UTC, exact up to the year 2255. Not a number for what is no timestamp. */
export function micros(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`) * 1000 + Number(timestamp.slice(23));
}

/** The last millisecond that has a timestamp: that of the year 9999. */
const LAST_MS = 253_402_300_799_999;

/** The timestamp of a moment, in microseconds since 1970 UTC; of one beyond the year 9999 the last there is. */
export function timestamp(at: number): string {
  const ms = Math.min(Math.floor(at / 1000), LAST_MS);
  return new Date(ms).toISOString().slice(0, 23) + String(Math.min(Math.max(0, at - ms * 1000), 999)).padStart(3, "0");
}

/** Before every message. */
export const EPOCH = "1970-01-01T00:00:00.000000";
