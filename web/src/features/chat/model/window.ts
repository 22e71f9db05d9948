/** The part of a DM's history that is loaded: contiguous, oldest first. Pure; every change answers a new value. */

import type { Message } from "@sotto/sdk";

/** Messages asked for at a time. */
export const PAGE = 50;
/** Messages kept loaded; beyond it the far end is let go and read again when it is needed. */
export const KEEP = 600;

/** A contiguous stretch of a DM's history. */
export interface HistoryWindow {
  /** Oldest first; every message between the first and the last is in it. */
  readonly messages: readonly Message[];
  /** Whether there may be messages before the first. */
  readonly hasOlder: boolean;
  /** Whether there may be messages after the last. */
  readonly hasNewer: boolean;
  /** How many came since the end was let go: what «jump to newest» shows. */
  readonly arrived: number;
}

/** A DM of which nothing is loaded. */
export const nothing: HistoryWindow = { messages: [], hasOlder: true, hasNewer: true, arrived: 0 };

/** Where a timestamp is or would be among messages (their timestamps strictly rise, R-115). */
export function position(messages: readonly Message[], timestamp: string): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = messages[middle];
    if (there !== undefined && there.timestamp < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Whether a page says by itself that nothing follows it. A short page may have been cut at 1 MiB, so it counts as the last one only
 * where it is certainly smaller; otherwise the next, empty page tells.
 */
export function endsHistory(page: readonly Message[], asked: number): boolean {
  if (page.length === 0) return true;
  if (page.length >= asked) return false;
  let size = 0;
  for (const { content, reactions } of page) {
    if (!content.ok) return false;
    size += content.value.text.length + 200 * reactions.length;
  }
  return size < 64 * 1024;
}

/** The newest page (newest first), in place of whatever was loaded. */
export function newest(page: readonly Message[], asked = PAGE): HistoryWindow {
  return { messages: page.toReversed(), hasOlder: !endsHistory(page, asked), hasNewer: false, arrived: 0 };
}

/** What lies around a moment: `before` newest first and strictly before it, `from` oldest first from it on. */
export function around(before: readonly Message[], from: readonly Message[], asked: number): HistoryWindow {
  const messages = [...before.toReversed(), ...from];
  return { messages, hasOlder: !endsHistory(before, asked), hasNewer: !endsHistory(from, asked), arrived: 0 };
}

/** A page of what lies before the first message, newest first. */
export function older(window: HistoryWindow, page: readonly Message[], asked = PAGE): HistoryWindow {
  const first = window.messages[0];
  const fresh = page.filter((message) => first === undefined || message.timestamp < first.timestamp).reverse();
  return { ...window, messages: [...fresh, ...window.messages], hasOlder: !endsHistory(page, asked) };
}

/** A page of what lies after the last message, oldest first. */
export function newer(window: HistoryWindow, page: readonly Message[], asked = PAGE): HistoryWindow {
  const last = window.messages.at(-1);
  const fresh = page.filter((message) => last === undefined || message.timestamp > last.timestamp);
  const ended = endsHistory(page, asked);
  return { ...window, messages: [...window.messages, ...fresh], hasNewer: !ended, arrived: ended ? 0 : window.arrived };
}

/** A message as it is now: replaces by id, or takes its place; outside the window it only counts, which keeps the window contiguous. */
export function put(window: HistoryWindow, message: Message): HistoryWindow {
  const { messages } = window;
  const at = position(messages, message.timestamp);
  if (messages[at]?.id === message.id) return { ...window, messages: messages.with(at, message) };
  if (at === messages.length && window.hasNewer) return window;
  if (at === 0 && window.hasOlder) return window;
  return { ...window, messages: messages.toSpliced(at, 0, message) };
}

/** A message that was not there before. */
export function arrive(window: HistoryWindow, message: Message): HistoryWindow {
  const next = put(window, message);
  if (next !== window || !window.hasNewer) return next;
  const last = window.messages.at(-1);
  return last === undefined || message.timestamp > last.timestamp ? { ...window, arrived: window.arrived + 1 } : window;
}

/** Takes a message out. */
export function remove(window: HistoryWindow, id: number): HistoryWindow {
  const at = window.messages.findIndex((message) => message.id === id);
  return at < 0 ? window : { ...window, messages: window.messages.toSpliced(at, 1) };
}

/** Takes out what has destroyed itself by then (a wire timestamp). */
export function expire(window: HistoryWindow, now: string): HistoryWindow {
  const messages = window.messages.filter(({ expires }) => expires === null || expires > now);
  return messages.length === window.messages.length ? window : { ...window, messages };
}

/** When the next loaded message destroys itself (a wire timestamp). */
export function nextExpiry(window: HistoryWindow): string | null {
  let next: string | null = null;
  for (const { expires } of window.messages) if (expires !== null && (next === null || expires < next)) next = expires;
  return next;
}

/** Lets go of the oldest beyond `keep`. */
export function trimOlder(window: HistoryWindow, keep = KEEP): HistoryWindow {
  if (window.messages.length <= keep) return window;
  return { ...window, messages: window.messages.slice(-keep), hasOlder: true };
}

/** Lets go of the newest beyond `keep`. */
export function trimNewer(window: HistoryWindow, keep = KEEP): HistoryWindow {
  if (window.messages.length <= keep) return window;
  return { ...window, messages: window.messages.slice(0, keep), hasNewer: true };
}
