/** How messages stand under each other: days, groups of one sender, and the line above what is new. */

import type { Message } from "@sotto/sdk";
import { startOfDay, toMs } from "./time";

/** Messages of one sender within this span stand together. */
export const GROUP_MS = 5 * 60_000;

/** How a message stands in the list. */
export interface Standing {
  /** It is the first of its day: midnight of that day in milliseconds; else null. */
  readonly day: number | null;
  /** It opens a group of its sender. */
  readonly first: boolean;
  /** It closes a group of its sender. */
  readonly last: boolean;
  /** The line «New» stands above it. */
  readonly newLine: boolean;
}

/** The place of the first message of someone else after what was read; -1: none. `readUpTo` null: nothing counts as new. */
export function firstUnread(messages: readonly Message[], readUpTo: string | null, me: string): number {
  if (readUpTo === null) return -1;
  return messages.findIndex(({ sender, timestamp }) => timestamp > readUpTo && sender !== me);
}

/**
 * How each message stands. The line «New» stands above the first message of someone else after `readUpTo`, provided that the one before
 * it is
 * loaded too (or there is none): else it would stand in the midst of what is new. `gaps`: messages with a note above them.
 */
export function standings(
  messages: readonly Message[],
  hasOlder: boolean,
  readUpTo: string | null,
  me: string,
  gaps?: ReadonlyMap<number, number>,
): Standing[] {
  const unread = firstUnread(messages, readUpTo, me);
  const line = unread === 0 && hasOlder ? -1 : unread;
  const days = messages.map(({ timestamp }) => startOfDay(toMs(timestamp)));
  const opens = messages.map((message, index) => {
    const before = messages[index - 1];
    if (before === undefined || index === line || days[index] !== days[index - 1]) return true;
    if (before.sender !== message.sender || before.content.ok !== message.content.ok || gaps?.has(message.id) === true) return true;
    return toMs(message.timestamp) - toMs(before.timestamp) > GROUP_MS;
  });
  return messages.map((_, index) => ({
    day: index === 0 || days[index] !== days[index - 1] ? (days[index] ?? null) : null,
    first: opens[index] ?? true,
    last: opens[index + 1] ?? true,
    newLine: index === line,
  }));
}
