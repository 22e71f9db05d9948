/** What a server verifies; an SDK needs none of it, the shared vectors do. */
import { equal, utf8 } from "./bytes.js";
import { type SignedInfo, parseSignedInfo } from "./group-info.js";
import { Spk } from "./keys.js";
import { decodeIk, isLowOrder } from "./points.js";
import { refuse } from "./refusal.js";
import { leafCount, treeHash } from "./tree.js";
import { messageHash } from "./x3dh.js";

/**
 * Checks a prekey's form: 50 bytes as `Spk.parse`, or the seed protocol's 32 bytes that, with bit 255 masked, are neither zero nor of
 * low order.
 *
 * @throws Refusal `E_X25519` for the point, `E_SPK` for another length or magic
 */
export function checkSpk(spk: Uint8Array): "seed" | "signed" {
  if (spk.length !== 32) {
    Spk.parse(spk);
    return "signed";
  }
  if (isLowOrder(spk)) {
    refuse("E_X25519");
  }
  return "seed";
}

/** What a create_dm says and the server knows, to hold against its `info`. */
export interface Claimed {
  /** The creator, then `usernames`, in order, each with its registered identity key. */
  readonly members: readonly { readonly name: string; readonly ik: Uint8Array }[];
  /** `messages`, one for each of `usernames`. */
  readonly messages: readonly { readonly spk: Uint8Array; readonly ek: Uint8Array }[];
  /** `key_tree`. */
  readonly keyTree: readonly Uint8Array[];
}

/**
 * Checks everything public in the `info` of a create_dm: layout, epoch 0, zero group_id and prev_gi_hash, names and keys in order,
 * every x3dh_hash, tree length and hash, the creator's signature. The confirmation needs the secret and stays unchecked.
 *
 * @throws Refusal in order `E_GI`, `E_TREE_LEN`, `E_TREE_HASH`, `E_IK` if the creator's registered key is none, `E_SIG`
 */
export function checkGroupInfo(info: Uint8Array, claimed: Claimed): SignedInfo {
  const signed = parseSignedInfo(info);
  const listed = signed.group.members;
  const [creator] = claimed.members;
  if (creator === undefined || listed.length !== claimed.members.length || claimed.messages.length + 1 !== listed.length) {
    refuse("E_GI");
  }
  for (const [i, member] of listed.entries()) {
    const [registered, message] = [claimed.members[i], claimed.messages[i - 1]];
    const same = registered !== undefined && equal(member.name, utf8(registered.name)) && equal(member.ik, registered.ik);
    const bound = message === undefined || equal(member.x3dhHash, messageHash(message.spk, message.ek));
    if (!same || !bound) {
      refuse("E_GI");
    }
  }
  if (claimed.keyTree.length !== 2 * leafCount(listed.length) - 2) {
    refuse("E_TREE_LEN");
  }
  if (!equal(treeHash(claimed.keyTree), signed.group.treeHash)) {
    refuse("E_TREE_HASH");
  }
  decodeIk(creator.ik).verify(signed.group.signedBytes(), signed.signature);
  return signed;
}
