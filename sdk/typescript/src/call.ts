/** Reads the envelope that every request is answered by. */

import { misfit } from "./check.js";
import { SottoError } from "./errors.js";
import type { Replies, Requests } from "./protocol.js";
import { REPLIES } from "./shapes.js";

/** The result in an answer. Throws `refused` where the server says no, `protocol` where it is no answer. */
export function readReply<E extends keyof Requests>(event: E, answer: unknown): Replies[E] {
  if (typeof answer !== "object" || answer === null || !("success" in answer) || !("result" in answer)) {
    throw unfit(event, "");
  }
  if (answer.success === true) {
    const where = misfit(answer.result, REPLIES[event]);
    if (where !== undefined) throw unfit(event, ` at ${where}`);
    return answer.result as Replies[E];
  }
  const code = "code" in answer && typeof answer.code === "string" ? answer.code : undefined;
  const seconds = "retry_after" in answer && typeof answer.retry_after === "number" ? answer.retry_after : undefined;
  const sentence = typeof answer.result === "string" ? answer.result : "The server refused without a reason.";
  throw new SottoError("refused", sentence, {
    ...(code === undefined ? {} : { code }),
    ...(seconds === undefined ? {} : { retryAfter: seconds }),
  });
}

function unfit(event: string, where: string): SottoError {
  return new SottoError("protocol", `The server's answer to ${event} does not fit the protocol${where}.`);
}
