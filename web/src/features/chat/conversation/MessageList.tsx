/** The messages of a DM: a virtual list that grows at both ends and stays where one reads. */

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { ArrowDown } from "lucide-react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Message } from "@sotto/sdk";
import { Button, Skeleton, Spinner, VisuallyHidden } from "../../../ui";
import { standings, type Standing } from "../model/grouping";
import type { Unread } from "../model/unread";
import type { Timeline } from "../model/timeline";
import type { Outgoing } from "../model/timelineState";
import { MessageRow } from "./MessageRow";
import { OutgoingRow } from "./OutgoingRow";
import { useStaged } from "./useStaged";
import styles from "./MessageList.module.css";

type Item =
  | { readonly key: string; readonly message: Message; readonly standing: Standing; readonly gap: number }
  | { readonly key: string; readonly outgoing: Outgoing; readonly first: boolean };

/** What stands above the first row, in pixels at the normal text size; always the same, so that loading moves nothing. */
const HEAD = 72;
/** From here on the next page is asked for, in pixels. */
const NEAR = 900;
/** Nearer to the end than this counts as being there. */
const AT_END = 24;

/** So long a place is gone to again as rows around it are drawn, in milliseconds; whoever scrolls ends it. */
const SETTLING = 600;

/** Properties of {@link MessageList}. */
export interface MessageListProps {
  readonly timeline: Timeline;
  readonly unread: Unread;
  readonly me: string;
  /** What was read when the DM was opened. */
  readonly readUpTo: string | null;
  /** Above the very first message. */
  readonly beginning: string;
  /** The row that Tab leads to; null: the last. */
  readonly focused: string | null;
}

/** Rows need a `RowContext` around this. */
export function MessageList({ timeline, unread, me, readUpTo, beginning, focused }: MessageListProps) {
  const state = useSyncExternalStore(timeline.subscribe, timeline.getState);
  const { window, outgoing, keys, gaps, epoch } = state;
  const wanted = useMemo((): Item[] => {
    const standing = standings(window.messages, window.hasOlder, readUpTo, me, gaps);
    const rows: Item[] = window.messages.map((message, at) => ({
      key: keys.get(message.id) ?? String(message.id),
      message,
      standing: standing[at] ?? { day: null, first: true, last: true, newLine: false },
      gap: gaps.get(message.id) ?? 0,
    }));
    if (window.hasNewer) return rows;
    const lastIsOwn = window.messages.at(-1)?.sender === me;
    return [...rows, ...outgoing.map((one, at) => ({ key: one.key, outgoing: one, first: at === 0 && !lastIsOwn }))];
  }, [window, outgoing, keys, gaps, readUpTo, me]);
  const { items, shift } = useStaged(wanted, epoch);

  const view = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const offsetBefore = useRef(0);
  const [showDown, setShowDown] = useState(false);
  const [marked, setMarked] = useState<string | null>(null);
  const itemsNow = useRef(items);
  itemsNow.current = items;
  const margin = useHead();
  // Rows have their true heights only once they are drawn: until then a place that was gone to is gone to again.
  const settling = useRef<{ readonly go: () => void; readonly until: number } | null>(null);

  const toEnd = useCallback(() => {
    const last = itemsNow.current.length - 1;
    if (last >= 0) view.current?.scrollToIndex(last, { align: "end" });
  }, []);

  const markRead = useCallback(() => {
    const handle = view.current;
    if (handle === null || document.visibilityState !== "visible" || !document.hasFocus()) return;
    const at = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - AT_END);
    for (let index = Math.min(at, itemsNow.current.length - 1); index >= 0; index -= 1) {
      const item = itemsNow.current[index];
      if (item !== undefined && "message" in item) {
        unread.read(timeline.dm, item.message.timestamp);
        return;
      }
    }
  }, [timeline, unread]);

  // Asks for what comes next, where one is near it or the view is not filled.
  const fill = useCallback(
    (movedUp: boolean, movedDown: boolean) => {
      const handle = view.current;
      if (handle === null || handle.viewportSize === 0) return;
      const { window: loaded } = timeline.getState();
      const below = handle.scrollSize - handle.scrollOffset - handle.viewportSize;
      setShowDown(below > handle.viewportSize / 2 || loaded.hasNewer);
      if (below <= AT_END) atEnd.current = !loaded.hasNewer;
      if (loaded.hasOlder && ((movedUp && handle.scrollOffset < NEAR) || handle.scrollSize <= handle.viewportSize))
        void timeline.loadOlder();
      if (loaded.hasNewer && ((movedDown && below < NEAR) || below <= AT_END)) void timeline.loadNewer();
      markRead();
    },
    [timeline, markRead],
  );

  const follow = useCallback(() => {
    const handle = view.current;
    if (handle === null) return;
    const movedUp = handle.scrollOffset < offsetBefore.current;
    const movedDown = handle.scrollOffset > offsetBefore.current;
    offsetBefore.current = handle.scrollOffset;
    // Only going up leaves the end: rows that turn out taller than thought do not.
    if (movedUp) atEnd.current = false;
    fill(movedUp, movedDown);
  }, [fill]);

  // Where the view stands, for whoever reads the messages again.
  useEffect(() => {
    timeline.anchor = () => {
      const handle = view.current;
      if (handle === null) return null;
      const index = handle.findItemIndex(handle.scrollOffset);
      const item = itemsNow.current[index];
      if (item === undefined || !("message" in item)) return null;
      const { id, timestamp } = item.message;
      return { id, timestamp, offset: handle.getItemOffset(index) - handle.scrollOffset, atEnd: atEnd.current };
    };
    return () => {
      timeline.anchor = null;
    };
  }, [timeline]);

  // Goes where the timeline asks for.
  const ready = state.phase === "ready";
  const opened = useRef(false);
  useLayoutEffect(() => {
    const handle = view.current;
    if (!ready || handle === null) return;
    const { target } = timeline.getState();
    const newLine = opened.current ? -1 : itemsNow.current.findIndex((item) => "message" in item && item.standing.newLine);
    opened.current = true;
    const find = (id: number): number => itemsNow.current.findIndex((item) => "message" in item && item.message.id === id);
    const at = newLine >= 0 ? newLine : target.at === "end" ? -1 : find(target.id);
    const row = itemsNow.current[at];
    settling.current = null;
    if (row === undefined) toEnd();
    else {
      const go = (): void => {
        const now = itemsNow.current.findIndex(({ key }) => key === row.key);
        if (newLine >= 0) view.current?.scrollToIndex(now, { align: "start", offset: -margin });
        else if (target.at === "keep") view.current?.scrollToIndex(now, { align: "start", offset: -target.offset - margin });
        else view.current?.scrollToIndex(now, { align: "center" });
      };
      settling.current = { go, until: performance.now() + SETTLING };
      go();
      if (newLine < 0 && target.at === "message") setMarked(row.key);
    }
    offsetBefore.current = handle.scrollOffset;
    atEnd.current = row === undefined;
  }, [ready, state.moves, epoch, timeline, toEnd, margin]);

  useEffect(() => {
    if (marked === null) return undefined;
    const timer = setTimeout(() => {
      setMarked(null);
    }, 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [marked, state.moves]);

  // New rows at the end: stay there, where one was there.
  const lastKey = items.at(-1)?.key;
  useLayoutEffect(() => {
    if (atEnd.current && !shift) toEnd();
  }, [lastKey, items.length, shift, toEnd]);

  useEffect(() => {
    document.addEventListener("visibilitychange", markRead);
    globalThis.addEventListener("focus", markRead);
    const frame = requestAnimationFrame(() => {
      fill(false, false);
    });
    return () => {
      document.removeEventListener("visibilitychange", markRead);
      globalThis.removeEventListener("focus", markRead);
      cancelAnimationFrame(frame);
    };
  }, [markRead, fill, ready, window]);

  const tabbable = items.some(({ key }) => key === focused) ? focused : (lastKey ?? null);
  const tabbableAt = items.findIndex(({ key }) => key === tabbable);
  const toFocus = useRef<string | null>(null);

  const focusRow = (at: number): void => {
    const item = items[Math.max(0, Math.min(at, items.length - 1))];
    if (item === undefined) return;
    toFocus.current = item.key;
    view.current?.scrollToIndex(items.indexOf(item), { align: "nearest" });
    const attempt = (left: number): void => {
      const row = scroller.current?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(item.key)}"]`);
      if (row !== null && row !== undefined) row.focus({ preventScroll: true });
      else if (left > 0 && toFocus.current === item.key)
        requestAnimationFrame(() => {
          attempt(left - 1);
        });
    };
    attempt(10);
  };

  const unsettle = (): void => {
    settling.current = null;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    unsettle();
    if (!(event.target instanceof HTMLElement) || event.target.tagName !== "ARTICLE") return;
    const to = { ArrowUp: tabbableAt - 1, ArrowDown: tabbableAt + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focusRow(to);
  };

  return (
    <div className={styles.frame}>
      <div
        ref={scroller}
        className={`${styles.scroller ?? ""} scroll`}
        onKeyDown={onKeyDown}
        onWheel={unsettle}
        onTouchStart={unsettle}
        onPointerDown={unsettle}
        tabIndex={-1}
      >
        <div className={styles.head} style={{ height: margin }}>
          {state.phase === "ready" && !window.hasOlder && <p className={styles.beginning}>{beginning}</p>}
          {state.older === "loading" && <Spinner label="Loading earlier messages" />}
          {state.older === "failed" && (
            <p className={styles.failed}>
              Earlier messages could not be loaded.{" "}
              <Button size="small" onPress={() => void timeline.loadOlder(true)}>
                Try again
              </Button>
            </p>
          )}
        </div>
        {state.phase === "loading" ? (
          <Waiting />
        ) : (
          // What arrives is announced apart: rows come and go here with the scrolling.
          <div
            role="log"
            aria-live="off"
            aria-label="Messages"
            aria-busy={state.older === "loading" || state.newer === "loading"}
            className={styles.feed}
          >
            <Virtualizer
              key={epoch}
              ref={view}
              scrollRef={scroller}
              startMargin={margin}
              shift={shift}
              data={items}
              keepMounted={tabbableAt < 0 ? [] : [tabbableAt]}
              bufferSize={600}
              onScroll={follow}
              onResize={() => {
                if (atEnd.current) toEnd();
                else if (settling.current !== null && performance.now() < settling.current.until) settling.current.go();
                fill(false, false);
              }}
            >
              {(item) =>
                "message" in item ? (
                  <MessageRow
                    key={item.key}
                    id={item.key}
                    message={item.message}
                    day={item.standing.day}
                    first={item.standing.first}
                    last={item.standing.last}
                    newLine={item.standing.newLine}
                    gap={item.gap}
                    isTabbable={item.key === tabbable}
                    isMarked={item.key === marked}
                  />
                ) : (
                  <OutgoingRow key={item.key} entry={item.outgoing} first={item.first} isTabbable={item.key === tabbable} />
                )
              }
            </Virtualizer>
          </div>
        )}
      </div>
      {(state.newer === "loading" || state.moving) && state.phase === "ready" && (
        <div className={styles.busy}>
          <Spinner label="Loading messages" />
        </div>
      )}
      {showDown && ready && (
        <Button size="small" className={styles.down ?? ""} icon={<ArrowDown aria-hidden />} onPress={() => void timeline.toNewest()}>
          {window.arrived > 0 ? `${String(window.arrived)} new` : "Newest"}
          <VisuallyHidden> messages below</VisuallyHidden>
        </Button>
      )}
    </div>
  );
}

/** The head's height follows the text size. */
function useHead(): number {
  return useMemo(() => Math.round((HEAD * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16), []);
}

/** Bubbles of about the height that messages have. */
function Waiting() {
  return (
    <div role="status" className={styles.waiting}>
      <VisuallyHidden>Loading messages</VisuallyHidden>
      {[62, 40, 54, 30, 48, 66, 36].map((width, at) => (
        <Skeleton
          key={at}
          shape="box"
          width={`${String(width * 0.6)}%`}
          height="2.375rem"
          className={at % 3 === 2 ? (styles.right ?? "") : ""}
        />
      ))}
    </div>
  );
}
