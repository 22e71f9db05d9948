/** Tells screen readers what changed without moving the focus. */

import { useCallback, useSyncExternalStore } from "react";
import { VisuallyHidden } from "./VisuallyHidden";

interface Spoken {
  readonly polite: readonly [string, string];
  readonly assertive: readonly [string, string];
}

// Two slots each, used in turn: the same sentence twice is a change twice.
let spoken: Spoken = { polite: ["", ""], assertive: ["", ""] };
const watchers = new Set<() => void>();

/** Says a sentence: when there is a pause, or (`assertive`) at once. */
export function announce(text: string, manner: "polite" | "assertive" = "polite"): void {
  const next: readonly [string, string] = spoken[manner][0] === "" ? [text, ""] : ["", text];
  spoken = { ...spoken, [manner]: next };
  for (const watcher of watchers) watcher();
}

/** {@link announce} as a hook's answer, stable. */
export function useAnnounce(): (text: string, manner?: "polite" | "assertive") => void {
  return useCallback((text, manner) => announce(text, manner), []);
}

/** Where it is said; once, at the root. */
export function LiveRegion() {
  const now = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => spoken,
  );
  return (
    <VisuallyHidden as="div">
      <div aria-live="polite">{now.polite[0]}</div>
      <div aria-live="polite">{now.polite[1]}</div>
      <div aria-live="assertive">{now.assertive[0]}</div>
      <div aria-live="assertive">{now.assertive[1]}</div>
    </VisuallyHidden>
  );
}
