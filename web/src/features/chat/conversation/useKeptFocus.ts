/** Keeps the focus in a window when the entry that had it goes. */

import { useEffect, useRef, type RefObject } from "react";

/** For the list of entries: when their number falls and nothing has the focus any more, the window around it gets it. */
export function useKeptFocus(entries: number): RefObject<HTMLUListElement | null> {
  const list = useRef<HTMLUListElement>(null);
  const around = useRef<HTMLElement | null>(null);
  const before = useRef(entries);
  useEffect(() => {
    around.current = list.current?.closest<HTMLElement>("[role=dialog]") ?? around.current;
    const fewer = entries < before.current;
    before.current = entries;
    if (!fewer) return undefined;
    // A question that stood above gives the focus back first.
    const timer = setTimeout(() => {
      if (around.current?.contains(document.activeElement) === false) around.current.focus();
    }, 250);
    return () => {
      clearTimeout(timer);
    };
  }, [entries]);
  return list;
}
