/** DMs that are to be quiet on this device: their ids only, per account. */

import { useSyncExternalStore } from "react";
import type { Sotto } from "@sotto/sdk";

type Owner = Pick<Sotto, "server" | "username">;

const watchers = new Set<() => void>();
/** What was read of the storage, as long as it stays the same: `useSyncExternalStore` compares by identity. */
const known = new Map<string, { readonly text: string | null; readonly muted: ReadonlySet<number> }>();

const keyOf = ({ server, username }: Owner): string => `sotto.muted.${encodeURIComponent(server)}.${encodeURIComponent(username)}`;

function parse(text: string | null): ReadonlySet<number> {
  try {
    const ids: unknown = JSON.parse(text ?? "[]");
    return new Set(Array.isArray(ids) ? ids.filter((id): id is number => Number.isSafeInteger(id)) : []);
  } catch {
    return new Set();
  }
}

function mutedOf(owner: Owner): ReadonlySet<number> {
  const key = keyOf(owner);
  const before = known.get(key);
  let text = before?.text ?? null;
  try {
    text = localStorage.getItem(key);
  } catch {
    // What was chosen in this tab holds.
  }
  if (before !== undefined && before.text === text) return before.muted;
  const muted = parse(text);
  known.set(key, { text, muted });
  return muted;
}

/** Whether a DM is to be quiet: no notification, no sound, no ringing. */
export function isMuted(owner: Owner, dm: number): boolean {
  return mutedOf(owner).has(dm);
}

/** Makes a DM quiet, or not. */
export function setMuted(owner: Owner, dm: number, muted: boolean): void {
  const next = new Set(mutedOf(owner));
  if (muted) next.add(dm);
  else next.delete(dm);
  const text = JSON.stringify([...next]);
  try {
    localStorage.setItem(keyOf(owner), text);
    known.set(keyOf(owner), { text, muted: next });
  } catch {
    known.set(keyOf(owner), { text: known.get(keyOf(owner))?.text ?? null, muted: next });
  }
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  globalThis.addEventListener("storage", watcher);
  return () => {
    watchers.delete(watcher);
    globalThis.removeEventListener("storage", watcher);
  };
}

/** {@link isMuted} as a hook. */
export function useIsMuted(owner: Owner, dm: number): boolean {
  return useSyncExternalStore(watch, () => isMuted(owner, dm));
}
