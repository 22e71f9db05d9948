/** The chat's stores as hooks: one of each per session, gone with it. */

import { useCallback, useEffect, useSyncExternalStore } from "react";
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import type { Dm, Message, Sotto } from "@sotto/sdk";
import { useSotto } from "../../../app/session";
import { Drafts, type Draft } from "./drafts";
import type { SendFailed } from "./outgoing";
import { pool } from "./pool";
import { ReadMarks } from "./readMarks";
import { Soon } from "./soon";
import { Timeline } from "./timeline";
import { Typing } from "./typing";
import { Unread, type UnreadCounts } from "./unread";
import { kept } from "../text/kept";

/** Timelines that stay loaded besides the one that is open. */
const TIMELINES = 4;

interface Stores {
  readonly unread: Unread;
  readonly typing: Typing;
  readonly drafts: Drafts;
  readonly soon: Soon;
  /** In order of use. */
  readonly timelines: Map<number, Timeline>;
  /** What could not be sent, of DMs that are not loaded: the only copy, until it is shown there. */
  readonly unsent: Map<number, SendFailed[]>;
}

const stores = new WeakMap<Sotto, Stores>();
const latestInTurn = pool(6);

/** The newest message of a DM, as a query that never asks for too many at once. */
export const latestQuery = (sotto: Sotto, dm: number) => ({
  queryKey: ["latest", dm],
  queryFn: (): Promise<Message | null> => latestInTurn(() => sotto.latest(dm)),
});

/** All DMs, as a query. */
export const dmsQuery = (sotto: Sotto) => ({ queryKey: ["dms"], queryFn: (): Promise<Dm[]> => sotto.dms() });

function storesOf(sotto: Sotto, client: QueryClient): Stores {
  const known = stores.get(sotto);
  if (known !== undefined) return known;
  const marks = new ReadMarks(localStorage, sotto.server, sotto.username, Date.now());
  const source = { dms: () => client.fetchQuery(dmsQuery(sotto)), latest: (dm: number) => client.fetchQuery(latestQuery(sotto, dm)) };
  const made: Stores = {
    unread: new Unread(sotto, source, marks),
    typing: new Typing(sotto),
    drafts: new Drafts(),
    soon: new Soon(sotto),
    timelines: new Map(),
    unsent: new Map(),
  };
  stores.set(sotto, made);
  const otherTab = (event: StorageEvent): void => {
    if (event.key === marks.key) made.unread.marksChanged();
  };
  window.addEventListener("storage", otherTab);
  sotto.on("sendFailed", (failed) => {
    const { dm } = failed;
    if (!made.timelines.has(dm)) made.unsent.set(dm, [...(made.unsent.get(dm) ?? []), failed]);
  });
  sotto.on("dmGone", ({ dm }) => {
    made.unsent.delete(dm);
    made.timelines.get(dm)?.close();
    made.timelines.delete(dm);
  });
  sotto.on("ended", () => {
    window.removeEventListener("storage", otherTab);
    made.unread.close();
    made.typing.close();
    kept.clear();
    for (const timeline of made.timelines.values()) timeline.close();
    made.timelines.clear();
    made.unsent.clear();
  });
  return made;
}

function useStores(): Stores {
  return storesOf(useSotto(), useQueryClient());
}

/** How much is unread, in all and per DM. */
export function useUnread(): UnreadCounts {
  const { unread } = useStores();
  return useSyncExternalStore(unread.subscribe, unread.getCounts);
}

/** The read marks and what tells them that something was read. */
export function useReading(): Unread {
  return useStores().unread;
}

/** Who is typing in a DM. */
export function useTyping(dm: number): readonly string[] {
  const { typing } = useStores();
  return useSyncExternalStore(typing.subscribe, () => typing.in(dm));
}

/** Which scheduled messages go within a minute. */
export function useSoon(): ReadonlySet<number> {
  const { soon } = useStores();
  return useSyncExternalStore(soon.subscribe, soon.getIds);
}

/** The draft of a DM, and how to change it. */
export function useDraft(dm: number): readonly [Draft, (change: Partial<Draft>) => void] {
  const { drafts } = useStores();
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(dm));
  const change = useCallback(
    (part: Partial<Draft>) => {
      drafts.change(dm, part);
    },
    [drafts, dm],
  );
  return [draft, change];
}

/** The timeline of a DM, opened where it is not open yet. */
export function useTimeline(dm: number): Timeline {
  const sotto = useSotto();
  const { timelines, unsent } = useStores();
  const timeline = timelines.get(dm) ?? new Timeline(sotto, dm, unsent.get(dm));
  // Kept at once: a second rendering must not open a second one.
  timelines.set(dm, timeline);
  unsent.delete(dm);
  useEffect(() => {
    timelines.delete(dm);
    timelines.set(dm, timeline);
    for (const [oldest, its] of timelines) {
      if (timelines.size <= TIMELINES + 1) break;
      // It has the only copy of what could not be sent.
      if (its.getState().outgoing.some(({ state }) => state === "failed")) continue;
      its.close();
      timelines.delete(oldest);
    }
  }, [timelines, timeline, dm]);
  return timeline;
}

/** All DMs. */
export function useDms() {
  return useQuery(dmsQuery(useSotto()));
}

/** One DM: from the list at once, where it is there. */
export function useDm(id: number) {
  const sotto = useSotto();
  const client = useQueryClient();
  return useQuery({
    queryKey: ["dm", id],
    queryFn: () => sotto.dm(id),
    placeholderData: () => client.getQueryData<Dm[]>(["dms"])?.find((each) => each.id === id),
  });
}

/** A user with the state of the key. */
export function usePerson(name: string) {
  const sotto = useSotto();
  return useQuery({ queryKey: ["person", name], queryFn: () => sotto.person(name) });
}
