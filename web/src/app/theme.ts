/** How it looks on this device: theme and text size. `public/theme.js` applies the same before the first paint. */

import { useSyncExternalStore } from "react";

/** What is chosen. */
export interface Appearance {
  readonly theme: "system" | "light" | "dark";
  readonly text: "small" | "normal" | "large" | "larger";
}

const KEY = "sotto.appearance";
const DEFAULT: Appearance = { theme: "system", text: "normal" };
const THEMES: readonly string[] = ["system", "light", "dark"];
const SIZES: readonly string[] = ["small", "normal", "large", "larger"];

/** Reads what was stored; anything unknown is the default. */
export function parseAppearance(stored: string | null): Appearance {
  try {
    const read: unknown = JSON.parse(stored ?? "{}");
    if (typeof read !== "object" || read === null) return DEFAULT;
    const { theme, text } = read as { theme?: unknown; text?: unknown };
    return {
      theme: typeof theme === "string" && THEMES.includes(theme) ? (theme as Appearance["theme"]) : DEFAULT.theme,
      text: typeof text === "string" && SIZES.includes(text) ? (text as Appearance["text"]) : DEFAULT.text,
    };
  } catch {
    return DEFAULT;
  }
}

function stored(): Appearance {
  try {
    return parseAppearance(localStorage.getItem(KEY));
  } catch {
    return DEFAULT;
  }
}

let current = stored();
const watchers = new Set<() => void>();

/** Puts it on the page. */
export function applyAppearance({ theme, text }: Appearance, root: HTMLElement = document.documentElement): void {
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  if (text === "normal") delete root.dataset["text"];
  else root.dataset["text"] = text;
}

/** Chooses, keeps and shows it. */
export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change };
  applyAppearance(current);
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // It holds until the page is closed.
  }
  for (const watcher of watchers) watcher();
}

/** What is chosen now. */
export function useAppearance(): Appearance {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
}

// Another tab may choose too.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key !== KEY) return;
  current = parseAppearance(event.newValue);
  applyAppearance(current);
  for (const watcher of watchers) watcher();
});
