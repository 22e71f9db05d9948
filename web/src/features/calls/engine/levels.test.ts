/** When someone counts as speaking. */

import { expect, it } from "vitest";
import { SpeechGate } from "./levels";

it("begins with a loud sound, holds through pauses between words, and ends with silence", () => {
  const gate = new SpeechGate();
  const heard = [
    [0.015, 0],
    [0.03, 100],
    [0.015, 200],
    [0.001, 300],
    [0.001, 600],
    [0.001, 700],
    [0.015, 800],
    [0.02, 900],
  ] as const;
  expect(heard.map(([level, at]) => gate.take(level, at))).toEqual([false, true, true, true, true, false, false, true]);
});
