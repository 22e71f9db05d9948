/** The X3DH leaf of one invitee, seen from both ends (C-202, C-203). Nothing here is public. */
import { concat, utf8 } from "./bytes.js";
import { t, u32 } from "./encode.js";
import { NO_SALT, hash, kdf } from "./kdf.js";
import { type Identity, type Prekey, type Spk, borrow, xSecretOf } from "./keys.js";
import { type VerifyingIdentity, type XPublic, dh } from "./points.js";

/** The public values that a leaf is bound to; `a` is the creator, `i` the invitee at `position`. */
export interface LeafContext {
  readonly nonce: Uint8Array;
  readonly position: number;
  readonly nameA: string;
  readonly ikA: VerifyingIdentity;
  readonly nameI: string;
  readonly ikI: VerifyingIdentity;
  readonly spkI: Spk;
  readonly ek: XPublic;
}

const PREFIX = new Uint8Array(32).fill(0xff);

/** Makes the leaf and wipes the four results it is made of. */
function leafOf(context: LeafContext, dhs: readonly Uint8Array[]): Uint8Array {
  const info = t(
    "x3dh-leaf",
    context.nonce,
    u32(context.position),
    utf8(context.nameA),
    context.ikA.toBytes(),
    utf8(context.nameI),
    context.ikI.toBytes(),
    context.spkI.toBytes(),
    context.ek.toBytes(),
  );
  const ikm = concat(PREFIX, ...dhs);
  const leaf = kdf(NO_SALT, ikm, info);
  for (const secret of [ikm, ...dhs]) {
    secret.fill(0);
  }
  return leaf;
}

/** The creator's side. `ek` is the private ephemeral key. */
export function sendLeaf(context: LeafContext, creator: Identity, ek: Uint8Array): Uint8Array {
  const ikA = xSecretOf(creator);
  try {
    const [ikI, spkI] = [context.ikI.x25519(), context.spkI.publicKey];
    return leafOf(context, [dh(ikA, spkI), dh(ek, ikI), dh(ek, spkI), dh(ikA, ikI)]);
  } finally {
    ikA.fill(0);
  }
}

/** The invitee's side. */
export function receiveLeaf(context: LeafContext, me: Identity, prekey: Prekey): Uint8Array {
  const ikI = xSecretOf(me);
  try {
    const [ikA, spkI] = [context.ikA.x25519(), borrow(prekey)];
    return leafOf(context, [dh(spkI, ikA), dh(ikI, context.ek), dh(spkI, context.ek), dh(ikI, ikA)]);
  } finally {
    ikI.fill(0);
  }
}

/** `x3dh_hash = H(T("x3dh-msg", spk, EK))`, over the wire bytes. */
export function messageHash(spk: Uint8Array, ek: Uint8Array): Uint8Array {
  return hash(t("x3dh-msg", spk, ek));
}
