/** What waited for the connection, as a row among what is on its way out. */

import type { Queued, SottoError, SottoEvents } from "@sotto/sdk";
import { toMs } from "./time";
import type { Outgoing } from "./timelineState";

/** What the session tells of a message that was given up. */
export type SendFailed = SottoEvents["sendFailed"];

/** The row of one that waits, or was given up for `error`; null for what this device cannot read. */
export function outgoingOf({ reference, text, replyTo, writtenMs, due, deleteAfter }: Queued, error: SottoError | null): Outgoing | null {
  if (!text.ok) return null;
  return {
    key: `queued-${reference}`,
    text: text.value,
    options: {
      ...(replyTo === null ? {} : { replyTo }),
      ...(deleteAfter === null ? {} : { deleteAfter }),
      ...(due === null ? {} : { at: new Date(toMs(due)) }),
    },
    startedMs: writtenMs,
    state: error === null ? "queued" : "failed",
    reference,
    error,
  };
}

/** Whether a row stands for it already. One that was sent from here has no reference until the session has answered. */
export function isShown(rows: readonly Outgoing[], { reference, text }: Queued): boolean {
  return rows.some((row) => row.reference === reference || (row.reference === null && text.ok && row.text === text.value));
}
