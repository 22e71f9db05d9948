/** The key tree (C-205 to C-208): built by the creator, climbed by every invitee. Nothing here is public. */
import { concat } from "./bytes.js";
import { t, u32 } from "./encode.js";
import { encodeHex } from "./hex.js";
import { NO_SALT, hash, kdf } from "./kdf.js";
import { type XPublic, decodeX, dh, xPublicOf } from "./points.js";
import { type RefusalCode, refuse } from "./refusal.js";
import type { Steps } from "./steps.js";

/** N, the least power of two that holds `members` leaves. */
export function leafCount(members: number): number {
  let leaves = 1;
  while (leaves < members) {
    leaves *= 2;
  }
  return leaves;
}

/** `tree_hash = H(T("key-tree", P_2 || .. || P_{2N-1}))`. */
export function treeHash(keyTree: readonly Uint8Array[]): Uint8Array {
  return hash(t("key-tree", concat(...keyTree)));
}

/** Whether no key stands twice. */
export function isDistinct(keyTree: readonly Uint8Array[]): boolean {
  return new Set(keyTree.map(encodeHex)).size === keyTree.length;
}

/** `s_k` of the parent `k` from one child's secret and the other's public key; `left` and `right` are the children's public keys. */
export function parentSecret(
  own: Uint8Array,
  sibling: XPublic,
  nonce: Uint8Array,
  k: number,
  left: XPublic,
  right: XPublic,
): Uint8Array {
  const shared = dh(own, sibling);
  const secret = kdf(NO_SALT, shared, t("tree-node", nonce, u32(k), left.toBytes(), right.toBytes()));
  shared.fill(0);
  return secret;
}

/** A tree with its root secret `s_1`. */
export interface Built {
  /** `[P_2, .., P_{2N-1}]`. */
  readonly keyTree: Uint8Array[];
  readonly root: Uint8Array;
}

/** Builds the tree over the leaf secrets, whose count is a power of two, and wipes all secrets but the root's. */
export function* buildTree(leaves: readonly Uint8Array[], nonce: Uint8Array): Steps<Built> {
  const keyTree: Uint8Array[] = [];
  // Level by level from the leaves, each put before what is there: the root's public key is never formed.
  let level = leaves;
  for (;;) {
    const publics: XPublic[] = [];
    for (const secret of level) {
      publics.push(xPublicOf(secret));
      yield 0.5;
    }
    keyTree.unshift(...publics.map((key) => key.toBytes()));
    const parents: Uint8Array[] = [];
    for (let i = 0; 2 * i < level.length; i++) {
      const [own, left, right] = [level[2 * i], publics[2 * i], publics[2 * i + 1]];
      if (own === undefined || left === undefined || right === undefined) {
        throw new RangeError("the number of leaves is a power of two");
      }
      parents.push(parentSecret(own, right, nonce, level.length / 2 + i, left, right));
      yield 1;
    }
    for (const secret of level) {
      secret.fill(0);
    }
    const [root] = parents;
    if (parents.length === 1 && root !== undefined) {
      return { keyTree, root };
    }
    level = parents;
  }
}

/**
 * Decodes a received tree for `members` members.
 *
 * @throws Refusal `E_TREE_LEN`, `E_X25519` for a point, `E_TREE_HASH` for a key that stands twice
 */
export function decodeTree(keyTree: readonly Uint8Array[], members: number): XPublic[] {
  if (keyTree.length !== 2 * leafCount(members) - 2) {
    refuse("E_TREE_LEN");
  }
  const points = keyTree.map(decodeX);
  if (!isDistinct(keyTree)) {
    refuse("E_TREE_HASH");
  }
  return points;
}

/**
 * Climbs from the leaf at `position` to the root secret `s_1`, checking each own public key on the way. Wipes the leaf and what
 * lies between.
 *
 * @throws Refusal `E_LEAF`, `E_PATH`
 */
export function climb(position: number, leaf: Uint8Array, keyTree: readonly XPublic[], nonce: Uint8Array): Uint8Array {
  const node = (k: number): XPublic => keyTree[k - 2] ?? refuse("E_POSITION");
  let secret = leaf;
  let differs: RefusalCode = "E_LEAF";
  for (let k = keyTree.length / 2 + 1 + position; k > 1; k = k >> 1) {
    if (xPublicOf(secret).hex !== node(k).hex) {
      secret.fill(0);
      refuse(differs);
    }
    const left = k & ~1;
    const own = secret;
    secret = parentSecret(own, node(k ^ 1), nonce, k >> 1, node(left), node(left | 1));
    own.fill(0);
    differs = "E_PATH";
  }
  return secret;
}
