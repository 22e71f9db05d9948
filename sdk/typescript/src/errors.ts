/** Everything that can go wrong for an app, in the kinds it can act on. */

import type { RefusalCode } from "./protocol.js";

/** Why something was not done; what an app switches over. */
export type SottoErrorKind =
  /** The server said no and changed nothing; `code` says why. */
  | "refused"
  /** The server could not be reached, or the address is none. */
  | "connect"
  /** The connection ended before the answer came. Whether the request was carried out is not known. */
  | "disconnected"
  /** No answer in time. Whether the request was carried out is not known. */
  | "timeout"
  /** The server answered something that is not this protocol. */
  | "protocol"
  /** Something that must be refused for the user's safety; `code` is one of SPEC.md section C-9xx. */
  | "security"
  /** The device's own store failed. */
  | "storage"
  /** The call itself makes no sense, whatever the server would say. */
  | "invalid";

/** What every function of the SDK throws. `message` is one sentence for a person. */
export class SottoError extends Error {
  override readonly name = "SottoError";
  readonly kind: SottoErrorKind;
  /** The server's code (`kind` "refused") or the `E_…` code (`kind` "security"); else undefined. */
  readonly code: string | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(kind: SottoErrorKind, message: string, more: { code?: string; retryAfter?: number; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.code = more.code;
    this.retryAfter = more.retryAfter;
  }

  /** Whether the request may have been carried out although no answer came. */
  get outcomeUnknown(): boolean {
    return this.kind === "disconnected" || this.kind === "timeout";
  }

  /** Whether this is the server's refusal with this code. */
  isRefusal(code: RefusalCode): boolean {
    return this.kind === "refused" && this.code === code;
  }
}

/** Why something could not be opened. It is shown as such and never left out silently. */
export interface Unreadable {
  /** The code of SPEC.md section C-9xx, such as `E_SIG`. */
  readonly code: string;
  /** The reason, for a person. */
  readonly sentence: string;
}
