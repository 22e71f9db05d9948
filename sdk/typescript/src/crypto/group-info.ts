/** GroupInfo, the signed transcript of a group (C-209 to C-215): layout, hashes and the wire's `info`. */
import { concat, equal, isZero, utf8 } from "./bytes.js";
import { Reader, t, u32, u64, v } from "./encode.js";
import { hash } from "./kdf.js";
import { readName } from "./names.js";
import { type VerifyingIdentity, decodeIk } from "./points.js";
import { refuse } from "./refusal.js";
import { type Steps, atOnce } from "./steps.js";

/** Fewest members of a group. */
export const MIN_MEMBERS = 2;
/** Most members of a group. */
export const MAX_MEMBERS = 256;

const MAGIC = utf8("SOTTOGI1");
/** group_id, epoch and prev_gi_hash, all zero at epoch 0. */
const EPOCH_0 = new Uint8Array(32 + 4 + 32);

/** One member as GroupInfo lists it, in the order of the key tree. Only its form is checked; see {@link GroupInfo.roster}. */
export interface ListedMember {
  /** The bytes of the username. */
  readonly name: Uint8Array;
  /** The identity key, 32 bytes. */
  readonly ik: Uint8Array;
  /** `H(T("x3dh-msg", spk, EK))`; zero for the creator. */
  readonly x3dhHash: Uint8Array;
}

/** A member whose name and key are valid. */
export interface Member {
  readonly name: string;
  readonly ik: VerifyingIdentity;
}

/** What a GroupInfo says. */
export interface GroupFields {
  /** The creator's 32 random bytes. */
  readonly nonce: Uint8Array;
  /** When the creator made the group, in seconds since 1970 UTC, by the creator's clock: any integer of 64 bits. */
  readonly createdAt: bigint;
  /** The members as listed, the creator first. */
  readonly members: readonly ListedMember[];
  /** `H(T("key-tree", P_2 || .. || P_{2N-1}))`. */
  readonly treeHash: Uint8Array;
}

/** A GroupInfo of epoch 0, with its bytes. */
export class GroupInfo implements GroupFields {
  readonly nonce: Uint8Array;
  readonly createdAt: bigint;
  readonly members: readonly ListedMember[];
  readonly treeHash: Uint8Array;
  /** `gi_hash = H(T("group-info", GI))`; at epoch 0 also the group_id. */
  readonly giHash: Uint8Array;
  readonly #bytes: Uint8Array;

  private constructor(fields: GroupFields, bytes: Uint8Array) {
    this.nonce = fields.nonce;
    this.createdAt = fields.createdAt;
    this.members = fields.members;
    this.treeHash = fields.treeHash;
    this.#bytes = bytes;
    this.giHash = hash(t("group-info", bytes));
  }

  /** Lays out a new group's description (epoch 0). */
  static build(fields: GroupFields): GroupInfo {
    const members = fields.members.flatMap((member) => [v(member.name), member.ik, member.x3dhHash]);
    const head = [MAGIC, fields.nonce, EPOCH_0, u64(fields.createdAt), u32(fields.members.length)];
    return new GroupInfo(fields, concat(...head, ...members, fields.treeHash));
  }

  /**
   * Reads the layout: magic, lengths, 2 to 256 members, no trailing byte, and what epoch 0 fixes (epoch, group_id, prev_gi_hash
   * and the creator's x3dh_hash all zero). Names and keys are checked by {@link GroupInfo.roster}.
   *
   * @throws Refusal `E_GI`
   */
  static parse(bytes: Uint8Array): GroupInfo {
    const reader = new Reader(bytes, "E_GI");
    if (!equal(reader.take(MAGIC.length), MAGIC)) {
      refuse("E_GI");
    }
    const nonce = reader.take(32);
    if (!isZero(reader.take(EPOCH_0.length))) {
      refuse("E_GI");
    }
    const createdAt = reader.u64();
    const n = reader.u32();
    if (n < MIN_MEMBERS || n > MAX_MEMBERS) {
      refuse("E_GI");
    }
    const members = Array.from({ length: n }, () => ({ name: reader.v(), ik: reader.take(32), x3dhHash: reader.take(32) }));
    const treeHash = reader.take(32);
    reader.end();
    if (!members.slice(0, 1).every((creator) => isZero(creator.x3dhHash))) {
      refuse("E_GI");
    }
    return new GroupInfo({ nonce, createdAt, members, treeHash }, bytes.slice());
  }

  /** The bytes of GI, a copy. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /**
   * The members with valid names and identity keys, all distinct.
   *
   * @throws Refusal member by member `E_NAME` then `E_IK`; at last `E_NAME` for a name or key that stands twice
   */
  roster(): readonly Member[] {
    return atOnce(this.rosterInSteps());
  }

  /** {@link GroupInfo.roster} for `unhurried`: 256 keys take a fifth of a second. */
  *rosterInSteps(): Steps<readonly Member[]> {
    const roster: Member[] = [];
    for (const { name, ik } of this.members) {
      roster.push({ name: readName(name), ik: decodeIk(ik) });
      yield 1;
    }
    checkDistinct(roster);
    return roster;
  }

  /** `T("group-info-sig", GI)`, what the creator signs. */
  signedBytes(): Uint8Array {
    return t("group-info-sig", this.#bytes);
  }
}

/**
 * Refuses a roster in which a name or a key stands twice.
 *
 * @throws Refusal `E_NAME`
 */
export function checkDistinct(roster: readonly Member[]): void {
  const names = new Set(roster.map((member) => member.name));
  const keys = new Set(roster.map((member) => member.ik.hex));
  if (names.size !== roster.length || keys.size !== roster.length) {
    refuse("E_NAME");
  }
}

/** The wire's `info = GI || gi_sig || confirm`. */
export interface SignedInfo {
  readonly group: GroupInfo;
  /** The creator's signature over it, 64 bytes. */
  readonly signature: Uint8Array;
  /** The key confirmation, 32 bytes: detects errors, authenticates nothing. */
  readonly confirm: Uint8Array;
}

/**
 * Reads `info` by its layout alone.
 *
 * @throws Refusal `E_GI`
 */
export function parseSignedInfo(info: Uint8Array): SignedInfo {
  const at = info.length - 96;
  if (at < 0) {
    refuse("E_GI");
  }
  return { group: GroupInfo.parse(info.subarray(0, at)), signature: info.slice(at, at + 64), confirm: info.slice(at + 64) };
}

/** The bytes of `info`. */
export function signedInfoBytes(info: SignedInfo): Uint8Array {
  return concat(info.group.toBytes(), info.signature, info.confirm);
}
