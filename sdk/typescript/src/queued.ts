/** What waits on this device to be sent, as an app sees it: opened with the user's own key, by what is kept here alone. */

import { decodeHex, encodeHex, msgRef, openEnvelope, type Opened as Envelope } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
import { orLocked } from "./groups.js";
import type { Queued } from "./model.js";
import type { FailedSend, Kept } from "./outbox.js";
import type { Platform } from "./platform/platform.js";
import type { SendMessage } from "./protocol.js";
import type { Reader } from "./read.js";
import { timestamp } from "./time.js";

/** What opening is made of. */
export interface QueuedParts {
  readonly username: string;
  readonly platform: Platform;
  readonly reader: Reader;
}

/** One that waits; undefined for what is no envelope at all. */
export async function openQueued(parts: QueuedParts, { at, request }: Kept): Promise<Queued | undefined> {
  let bytes: readonly [Uint8Array, Uint8Array];
  try {
    bytes = [decodeHex(request.message), decodeHex(request.signature)];
  } catch {
    return undefined;
  }
  const opened = await orLocked(open(parts, request.id, ...bytes));
  const target = opened.ok ? opened.value.target : undefined;
  return {
    dm: request.id,
    reference: encodeHex(msgRef(bytes[0])),
    text: opened.ok ? { ok: true, value: opened.value.body } : opened,
    replyTo: target?.some((byte) => byte !== 0) === true ? encodeHex(target) : null,
    writtenMs: at,
    due: dueOf(at, request),
    deleteAfter: request.delete ?? null,
  };
}

async function open(parts: QueuedParts, dm: number, envelope: Uint8Array, signature: Uint8Array): Promise<Envelope> {
  const { platform, reader, username } = parts;
  const group = await reader.recall(dm);
  if (group === undefined) throw new SottoError("security", `The key of DM ${String(dm)} is not on this device yet.`, { code: "E_EPOCH" });
  return openEnvelope(platform, group.context, { slot: { slot: "message" }, sender: username, envelope, signature });
}

function dueOf(at: number, { schedule, schedule_at }: SendMessage): string | null {
  if (schedule_at !== undefined) return schedule_at;
  return schedule === undefined ? null : timestamp((Math.trunc(at) + schedule * 1000) * 1000);
}

/** Tells of a send that was given up; only in words where it cannot be said which one it was. */
export async function tellFailed(
  parts: QueuedParts & { readonly tell: <E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]) => void },
  { kept, why }: FailedSend,
): Promise<void> {
  const queued = kept === null ? undefined : await openQueued(parts, kept);
  if (queued !== undefined) parts.tell("sendFailed", { dm: queued.dm, reference: queued.reference, error: why, queued });
  else parts.tell("warning", { text: `A message could not be sent: ${why.message}` });
}
