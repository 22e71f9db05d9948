/** A list whose rows stay where they are until the list is left, so that an answer, or what went wrong with it, has a place to be seen. */

import { useState } from "react";

/** The names of `list`, and those that were in it since this component is there, each at its first place. */
export function useKept(list: readonly string[]): readonly string[] {
  const [kept, setKept] = useState(list);
  const fresh = list.filter((name) => !kept.includes(name));
  if (fresh.length === 0) return kept;
  const next = [...kept, ...fresh];
  setKept(next);
  return next;
}
