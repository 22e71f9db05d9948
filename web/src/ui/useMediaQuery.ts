/** Asks the browser about the screen. */

import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query holds, as it changes. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** One column, below 700 px. */
export const useIsPhone = (): boolean => useMediaQuery("(width < 700px)");

/** Three columns, from 1100 px. */
export const useIsWide = (): boolean => useMediaQuery("(width >= 1100px)");
