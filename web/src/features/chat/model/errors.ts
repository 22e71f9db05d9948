/** What went wrong, in sentences that lead on. */

import { SottoError } from "@sotto/sdk";

/** Whatever was thrown, as the SDK's error; a bug of the page is one too, and says so. */
export function asError(thrown: unknown): SottoError {
  if (thrown instanceof SottoError) return thrown;
  return new SottoError("invalid", "Something in this page went wrong.", { cause: thrown });
}

/** Why something could not be sent, for a person. */
export function sendErrorText(error: SottoError): string {
  if (error.isRefusal("not_friends")) return "You are not friends any more, so messages are not delivered here.";
  if (error.isRefusal("no_access")) return "You are not a member of this conversation any more.";
  if (error.isRefusal("too_large")) return "This is too long to send.";
  if (error.isRefusal("rate_limited")) {
    const seconds = error.retryAfter;
    return seconds === undefined
      ? "Too many messages at once. Try again in a moment."
      : `Too many messages at once. Try again in ${String(seconds)} s.`;
  }
  if (error.kind === "connect" || error.kind === "disconnected") return "There is no connection.";
  return error.message;
}
