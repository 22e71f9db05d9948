/** Changed keys, for components. */

import type { Person } from "@sotto/sdk";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useSotto } from "../../app/session";
import { keyChangesOf, type KeyChange } from "./key-changes";

/** Keys that changed and wait for the user's decision; only those of `usernames` where that is given. */
export function useKeyChanges(usernames?: readonly string[]): readonly KeyChange[] {
  const store = keyChangesOf(useSotto());
  const changes = useSyncExternalStore(store.subscribe, store.snapshot);
  return useMemo(
    () => (usernames === undefined ? changes : changes.filter((change) => usernames.includes(change.username))),
    [changes, usernames],
  );
}

/** Notices changes of people whom some screen looked up, too: the event may have come before anybody listened. */
export function useWatchedPeople(): void {
  const store = keyChangesOf(useSotto());
  const client = useQueryClient();
  useEffect(() => {
    const look = (key: readonly unknown[], data: unknown): void => {
      const [kind, name] = key;
      if (kind !== "person" || typeof name !== "string") return;
      // What is cached may be older than a decision: the store looks for itself.
      if ((data as Person | undefined)?.key.state === "changed" && !store.has(name)) void store.check(name);
    };
    const cache = client.getQueryCache();
    for (const query of cache.getAll()) look(query.queryKey, query.state.data);
    return cache.subscribe(({ type, query }) => {
      if (type === "updated") look(query.queryKey, query.state.data);
    });
  }, [client, store]);
}
