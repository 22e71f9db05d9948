/** What the safety store knows, for components. */

import { useSyncExternalStore } from "react";
import { useSotto } from "../../app/session";
import { safetyStore, type KeyChange, type SafetyNews, type SafetyStore } from "./key-changes";

/** The session's store, and what is in it now. */
export function useSafety(): { readonly store: SafetyStore; readonly news: SafetyNews } {
  const store = safetyStore(useSotto());
  return { store, news: useSyncExternalStore(store.subscribe, store.snapshot) };
}

/** Keys that changed and wait for the user's decision; only those of `usernames` where that is given. */
export function useKeyChanges(usernames?: readonly string[]): readonly KeyChange[] {
  const { changes } = useSafety().news;
  return usernames === undefined ? changes : changes.filter((change) => usernames.includes(change.username));
}
