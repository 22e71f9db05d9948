/** The verdict on one input. */

import { Refusal } from "../../../src/crypto/refusal.js";

/** The code with which a promise is refused, or "ok". Any other error goes on. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    if (error instanceof Refusal) {
      return error.code;
    }
    throw error;
  }
}
