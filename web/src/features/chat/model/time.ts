/**
 * Timestamps to reckon with, and spans as a person reads them; moments as a person reads them are in `ui`. The wire's timestamps are UTC
 * with six digits and no zone (R-114).
 */

/** A wire timestamp as milliseconds since 1970. Microseconds are cut off. */
export function toMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`);
}

/** Milliseconds since 1970 as a wire timestamp. */
export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000`;
}

/** The wire timestamp one microsecond later: `before` it includes the moment itself. */
export function justAfter(timestamp: string): string {
  const micros = Number(timestamp.slice(20, 26)) + 1;
  if (micros < 1_000_000) return `${timestamp.slice(0, 20)}${String(micros).padStart(6, "0")}`;
  const second = Date.parse(`${timestamp.slice(0, 19)}Z`) + 1000;
  return `${new Date(second).toISOString().slice(0, 19)}.000000`;
}

/** The local midnight that begins a moment's day, in milliseconds. */
export function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What is left of a span, as a countdown shows it: «0:42», «4:05», «3 h 20 min», «6 days». Rounded up: it shows 0:00 only at the end. */
export function countdownText(msLeft: number): string {
  const left = Math.max(0, Math.ceil(msLeft / 1000));
  if (left < HOUR) return `${String(Math.floor(left / MINUTE))}:${String(left % MINUTE).padStart(2, "0")}`;
  if (left < DAY) {
    const minutes = Math.floor((left % HOUR) / MINUTE);
    return `${String(Math.floor(left / HOUR))} h${minutes > 0 ? ` ${String(minutes)} min` : ""}`;
  }
  const days = Math.floor(left / DAY);
  const hours = Math.floor((left % DAY) / HOUR);
  if (days < 2) return `${String(days)} day${hours > 0 ? ` ${String(hours)} h` : ""}`;
  return `${String(days)} days`;
}

/** When the countdown's text changes next, in milliseconds from now: each second in the last hour, else each minute. */
export function nextTick(msLeft: number): number {
  if (msLeft <= 0) return 0;
  const step = msLeft > HOUR * 1000 ? MINUTE * 1000 : 1000;
  return msLeft % step || step;
}

/** A span in words: «30 seconds», «1 hour 30 minutes». */
export function spanText(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [unit, name] of [
    [7 * DAY, "week"],
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
    [1, "second"],
  ] as const) {
    const count = Math.floor(rest / unit);
    if (count > 0) parts.push(`${String(count)} ${name}${count === 1 ? "" : "s"}`);
    rest %= unit;
  }
  return parts.slice(0, 2).join(" ") || "0 seconds";
}
