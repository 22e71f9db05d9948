/** Feeds a virtual list changes one end at a time. */

import { useLayoutEffect, useReducer, useRef } from "react";
import { nextStep, type Keyed, type Step } from "../model/stage";

/** What to show now of what is wanted; another drawing follows at once where a second step is needed. A new epoch begins afresh. */
export function useStaged<T extends Keyed>(wanted: readonly T[], epoch: number): Step<T> {
  const shown = useRef<{ readonly epoch: number; readonly items: readonly T[] } | null>(null);
  const [, again] = useReducer((turn: number) => turn + 1, 0);
  const before = shown.current;
  const step = before !== null && before.epoch === epoch ? nextStep(before.items, wanted) : { items: wanted, shift: false };
  useLayoutEffect(() => {
    shown.current = { epoch, items: step.items };
    if (step.items !== wanted) again();
  });
  return step;
}
