/** Opening what a server sent: an envelope at its place, under the keys of its group (C-309). */
import type { Aead } from "./aead.js";
import { equal } from "./bytes.js";
import { Envelope, type Kind, type Opened, envelopeKey, openWith } from "./envelope.js";
import { type GroupContext, senderKey } from "./group-context.js";
import { refuse } from "./refusal.js";

/** Where on the wire an envelope stood, with what is expected of it there. */
export type Slot =
  /** A Message's field. `root`: the root reference of the message, if it is known. */
  | { readonly slot: "message"; readonly root?: Uint8Array | undefined }
  /** A Reaction's field. `root`: the root reference of the message it is attached to. */
  | { readonly slot: "reaction"; readonly root: Uint8Array }
  /** A DM's name. */
  | { readonly slot: "name" }
  /** A call signal's data. `target`: see `callTarget`. */
  | { readonly slot: "call"; readonly target: Uint8Array };

const TAKES: Readonly<Record<Slot["slot"], readonly Kind[]>> = {
  message: ["message", "edit"],
  reaction: ["reaction"],
  name: ["name"],
  call: ["call"],
};

/** An envelope as it came. */
export interface Incoming {
  /** Where it stood. */
  readonly slot: Slot;
  /** The sender that the server names; undefined for a DM's name, for which the wire has no field. */
  readonly sender: string | undefined;
  readonly envelope: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Opens an envelope without memory of others: all of C-309 but replay and revisions. For what is shown or kept, take
 * `Replay.receive` instead.
 *
 * @throws Refusal in order `E_INNER` for its length, `E_DOWNGRADE`, `E_KIND`, `E_EPOCH`, `E_SENDER`, `E_SIG`, `E_COMMIT`, `E_AEAD`,
 * `E_INNER`
 */
export async function openEnvelope(aead: Aead, context: GroupContext, incoming: Incoming): Promise<Opened> {
  const opened = await openUntargeted(aead, context, incoming.slot.slot, incoming);
  checkTarget(incoming.slot, opened);
  return opened;
}

/** {@link openEnvelope} up to, and without, the comparison of the target with the place, which comes after the replay check. */
export async function openUntargeted(
  aead: Aead,
  context: GroupContext,
  slot: Slot["slot"],
  incoming: Omit<Incoming, "slot">,
): Promise<Opened> {
  const envelope = Envelope.parse(incoming.envelope);
  if (!TAKES[slot].includes(envelope.kind)) {
    refuse("E_KIND");
  }
  if (envelope.epoch !== context.epoch || !equal(envelope.giTag, context.giHash.subarray(0, 16))) {
    refuse("E_EPOCH");
  }
  const member = context.roster[envelope.position] ?? refuse("E_SENDER");
  if (incoming.sender !== undefined && incoming.sender !== member.name) {
    refuse("E_SENDER");
  }
  member.ik.verify(incoming.envelope, incoming.signature);
  const key = senderKey(context, envelope.position) ?? refuse("E_SENDER");
  return openWith(aead, envelope, envelopeKey(envelope, key), context.giHash, member.name);
}

/**
 * Refuses what belongs to another message or call.
 *
 * @throws Refusal `E_INNER`
 */
export function checkTarget(slot: Slot, opened: Opened): void {
  if (!fits(slot, opened)) {
    refuse("E_INNER");
  }
}

function fits(slot: Slot, opened: Opened): boolean {
  switch (slot.slot) {
    case "message":
      return slot.root === undefined || equal(slot.root, opened.root);
    case "reaction":
      return equal(slot.root, opened.target);
    case "name":
      return true;
    case "call":
      return equal(slot.target, opened.target);
  }
}
