/** Keeps the tab's title and icon true to what is unread, and takes away the notifications of what was read elsewhere. */

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useUnread } from "../chat/model/hooks";
import { useSotto } from "../../app/session";
import { isMuted } from "./mutes";
import { TabIcon, titled } from "./signs";

/** Draws nothing. `path`: titles change with it. `onRead`: a DM has nothing unread any more. */
export function UnreadSigns({ path, onRead }: { path: string; onRead: (dm: number) => void }) {
  const sotto = useSotto();
  const { byDm } = useUnread();
  const [icon] = useState(() => new TabIcon());
  let total = 0;
  for (const [dm, count] of byDm) if (!isMuted(sotto, dm)) total += count;

  const before = useRef<ReadonlyMap<number, number>>(new Map());
  const read = useEffectEvent(onRead);
  useEffect(() => {
    for (const dm of before.current.keys()) if (!byDm.has(dm)) read(dm);
    before.current = byDm;
  }, [byDm]);

  useEffect(() => {
    document.title = titled(document.title, total);
  }, [total, path]);
  useEffect(() => {
    void icon.show(total > 0);
  }, [icon, total]);
  useEffect(
    () => () => {
      document.title = titled(document.title, 0);
      void icon.show(false);
    },
    [icon],
  );
  return null;
}
