/** The left column: every DM, the latest first. */

import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { MessagesSquare, SquarePen, UserRoundPlus } from "lucide-react";
import { VList, type VListHandle } from "virtua";
import type { Dm, Message } from "@sotto/sdk";
import { sentenceOf, useSotto } from "../../../app/session";
import { Button, EmptyState, LinkButton, ScreenBar, SearchField, SkeletonRows } from "../../../ui";
import { latestQuery, useDms, useUnread } from "../model/hooks";
import { byActivity, matches } from "../model/names";
import { DmRow } from "./DmRow";
import styles from "./DmList.module.css";

/** The list of DMs with its filter; `selected` is the one that is open. */
export function DmList({ selected }: { selected: number | null }) {
  const dms = useDms();
  const [filter, setFilter] = useState("");
  const wanted = useDeferredValue(filter);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  return (
    <>
      <ScreenBar
        level={1}
        title="Chats"
        actions={
          <>
            <LinkButton href="/people/find" aria-label="Find people" icon={<UserRoundPlus aria-hidden />} />
            <LinkButton href="/new" aria-label="New chat" icon={<SquarePen aria-hidden />} />
          </>
        }
      />
      {dms.data === undefined ? (
        dms.isError ? (
          <EmptyState
            role="alert"
            title="Your chats could not be read"
            actions={<Button onPress={() => void dms.refetch()}>Try again</Button>}
          >
            {sentenceOf(dms.error)}
          </EmptyState>
        ) : (
          <>
            <div className={styles.filter} />
            <SkeletonRows label="Loading your chats" />
          </>
        )
      ) : dms.data.length === 0 ? (
        <EmptyState
          icon={<MessagesSquare />}
          title="No chats yet"
          actions={
            <>
              <LinkButton href="/people/find" variant="primary">
                Find people
              </LinkButton>
              <LinkButton href="/new">New chat</LinkButton>
            </>
          }
        >
          Find someone and become friends. Then you can write to each other, and make groups.
        </EmptyState>
      ) : (
        <>
          <div className={styles.filter}>
            <SearchField
              label="Filter chats"
              value={filter}
              onChange={setFilter}
              inputRef={field}
              onKeyDown={(event) => {
                if (event.key !== "ArrowDown") return;
                event.preventDefault();
                list.current?.querySelector<HTMLElement>("[data-tabbable]")?.focus();
              }}
            />
          </div>
          <div ref={list} className={styles.list}>
            <Rows dms={dms.data} filter={wanted} selected={selected} onLeaveUp={() => field.current?.focus()} />
          </div>
        </>
      )}
    </>
  );
}

interface RowsProps {
  readonly dms: readonly Dm[];
  readonly filter: string;
  readonly selected: number | null;
  readonly onLeaveUp: () => void;
}

function Rows({ dms, filter, selected, onLeaveUp }: RowsProps) {
  const sotto = useSotto();
  const unread = useUnread();
  const combine = useCallback(
    (results: readonly UseQueryResult<Message | null>[]) =>
      new Map(dms.map((dm, at) => [dm.id, results[at]?.isError === true ? null : results[at]?.data])),
    [dms],
  );
  const latest = useQueries({ queries: dms.map((dm) => latestQuery(sotto, dm.id)), combine });
  const shown = useMemo(
    () => byActivity(dms, (dm) => latest.get(dm)).filter((dm) => matches(dm, sotto.username, filter)),
    [dms, latest, filter, sotto.username],
  );
  const [, navigate] = useLocation();
  const view = useRef<VListHandle>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const wantsFocus = useRef(false);
  const tabbable = shown.find((dm) => dm.id === focused)?.id ?? shown.find((dm) => dm.id === selected)?.id ?? shown[0]?.id;

  useEffect(() => {
    if (!wantsFocus.current || focused === null) return;
    const at = shown.findIndex((dm) => dm.id === focused);
    view.current?.scrollToIndex(at, { align: "nearest" });
    const frameOf = frame.current;
    const request = requestAnimationFrame(() => {
      wantsFocus.current = false;
      frameOf?.querySelector<HTMLElement>(`[data-dm="${String(focused)}"]`)?.focus();
    });
    return () => {
      cancelAnimationFrame(request);
    };
  }, [focused, shown]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = shown.findIndex((dm) => dm.id === tabbable);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) {
      onLeaveUp();
      return;
    }
    const next = shown[Math.min(to, shown.length - 1)];
    if (next === undefined) return;
    wantsFocus.current = true;
    setFocused(next.id);
  };

  if (shown.length === 0) {
    return (
      <EmptyState title="No chat fits" fill={false} actions={<LinkButton href="/people/find">Find people</LinkButton>}>
        Nobody and nothing here is called «{filter.trim()}».
      </EmptyState>
    );
  }
  return (
    <div ref={frame} role="list" aria-label="Chats" onKeyDown={onKeyDown} className={styles.rows}>
      <VList
        ref={view}
        className="scroll"
        role="presentation"
        keepMounted={keep(shown.findIndex((dm) => dm.id === tabbable))}
        itemSize={64}
      >
        {shown.map((dm, at) => (
          <DmRow
            key={dm.id}
            dm={dm}
            latest={latest.get(dm.id)}
            unread={unread.byDm.get(dm.id) ?? 0}
            isSelected={dm.id === selected}
            isTabbable={dm.id === tabbable}
            place={at + 1}
            count={shown.length}
            onFocus={setFocused}
            onOpen={(id) => {
              navigate(`/dm/${String(id)}`);
            }}
          />
        ))}
      </VList>
    </div>
  );
}

const keep = (at: number): number[] => (at < 0 ? [] : [at]);
