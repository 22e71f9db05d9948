/** Giving up, also where an AbortSignal knows neither reasons nor `throwIfAborted`, as in React Native. */

import { SottoError } from "./errors.js";

/** Why something was given up. */
export function reasonOf(signal: AbortSignal): unknown {
  return (signal.reason as unknown) ?? new SottoError("disconnected", "The client was closed.");
}

/** Throws the reason where something was given up. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw reasonOf(signal);
}
