/** Moments for a reader, in the reader's zone and manner of writing. */

/** The moment of a timestamp of the protocol (`2023-07-22T01:58:59.123456`, UTC, no suffix). */
export function momentOf(timestamp: string): Date {
  return new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(timestamp) ? timestamp : `${timestamp}Z`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const kept = formats.get(key) ?? new Intl.DateTimeFormat(undefined, options);
  formats.set(key, kept);
  return kept;
}

/** Whole calendar days from `then` to `now`, in the reader's zone: 0 is today, 1 is yesterday, −1 tomorrow. */
export function daysBetween(then: Date, now: Date): number {
  const day = (moment: Date) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((day(now) - day(then)) / 86_400_000);
}

/** «14:05». */
export function clock(moment: Date): string {
  return format({ timeStyle: "short" }).format(moment);
}

/** A day in words: «Today», «Yesterday», «Monday» (the last six days), «22 July», «22 July 2023». */
export function dayName(moment: Date, now: Date = new Date()): string {
  const days = daysBetween(moment, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days === -1) return "Tomorrow";
  if (days > 1 && days < 7) return format({ weekday: "long" }).format(moment);
  if (moment.getFullYear() === now.getFullYear()) return format({ day: "numeric", month: "long" }).format(moment);
  return format({ day: "numeric", month: "long", year: "numeric" }).format(moment);
}

/** In the least room: the time today, else «Yesterday», «Mon», «22 Jul», «22/07/2023». */
export function shortWhen(moment: Date, now: Date = new Date()): string {
  const days = daysBetween(moment, now);
  if (days === 0) return clock(moment);
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return format({ weekday: "short" }).format(moment);
  if (moment.getFullYear() === now.getFullYear()) return format({ day: "numeric", month: "short" }).format(moment);
  return format({ dateStyle: "short" }).format(moment);
}

/** In full: «Saturday, 22 July 2023 at 14:05». */
export function fullWhen(moment: Date): string {
  return format({ dateStyle: "full", timeStyle: "short" }).format(moment);
}
