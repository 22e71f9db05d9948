/** Moments to send at, and their form in a `datetime-local` field. */

/** The furthest a message can be scheduled, in milliseconds. */
export const FURTHEST = 31_536_000_000;

const two = (value: number): string => String(value).padStart(2, "0");

/** A moment in the user's zone, to the minute, as the field wants it. */
export function toField(ms: number): string {
  const at = new Date(ms);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What the field says, in milliseconds; null: nothing that can be read. */
export function fromField(text: string): number | null {
  const ms = new Date(text).getTime();
  return text === "" || Number.isNaN(ms) ? null : ms;
}

/** Why a message cannot be sent at a moment; null: it can. */
export function momentError(ms: number | null, now: number): string | null {
  if (ms === null) return "Choose a day and a time.";
  if (ms <= now) return "This moment is past.";
  return ms - now > FURTHEST ? "A year ahead is the furthest." : null;
}

/** Suggestions, each with its moment. */
export function presets(now: number): readonly { readonly label: string; readonly ms: number }[] {
  const morning = (days: number): number => {
    const at = new Date(now);
    at.setDate(at.getDate() + days);
    return at.setHours(8, 0, 0, 0);
  };
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  return [
    { label: "In 1 hour", ms: now + 3_600_000 },
    { label: "Tomorrow 8:00", ms: morning(1) },
    ...(toMonday > 1 ? [{ label: "Monday 8:00", ms: morning(toMonday) }] : []),
  ];
}
