/** Listens to the session and tells the user: notifications, sounds, notes. Draws nothing itself. */

import { lazy, Suspense, useEffect, useEffectEvent, useRef } from "react";
import { useLocation } from "wouter";
import type { Message } from "@sotto/sdk";
import { useSotto, useSottoEvent } from "../../app/session";
import { toast } from "../../ui";
import { titleOf } from "../chat/model/names";
import { describeMessage, isNews } from "./describe";
import { closeAllDesktop, closeDesktop, showDesktop, type DesktopNote } from "./desktop";
import { isMuted } from "./mutes";
import { preferences } from "./preferences";
import { playChime } from "./sounds";

// The chat knows what was read; it is loaded by itself, so that the two do not wait for each other.
const UnreadSigns = lazy(async () => ({ default: (await import("./UnreadSigns")).UnreadSigns }));

const isLooking = (): boolean => document.visibilityState === "visible" && document.hasFocus();

/** Shows a desktop notification where the user wants them. */
export function tell(note: DesktopNote): void {
  if (preferences().desktop) showDesktop(note);
}

/** The tag of a DM's notification. */
export const tagOf = (dm: number): string => `sotto-dm-${String(dm)}`;

const openDm = (path: string): number | null => {
  const id = /^\/dm\/(\d+)/.exec(path)?.[1];
  return id === undefined ? null : Number(id);
};

/** Tells of new messages, friend requests and scheduled messages. */
export function Notifier() {
  const sotto = useSotto();
  const [path, navigate] = useLocation();
  /** Messages that a DM's notification stands for: id of each. */
  const standing = useRef(new Map<number, Set<number>>());

  const settle = (dm: number): void => {
    standing.current.delete(dm);
    closeDesktop(tagOf(dm));
  };

  const show = async (message: Message): Promise<void> => {
    if (preferences().sound) void playChime().catch(() => undefined);
    const ids = (standing.current.get(message.dm) ?? new Set()).add(message.id);
    standing.current.set(message.dm, ids);
    const { desktop, reveal } = preferences();
    if (!desktop) return;
    let title: string | null = null;
    if (reveal !== "nothing") {
      const dm = await sotto.dm(message.dm).catch(() => null);
      title = dm === null || (dm.name === null && dm.users.length <= 2) ? null : titleOf(dm, sotto.username);
    }
    // It may have been read, or deleted, meanwhile.
    if (!standing.current.get(message.dm)?.has(message.id)) return;
    const words = describeMessage(message, title, ids.size, reveal);
    showDesktop({ tag: tagOf(message.dm), ...words, onClick: () => navigate(`/dm/${String(message.dm)}`) });
  };

  useSottoEvent("messageNew", ({ message }) => {
    if (message.sender === sotto.username) settle(message.dm);
    const moment = { username: sotto.username, muted: isMuted(sotto, message.dm), looking: isLooking(), open: openDm(path), now: Date.now() };
    if (isNews(message, moment)) void show(message);
  });
  useSottoEvent("messageDeleted", ({ dm, id }) => {
    for (const [each, ids] of [...standing.current]) if ((dm === null || dm === each) && ids.has(id)) settle(each);
  });
  useSottoEvent("dmGone", ({ dm }) => settle(dm));

  /** `quiet`: the same without names, for a screen that others may see. */
  const news = (tag: string, text: string, quiet: string, label: string, href: string): void => {
    if (isLooking()) toast({ text, action: { label, onPress: () => navigate(href) } });
    else tell({ tag, title: "Sotto", body: preferences().reveal === "nothing" ? quiet : text, onClick: () => navigate(href) });
  };
  useSottoEvent("friendRequest", ({ username }) => {
    news(`sotto-request-${username}`, `${username} wants to be your friend.`, "Someone wants to be your friend.", "Answer", "/people/requests");
  });
  useSottoEvent("friendAnswer", ({ username, accepted }) => {
    if (!accepted) return;
    news(`sotto-friend-${username}`, `${username} is your friend now.`, "Someone is your friend now.", "Write", `/person/${encodeURIComponent(username)}`);
  });
  useSottoEvent("scheduledSoon", ({ dm, id }) => {
    const text = "A scheduled message will be sent in a minute.";
    news(`sotto-scheduled-${String(id)}`, text, text, "Open chat", `/dm/${String(dm)}`);
  });
  useSottoEvent("scheduledFailed", ({ dm, id }) => {
    // The shell says so on the page.
    if (isLooking()) return;
    const body = "A scheduled message could not be sent and was dropped.";
    tell({ tag: `sotto-scheduled-${String(id)}`, title: "Sotto", body, onClick: () => navigate(`/dm/${String(dm)}`) });
  });

  const look = useEffectEvent(() => {
    const open = openDm(path);
    if (open !== null && isLooking()) settle(open);
  });
  useEffect(() => {
    look();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    };
  }, [path]);
  useEffect(() => closeAllDesktop, [sotto]);

  return (
    <Suspense fallback={null}>
      <UnreadSigns path={path} onRead={settle} />
    </Suspense>
  );
}
