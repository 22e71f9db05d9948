/** The line above what was unread when one came: where it stands, and when it goes. */

import { useEffect, useState, useSyncExternalStore } from "react";
import type { Dm } from "@sotto/sdk";
import { useSotto } from "../../../app/session";
import { firstUnread } from "../model/grouping";
import { useReading } from "../model/hooks";
import { toMs } from "../model/time";
import type { Timeline } from "../model/timeline";
import type { TimelineState } from "../model/timelineState";

/** One thing of what a timeline shows; nothing is drawn again for the others. */
export function useTimelineState<K extends keyof TimelineState>(timeline: Timeline, key: K): TimelineState[K] {
  return useSyncExternalStore(timeline.subscribe, () => timeline.getState()[key]);
}

/** Up to where was read when the DM was opened, or when the user last looked away; null where nothing was unread then. */
export function useNewLine(dm: Dm, timeline: Timeline): readonly [string | null, (readUpTo: string | null) => void] {
  const me = useSotto().username;
  const { marks } = useReading();
  const now = (): string | null => marks.get(dm.id) ?? (marks.isOld(toMs(dm.createdAt)) ? null : "");
  const [readUpTo, setReadUpTo] = useState(now);
  const ready = useTimelineState(timeline, "phase") === "ready";

  useEffect(() => {
    if (!ready) return undefined;
    const unreadSince = (mark: string | null): boolean => firstUnread(timeline.getState().window.messages, mark, me) >= 0;
    setReadUpTo((mark) => (unreadSince(mark) ? mark : null));
    const changed = (): void => {
      if (document.visibilityState === "hidden") setReadUpTo(marks.get(dm.id));
      else setReadUpTo((mark) => (unreadSince(mark) ? mark : null));
    };
    document.addEventListener("visibilitychange", changed);
    return () => {
      document.removeEventListener("visibilitychange", changed);
    };
  }, [ready, timeline, me, marks, dm.id]);

  return [readUpTo, setReadUpTo];
}
