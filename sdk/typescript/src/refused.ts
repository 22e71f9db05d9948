/** What the cryptography refuses, as an app sees it: a {@link SottoError} of kind `security`. */

import { Refusal } from "./crypto/index.js";
import { SottoError } from "./errors.js";

/** `security` for a refusal of the cryptography; anything else as it is. */
export function asSecurity(error: unknown): unknown {
  return error instanceof Refusal ? new SottoError("security", error.message, { code: error.code, cause: error }) : error;
}

/** Runs what may refuse. */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asSecurity(error);
  }
}

/** Waits for what may refuse. */
export async function checkedAsync<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asSecurity(error);
  }
}
