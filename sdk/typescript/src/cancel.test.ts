/** Giving up, with signals of all places. */

import { expect, it } from "vitest";
import { reasonOf, throwIfAborted } from "./cancel.js";
import { SottoError } from "./errors.js";

it("throws what the signal says, or that the client was closed where it cannot say", () => {
  throwIfAborted(undefined);
  const stop = new AbortController();
  throwIfAborted(stop.signal);
  const why = new SottoError("disconnected", "Closed.");
  stop.abort(why);
  expect(() => {
    throwIfAborted(stop.signal);
  }).toThrow(why);
  // As React Native's: neither `reason` nor `throwIfAborted`.
  const bare = { aborted: true } as AbortSignal;
  expect(() => {
    throwIfAborted(bare);
  }).toThrow(expect.objectContaining({ kind: "disconnected" }));
  expect(reasonOf(bare)).toBeInstanceOf(SottoError);
});
