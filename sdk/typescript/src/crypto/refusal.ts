/** Every way in which `sotto/1` refuses an input (SPEC C-901 and on): one code and one sentence each. */

/** The sentence of each code, in the order of the specification's table; none holds any input. */
export const REFUSALS = {
  E_HEX: "The hex is not lower-case, has an odd length or is not as long as it must be.",
  E_NAME: "A username breaks the rule, a member stands twice in the list, or oneself among the others.",
  E_IK: "An identity key is not a canonical point of the prime-order group.",
  E_X25519: "An X25519 public key is not canonical or of low order.",
  E_DH_ZERO: "A Diffie-Hellman result is all zero.",
  E_SIG: "A signature does not verify.",
  E_SPK: "A signed prekey has not the 50-byte form or is none of mine.",
  E_SPK_STALE: "A signed prekey is older than one already seen.",
  E_GI: "The signed group description is malformed or does not describe this group.",
  E_TREE_LEN: "The key tree has not the length that belongs to the number of members.",
  E_TREE_HASH: "The key tree is not the signed one, or a key stands in it twice.",
  E_POSITION: "The position in the group is not mine.",
  E_DOWNGRADE: "The peer or the server offers an older form than sotto/1.",
  E_CHALLENGE: "The login challenge is not 32 bytes long.",
  E_LEAF: "The agreed key is not the one at my leaf of the key tree.",
  E_PATH: "A key on the way up the key tree differs from the tree.",
  E_CONFIRM: "The group secret does not confirm.",
  E_KEY_CHANGED: "An identity key differs from the pinned one.",
  E_REPLAY_GROUP: "This group is known under another DM, or this DM holds another group.",
  E_SENDER: "The sender named by the server is not the one who signed.",
  E_EPOCH: "The envelope belongs to no known epoch of this DM.",
  E_KIND: "The kind of envelope is unknown or in the wrong place.",
  E_COMMIT: "The envelope does not commit to this key.",
  E_AEAD: "The ciphertext does not authenticate.",
  E_INNER: "The content is malformed, over its limit, or belongs to another message.",
  E_REPLAY_MSG: "The envelope was seen elsewhere, or a newer revision is known.",
  E_STORAGE: "The stored blob is malformed or not sealed with this key.",
  E_ROLLBACK: "The stored blob is older than one already seen.",
  E_WORDS: "The recovery words are not 24 words of the list with a right checksum.",
} as const satisfies Readonly<Record<string, string>>;

/** A code of the MUST-reject list. Both SDKs give the same one for the same bytes. */
export type RefusalCode = keyof typeof REFUSALS;

/** What every function here throws when it says no; `message` is the sentence of its code. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** For example `E_SIG`. */
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(REFUSALS[code]);
    this.code = code;
  }
}

/** Throws the refusal with this code. */
export function refuse(code: RefusalCode): never {
  throw new Refusal(code);
}
