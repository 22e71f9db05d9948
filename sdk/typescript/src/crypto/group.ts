/**
 * Making and joining a group (C-201 to C-220). This is the one place behind which key agreement stands: create or receive in,
 * {@link GroupContext} out.
 */
import { type Bundle, type CheckedBundle, type Pins, checkPin, checkPrekey } from "./bundle.js";
import { copy32, equal, utf8 } from "./bytes.js";
import { t } from "./encode.js";
import { GroupContext, confirmTag } from "./group-context.js";
import { GroupInfo, type ListedMember, MAX_MEMBERS, MIN_MEMBERS, type Member } from "./group-info.js";
import { checkDistinct, parseSignedInfo, signedInfoBytes } from "./group-info.js";
import { kdf } from "./kdf.js";
import { GroupSecret, type Identity, type Prekey, type Randomness } from "./keys.js";
import { checkName } from "./names.js";
import { decodeIk, decodeX, xPublicOf } from "./points.js";
import { refuse } from "./refusal.js";
import { type Steps, unhurried } from "./steps.js";
import { buildTree, climb, decodeTree, isDistinct, leafCount, treeHash } from "./tree.js";
import { messageHash, receiveLeaf, sendLeaf } from "./x3dh.js";

/** The secrets that go into one group, 32 bytes each. */
export interface GroupRandomParts {
  /** The nonce of GroupInfo; public. */
  readonly nonce: Uint8Array;
  /** One ephemeral private key per invitee. */
  readonly eks: readonly Uint8Array[];
  /** The creator's leaf. */
  readonly leaf: Uint8Array;
  /** The padding leaves that fill the tree to a power of two. From one that can be guessed the root can be computed. */
  readonly padding: readonly Uint8Array[];
}

/** What is in a {@link GroupRandom}, which is empty from then on. */
let takeParts: (random: GroupRandom) => GroupRandomParts;

/** The randomness of one group; it serves once. */
export class GroupRandom {
  #parts: GroupRandomParts | undefined;

  static {
    takeParts = (random) => {
      const parts = random.#parts;
      random.#parts = undefined;
      if (parts === undefined) {
        throw new Error("this randomness has been used");
      }
      return parts;
    };
  }

  /** Given randomness, copied; for what must give the same bytes again. */
  constructor(parts: GroupRandomParts) {
    const { nonce, eks, leaf, padding } = parts;
    this.#parts = { nonce: copy32(nonce), eks: eks.map(copy32), leaf: copy32(leaf), padding: padding.map(copy32) };
  }

  /** Fresh randomness for a group of `members` (the creator counted). */
  static generate(platform: Randomness, members: number): GroupRandom {
    const fresh = (count: number): Uint8Array[] => Array.from({ length: count }, () => platform.randomBytes(32));
    const [nonce, leaf] = [platform.randomBytes(32), platform.randomBytes(32)];
    return new GroupRandom({ nonce, leaf, eks: fresh(members - 1), padding: fresh(leafCount(members) - members) });
  }
}

/** The wire message for one invitee. */
export interface X3dhMessage {
  /** The ephemeral public key. */
  readonly ek: Uint8Array;
  /** The invitee's signed prekey that was used, 50 bytes. */
  readonly spk: Uint8Array;
}

/** A new group: what to send in `create_dm` and what to keep. */
export interface Created {
  /** What the creator holds as member 0. Keep its secret and `gi_hash` before sending. */
  readonly context: GroupContext;
  /** `messages`, one per bundle, in their order. */
  readonly messages: readonly X3dhMessage[];
  /** `key_tree`, 2N-2 public keys. */
  readonly keyTree: readonly Uint8Array[];
  /** `info`. */
  readonly info: Uint8Array;
  /** The bundles as checked, with the pins to keep. */
  readonly checked: readonly CheckedBundle[];
}

/**
 * Makes a group with the owners of `bundles`. `createdAt` is in seconds since 1970 UTC. All or nothing. Gives way to the event
 * loop now and then: 256 members are two seconds of computing.
 *
 * @throws Refusal `E_GI` for fewer than 2 or more than 256 members; then those of `checkBundle`, where names, keys, distinctness
 * (self included, `E_NAME`) and pins of all bundles come before the prekeys of any; `E_TREE_HASH` if `random` repeats itself.
 * RangeError if `random` was made for another number of members.
 */
export async function createGroup(
  me: Identity,
  name: string,
  createdAt: bigint,
  bundles: readonly Bundle[],
  pins: Pins,
  random: GroupRandom,
): Promise<Created> {
  return unhurried(create(me, name, createdAt, bundles, pins, random));
}

function* create(
  me: Identity,
  name: string,
  createdAt: bigint,
  bundles: readonly Bundle[],
  pins: Pins,
  random: GroupRandom,
): Steps<Created> {
  const n = bundles.length + 1;
  if (n < MIN_MEMBERS || n > MAX_MEMBERS) {
    refuse("E_GI");
  }
  const parts = takeParts(random);
  if (parts.eks.length !== n - 1 || parts.padding.length !== leafCount(n) - n) {
    throw new RangeError("the randomness is for another number of members");
  }
  checkName(name);
  const creator = { name, ik: me.public };
  const roster: Member[] = [creator];
  for (const bundle of bundles) {
    checkName(bundle.username);
    roster.push({ name: bundle.username, ik: decodeIk(bundle.ik) });
    yield 1;
  }
  checkDistinct(roster);
  for (const member of roster) {
    checkPin(pins, member.name, member.ik.toBytes());
  }
  const checked: CheckedBundle[] = [];
  for (const bundle of bundles) {
    checked.push(checkPrekey(bundle, decodeIk(bundle.ik), pins));
    yield 1;
  }

  const leaves = [parts.leaf];
  const listed = [list(creator, new Uint8Array(32))];
  const messages: X3dhMessage[] = [];
  for (const [i, to] of checked.entries()) {
    const secret = parts.eks[i] ?? refuse("E_GI");
    const ek = xPublicOf(secret);
    const who = { nonce: parts.nonce, position: i + 1, nameA: name, ikA: me.public, nameI: to.username, ikI: to.ik };
    leaves.push(sendLeaf({ ...who, spkI: to.spk, ek }, me, secret));
    secret.fill(0);
    const message = { ek: ek.toBytes(), spk: to.spk.toBytes() };
    listed.push(list({ name: to.username, ik: to.ik }, messageHash(message.spk, message.ek)));
    messages.push(message);
    yield 4;
  }
  leaves.push(...parts.padding);
  const { keyTree, root } = yield* buildTree(leaves, parts.nonce);
  if (!isDistinct(keyTree)) {
    refuse("E_TREE_HASH");
  }
  const group = GroupInfo.build({ nonce: parts.nonce, createdAt, members: listed, treeHash: treeHash(keyTree) });
  const secret = groupSecret(group.giHash, root);
  const info = signedInfoBytes({ group, signature: me.signGroup(group), confirm: confirmTag(secret, group.giHash) });
  return { context: new GroupContext(group, roster, secret), messages, keyTree, info, checked };
}

function list(member: Member, x3dhHash: Uint8Array): ListedMember {
  return { name: utf8(member.name), ik: member.ik.toBytes(), x3dhHash };
}

/** `group_secret = KDF(gi_hash, s_1, T("group-secret"))`. Wipes `s_1`. */
export function groupSecret(giHash: Uint8Array, root: Uint8Array): GroupSecret {
  const bytes = kdf(giHash, root, t("group-secret"));
  const secret = GroupSecret.fromBytes(bytes);
  bytes.fill(0);
  root.fill(0);
  return secret;
}

/** An x3dh_notification (or a DM's `x3dh` row), as bytes. */
export interface Invitation {
  /** Who the server says made the group. */
  readonly sender: string;
  /** The identity key that the server gives for the sender. */
  readonly ik: Uint8Array;
  /** The prekey of mine that was used. */
  readonly spk: Uint8Array;
  /** The ephemeral key made for me. */
  readonly ek: Uint8Array;
  /** The key tree. */
  readonly keyTree: readonly Uint8Array[];
  /** My position. */
  readonly position: number;
  /** The DM it belongs to. */
  readonly dmId: number;
  /** `info`, which an old server or client may leave out. */
  readonly info: Uint8Array | undefined;
}

/** The caller's record of which DM holds which group, against replayed invitations. */
export interface KnownGroups {
  /** The DM under which the group with this id is known. */
  dmOf(groupId: Uint8Array): number | undefined;
  /** The group_id that this DM is bound to. */
  groupOf(dmId: number): Uint8Array | undefined;
}

/** A group that was joined. */
export interface Joined {
  /** What this member holds. Store its secret and `gi_hash`, then acknowledge the invitation (C-217). */
  readonly context: GroupContext;
  /** True if just this DM already held just this group: the same invitation once more, nothing to do but acknowledge. */
  readonly known: boolean;
}

/** Who is joining, with what. */
export interface Me {
  readonly identity: Identity;
  /** My username. */
  readonly name: string;
  /** My prekeys, the current one and the retired ones. */
  readonly prekeys: readonly Prekey[];
}

/**
 * Joins a group: all checks of C-216, in its order. Gives way to the event loop now and then where the group is large.
 *
 * @throws Refusal in order: `E_DOWNGRADE` without `info`; `E_GI`; `E_NAME` and `E_IK` as `GroupInfo.roster`; `E_SENDER` if sender
 * or ik is not member 0's; `E_POSITION`; `E_KEY_CHANGED`; `E_SIG`; `E_TREE_LEN`; `E_X25519`; `E_TREE_HASH`; `E_DOWNGRADE` for a
 * 32-byte spk and `E_SPK` for one that is not mine; `E_GI` if the signed x3dh_hash is not that of (spk, ek); `E_X25519` for ek;
 * `E_DH_ZERO`; `E_LEAF`; `E_PATH`; `E_CONFIRM`; `E_REPLAY_GROUP`.
 */
export async function receiveGroup(me: Me, invitation: Invitation, pins: Pins, known: KnownGroups): Promise<Joined> {
  const info = parseSignedInfo(invitation.info ?? refuse("E_DOWNGRADE"));
  const { group } = info;
  const roster = await unhurried(group.rosterInSteps());
  const { position } = invitation;
  const [creator] = roster;
  if (creator === undefined || invitation.sender !== creator.name || !equal(invitation.ik, creator.ik.toBytes())) {
    refuse("E_SENDER");
  }
  const [own, listed] = [roster[position], group.members[position]];
  if (position === 0 || own === undefined || listed === undefined) {
    refuse("E_POSITION");
  }
  if (own.name !== me.name || !own.ik.equals(me.identity.public)) {
    refuse("E_POSITION");
  }
  for (const member of roster) {
    checkPin(pins, member.name, member.ik.toBytes());
  }
  creator.ik.verify(group.signedBytes(), info.signature);
  const keyTree = decodeTree(invitation.keyTree, roster.length);
  if (!equal(treeHash(invitation.keyTree), group.treeHash)) {
    refuse("E_TREE_HASH");
  }
  const prekey = myPrekey(me.prekeys, invitation.spk);
  if (!equal(messageHash(invitation.spk, invitation.ek), listed.x3dhHash)) {
    refuse("E_GI");
  }
  const ek = decodeX(invitation.ek);
  const between = { nameA: creator.name, ikA: creator.ik, nameI: own.name, ikI: own.ik };
  const leaf = receiveLeaf({ nonce: group.nonce, position, ...between, spkI: prekey.spk, ek }, me.identity, prekey);
  const root = climb(position, leaf, keyTree, group.nonce);
  const context = GroupContext.confirmed(info, roster, groupSecret(group.giHash, root));
  return { context, known: isKnown(group.giHash, invitation.dmId, known) };
}

function isKnown(groupId: Uint8Array, dmId: number, known: KnownGroups): boolean {
  const [dm, group] = [known.dmOf(groupId), known.groupOf(dmId)];
  if (dm === undefined && group === undefined) {
    return false;
  }
  if (dm !== dmId || group === undefined || !equal(group, groupId)) {
    refuse("E_REPLAY_GROUP");
  }
  return true;
}

/** My prekey with the public form `spk`; its private half decides, not the list's order. */
function myPrekey(prekeys: readonly Prekey[], spk: Uint8Array): Prekey {
  if (spk.length === 32) {
    refuse("E_DOWNGRADE");
  }
  return prekeys.find((prekey) => equal(prekey.spk.toBytes(), spk)) ?? refuse("E_SPK");
}
