/** The abuse report (C-314): opens exactly one envelope to whoever it is given to; for clients and moderators. */
import type { Aead } from "./aead.js";
import { equal } from "./bytes.js";
import { Envelope, type Opened, envelopeKey, openWith } from "./envelope.js";
import { type GroupContext, senderKey } from "./group-context.js";
import { GroupInfo } from "./group-info.js";
import type { VerifyingIdentity } from "./points.js";
import { refuse } from "./refusal.js";

/** What a report holds. */
export interface AbuseReport {
  /** The envelope. */
  readonly envelope: Uint8Array;
  /** The sender's signature over it. */
  readonly signature: Uint8Array;
  /** The key of this envelope, 32 bytes: it opens this one and no other. */
  readonly prk: Uint8Array;
  /** GI, without signature and confirmation. */
  readonly groupInfo: Uint8Array;
}

/** A report that holds what it claims. */
export interface OpenedReport {
  /** The content, with the sender's name as the group lists it. */
  readonly opened: Opened;
  /**
   * The key that signed. The reader compares it with the one registered for that name: the report itself proves no name.
   */
  readonly ik: VerifyingIdentity;
}

/**
 * Reports one envelope.
 *
 * @throws Refusal as `Envelope.parse`; `E_EPOCH` and `E_SENDER` if it is none of this group
 */
export function makeReport(context: GroupContext, envelope: Uint8Array, signature: Uint8Array): AbuseReport {
  const parsed = Envelope.parse(envelope);
  if (parsed.epoch !== context.epoch || !equal(parsed.giTag, context.giHash.subarray(0, 16))) {
    refuse("E_EPOCH");
  }
  const key = senderKey(context, parsed.position) ?? refuse("E_SENDER");
  return { envelope, signature, prk: envelopeKey(parsed, key), groupInfo: context.groupInfo.toBytes() };
}

/**
 * Opens a report: the envelope is what that key signed, and its only content.
 *
 * @throws Refusal `E_GI`, `E_NAME` and `E_IK` for the group; then those of `openEnvelope`, save the target's
 */
export async function openReport(aead: Aead, report: AbuseReport): Promise<OpenedReport> {
  const group = GroupInfo.parse(report.groupInfo);
  const roster = group.roster();
  const envelope = Envelope.parse(report.envelope);
  if (envelope.epoch !== 0 || !equal(envelope.giTag, group.giHash.subarray(0, 16))) {
    refuse("E_EPOCH");
  }
  const { name, ik } = roster[envelope.position] ?? refuse("E_SENDER");
  ik.verify(report.envelope, report.signature);
  return { opened: await openWith(aead, envelope, report.prk.slice(), group.giHash, name), ik };
}
