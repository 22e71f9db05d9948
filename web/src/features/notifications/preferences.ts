/** What the user wants to be told, and how much of it, on this device. */

import { useSyncExternalStore } from "react";

/** How much a notification shows to whoever looks at the screen. */
export type Reveal = "nothing" | "sender" | "text";

/** What is chosen. */
export interface Preferences {
  /** Whether the user has asked for desktop notifications; the browser must allow them, too. */
  readonly desktop: boolean;
  readonly reveal: Reveal;
  /** A soft sound for a new message. */
  readonly sound: boolean;
  /** A tone for a call that comes in. */
  readonly ring: boolean;
}

const KEY = "sotto.notifications";
const DEFAULT: Preferences = { desktop: false, reveal: "nothing", sound: true, ring: true };
const REVEALS: readonly unknown[] = ["nothing", "sender", "text"];

/** Reads what was stored; anything unknown is the default. */
export function parsePreferences(stored: string | null): Preferences {
  try {
    const read: unknown = JSON.parse(stored ?? "{}");
    if (typeof read !== "object" || read === null) return DEFAULT;
    const { desktop, reveal, sound, ring } = read as Partial<Record<keyof Preferences, unknown>>;
    return {
      desktop: typeof desktop === "boolean" ? desktop : DEFAULT.desktop,
      reveal: REVEALS.includes(reveal) ? (reveal as Reveal) : DEFAULT.reveal,
      sound: typeof sound === "boolean" ? sound : DEFAULT.sound,
      ring: typeof ring === "boolean" ? ring : DEFAULT.ring,
    };
  } catch {
    return DEFAULT;
  }
}

function stored(): Preferences {
  try {
    return parsePreferences(localStorage.getItem(KEY));
  } catch {
    return DEFAULT;
  }
}

let current = stored();
const watchers = new Set<() => void>();

function become(next: Preferences): void {
  current = next;
  for (const watcher of watchers) watcher();
}

/** What is chosen now. */
export function preferences(): Preferences {
  return current;
}

/** Chooses and keeps it. */
export function setPreferences(change: Partial<Preferences>): void {
  become({ ...current, ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // It holds until the page is closed.
  }
}

/** What is chosen now, as a hook. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
}

// Another tab may choose, too; a log-out clears the storage.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key === KEY || event.key === null) become(stored());
});
