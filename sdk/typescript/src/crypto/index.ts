/**
 * `sotto/1`: what a client computes, byte for byte as SPEC.md part C says, with no network and no clock.
 *
 * Where to begin: {@link RecoverySecret} and {@link Identity} for an account, {@link createGroup} and {@link receiveGroup} for a
 * group, {@link sealEnvelope} and {@link Replay} for messages, {@link sealStorage} for `own_storage`.
 *
 * What says no throws a {@link Refusal}; what uses AES-GCM or takes long is asynchronous. Integers of 64 bits that another party
 * chooses (times, versions) are bigint: a number would round them. No function gives out a Diffie-Hellman result, and none signs
 * what it did not lay out itself (C-109).
 */
export { type Aead } from "./aead.js";
export {
  type Bundle,
  type CheckedBundle,
  NO_PINS,
  OLD_PREKEY,
  type Pin,
  type Pins,
  checkBundle,
  checkPin,
  isOldPrekey,
} from "./bundle.js";
export {
  type Draft,
  Envelope,
  type Kind,
  MAX_BODY,
  MIN_ENVELOPE,
  OVERHEAD,
  type Opened,
  type Sealed,
  type Stamp,
  callTarget,
  msgRef,
  sealEnvelope,
  splitName,
  toName,
} from "./envelope.js";
export { fingerprint, groupCode, safetyNumber } from "./fingerprint.js";
export {
  type Created,
  GroupRandom,
  type GroupRandomParts,
  type Invitation,
  type Joined,
  type KnownGroups,
  type Me,
  type X3dhMessage,
  createGroup,
  receiveGroup,
} from "./group.js";
export { GroupContext } from "./group-context.js";
export {
  GroupInfo,
  type ListedMember,
  MAX_MEMBERS,
  MIN_MEMBERS,
  type Member,
  type SignedInfo,
  parseSignedInfo,
} from "./group-info.js";
export { decodeHex, encodeHex } from "./hex.js";
export { type InvitationHex, parseInvitation } from "./invitation.js";
export { GroupSecret, Identity, Prekey, type Randomness, RecoverySecret, type Secret, Spk, StorageKey } from "./keys.js";
export { verifyLogin } from "./login.js";
export { MAX_NAME, checkName, readName } from "./names.js";
export { type Incoming, type Slot, openEnvelope } from "./open.js";
export { type VerifyingIdentity, type XPublic, decodeIk, decodeX } from "./points.js";
export { REFUSALS, Refusal, type RefusalCode } from "./refusal.js";
export { MAX_REV_STEP, type Place, type Received, Replay } from "./replay.js";
export { type AbuseReport, type OpenedReport, makeReport, openReport } from "./report.js";
export { type OpenedStorage, type Owner, openStorage, sealStorage, sealedLength } from "./storage.js";
