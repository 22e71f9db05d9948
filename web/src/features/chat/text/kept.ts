/** Rendered texts, so that scrolling past a message again costs nothing. Apart from what renders them, which not everyone needs to load. */

import type { ReactElement } from "react";

/** As many as are kept; the oldest go first. */
const KEPT = 1500;
const texts = new Map<string, { readonly text: string; readonly element: ReactElement }>();

/** By an id that names a text and its version. */
export const kept = {
  get(id: string, text: string): ReactElement | null {
    const known = texts.get(id);
    return known?.text === text ? known.element : null;
  },

  set(id: string, text: string, element: ReactElement): void {
    texts.set(id, { text, element });
    for (const oldest of texts.keys()) {
      if (texts.size <= KEPT) break;
      texts.delete(oldest);
    }
  },

  /** Forgets all, as when an account leaves the device. */
  clear(): void {
    texts.clear();
  },
};
