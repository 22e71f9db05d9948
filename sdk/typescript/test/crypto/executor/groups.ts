/** Ops of X3DH leaves, the key tree, GroupInfo, creating and joining. */

import { t } from "../../../src/crypto/encode.js";
import { confirmTag } from "../../../src/crypto/group-context.js";
import { GroupInfo, parseSignedInfo } from "../../../src/crypto/group-info.js";
import { GroupRandom, type Invitation, type Joined, createGroup, groupSecret, receiveGroup } from "../../../src/crypto/group.js";
import { parseInvitation } from "../../../src/crypto/invitation.js";
import { Prekey, Spk, borrow, signRaw } from "../../../src/crypto/keys.js";
import { decodeIk, decodeX, xPublicOf } from "../../../src/crypto/points.js";
import { checkGroupInfo } from "../../../src/crypto/server.js";
import { atOnce } from "../../../src/crypto/steps.js";
import { buildTree, climb, decodeTree, parentSecret, treeHash } from "../../../src/crypto/tree.js";
import { messageHash, receiveLeaf, sendLeaf } from "../../../src/crypto/x3dh.js";
import { equal } from "../../../src/crypto/bytes.js";
import { pins } from "./basics.js";
import { codeOf } from "./code.js";
import { type Input, type Json, type Ops, fail, hex, integer, runs } from "./input.js";

function leafSend(input: Input): Json {
  const creator = input.identity("ik_seed_a");
  const secret = input.bytes("ek_priv", 32);
  const ek = xPublicOf(secret);
  const [ikI, spkI] = [decodeIk(input.bytes("ik_i")), Spk.parse(input.bytes("spk_i"))];
  const names = { nameA: input.text("name_a_hex"), nameI: input.text("name_i_hex") };
  const where = { nonce: input.bytes("nonce", 32), position: input.number("position") };
  const leaf = sendLeaf({ ...where, ...names, ikA: creator.public, ikI, spkI, ek }, creator, secret);
  return { ek: ek.hex, leaf: hex(leaf) };
}

function leafReceive(input: Input): Json {
  const me = input.identity("ik_seed_i");
  const prekey = Prekey.fromBytes(input.bytes("spk_priv", 32), input.u64("spk_created_at"));
  const names = { nameA: input.text("name_a_hex"), nameI: input.text("name_i_hex") };
  const where = { nonce: input.bytes("nonce", 32), position: input.number("position") };
  const [ikA, ek] = [decodeIk(input.bytes("ik_a")), decodeX(input.bytes("ek"))];
  return { leaf: hex(receiveLeaf({ ...where, ...names, ikA, ikI: me.public, spkI: prekey.spk, ek }, me, prekey)) };
}

/** One step up: from a node's secret and its sibling's public key to the parent `k`. */
function treeNode(input: Input): Json {
  const own = input.bytes("own", 32);
  const [key, sibling] = [xPublicOf(own), decodeX(input.bytes("sibling"))];
  const [left, right] = input.boolean("own_is_left") ? [key, sibling] : [sibling, key];
  const secret = parentSecret(own, sibling, input.bytes("nonce", 32), input.number("k"), left, right);
  return { own_public: key.hex, p_k: xPublicOf(secret).hex, s_k: hex(secret) };
}

function treeBuild(input: Input): Json {
  const { keyTree, root } = atOnce(buildTree(input.allBytes("leaves", 32), input.bytes("nonce", 32)));
  const list = keyTree.map(hex);
  return { key_tree: list, p_2: list[0] ?? fail("no tree"), p_3: list[1] ?? fail("no tree"), root: hex(root) };
}

function treeClimb(input: Input): Json {
  const keyTree = decodeTree(input.allBytes("key_tree", 32), input.number("members"));
  return { root: hex(climb(input.number("position"), input.bytes("leaf", 32), keyTree, input.bytes("nonce", 32))) };
}

/** Builds, then climbs from every leaf, the padding's too: all reach the one root. */
function treeAll(input: Input): Json {
  const nonce = input.bytes("nonce", 32);
  const { keyTree, root } = atOnce(buildTree(input.allBytes("leaves", 32), nonce));
  const leaves = input.allBytes("leaves", 32);
  const points = decodeTree(keyTree, leaves.length);
  for (const [position, leaf] of leaves.entries()) {
    if (!equal(climb(position, leaf, points, nonce), root)) {
      fail(`leaf ${position} climbs to another root`);
    }
  }
  return { keys: keyTree.length, root: hex(root), tree_hash: hex(treeHash(keyTree)) };
}

function giBuild(input: Input): Json {
  const members = input.list("members").map((m) => ({
    name: m.bytes("name_hex"),
    ik: m.bytes("ik", 32),
    x3dhHash: m.bytes("x3dh_hash", 32),
  }));
  const [nonce, hash] = [input.bytes("nonce", 32), input.bytes("tree_hash", 32)];
  const gi = GroupInfo.build({ nonce, createdAt: input.u64("created_at"), members, treeHash: hash });
  return { gi: hex(gi.toBytes()), gi_hash: hex(gi.giHash) };
}

function giParse(input: Input): Json {
  const gi = GroupInfo.parse(input.bytes("gi"));
  return {
    created_at: integer(gi.createdAt),
    gi_hash: hex(gi.giHash),
    members: gi.members.map((m) => ({ ik: hex(m.ik), name_hex: hex(m.name), x3dh_hash: hex(m.x3dhHash) })),
    nonce: hex(gi.nonce),
    tree_hash: hex(gi.treeHash),
  };
}

async function groupCreate(input: Input): Promise<Json> {
  const bundles = input.list("bundles").map((b) => ({
    username: b.text("name_hex"),
    ik: b.bytes("ik"),
    spk: b.bytes("spk"),
    sig: b.bytes("sig"),
  }));
  const random = new GroupRandom({
    nonce: input.bytes("nonce", 32),
    eks: input.allBytes("eks", 32),
    leaf: input.bytes("leaf", 32),
    padding: input.allBytes("padding", 32),
  });
  const me = input.identity("ik_seed");
  const created = await createGroup(me, input.text("name_hex"), input.u64("created_at"), bundles, pins(input), random);
  const info = parseSignedInfo(created.info);
  return {
    confirm: hex(info.confirm),
    gi_hash: hex(created.context.giHash),
    gi_len: info.group.toBytes().length,
    gi_sig: hex(info.signature),
    group_secret: hex(created.context.secret.expose()),
    info: hex(created.info),
    info_len: created.info.length,
    key_tree: created.keyTree.map(hex),
    messages: created.messages.map((m) => ({ ek: hex(m.ek), spk: hex(m.spk) })),
  };
}

/** The receiver of a notification, as a case gives it. */
function receiver(input: Input): (invitation: Invitation) => Promise<Joined> {
  const prekeys = input.list("prekeys").map((p) => Prekey.fromBytes(p.bytes("spk_priv", 32), p.u64("created_at")));
  const me = { identity: input.identity("ik_seed"), name: input.text("name_hex"), prekeys };
  const bound = input.list("known").map((k) => ({ dm: k.number("dm_id"), group: k.bytes("group_id", 32) }));
  const known = {
    dmOf: (group: Uint8Array) => bound.find((entry) => equal(entry.group, group))?.dm,
    groupOf: (dm: number) => bound.find((entry) => entry.dm === dm)?.group,
  };
  return (invitation) => receiveGroup(me, invitation, pins(input), known);
}

function invitation(input: Input): Invitation {
  return parseInvitation({
    sender: input.text("sender_hex"),
    ik: input.string("ik"),
    spk: input.string("spk"),
    ek: input.string("ek"),
    keyTree: input.list("key_tree").map((key) => key.asString()),
    position: input.number("position"),
    dmId: input.number("dm_id"),
    info: input.opt("info")?.asString(),
  });
}

async function receive(input: Input): Promise<Json> {
  const { context, known } = await receiver(input)(invitation(input));
  return { gi_hash: hex(context.giHash), group_secret: hex(context.secret.expose()), known };
}

/**
 * Receives with every byte of `info` flipped once (its lowest bit) and with every proper prefix of it. Where `creator_seed` is
 * given, a GI that was flipped is signed anew. Run-length coded: `[first index, last index, code]`.
 */
async function receiveDamaged(input: Input): Promise<Json> {
  const accept = receiver(input);
  const whole = invitation(input);
  const info = whole.info ?? fail("no info");
  const creator = input.opt("creator_seed") && input.identity("creator_seed");
  const code = (damaged: Uint8Array): Promise<string> => codeOf(accept({ ...whole, info: damaged }));
  const giLength = info.length - 96;
  const flips: string[] = [];
  const prefixes: string[] = [];
  for (const at of info.keys()) {
    const flipped = info.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    if (creator !== undefined && at < giLength) {
      flipped.set(signRaw(creator, t("group-info-sig", flipped.subarray(0, giLength))), giLength);
    }
    flips.push(await code(flipped));
    prefixes.push(await code(info.slice(0, at)));
  }
  return { flips: runs(flips), prefixes: runs(prefixes) };
}

function serverGroupInfo(input: Input): Json {
  checkGroupInfo(input.bytes("info"), {
    members: input.list("members").map((m) => ({ name: m.text("name_hex"), ik: m.bytes("ik", 32) })),
    messages: input.list("messages").map((m) => ({ spk: m.bytes("spk"), ek: m.bytes("ek", 32) })),
    keyTree: input.allBytes("key_tree", 32),
  });
  return {};
}

export const groups: Ops = {
  leaf_send: leafSend,
  leaf_recv: leafReceive,
  x3dh_hash: (input) => ({ hash: hex(messageHash(input.bytes("spk"), input.bytes("ek", 32))) }),
  tree_node: treeNode,
  tree_build: treeBuild,
  tree_climb: treeClimb,
  tree_all: treeAll,
  tree_hash: (input) => ({ hash: hex(treeHash(input.allBytes("key_tree", 32))) }),
  gi_build: giBuild,
  gi_parse: giParse,
  /** Layout, then names and keys. */
  gi_roster: (input) => ({ members: GroupInfo.parse(input.bytes("gi")).roster().length }),
  /** Signs whatever bytes stand in `gi`, so that cases can hold what no honest creator signs. */
  gi_sign: (input) => ({ gi_sig: hex(signRaw(input.identity("ik_seed"), t("group-info-sig", input.bytes("gi")))) }),
  group_secret: (input) => ({ group_secret: hex(borrow(groupSecret(input.bytes("gi_hash", 32), input.bytes("root", 32)))) }),
  confirm: (input) => ({ confirm: hex(confirmTag(input.groupSecret("group_secret"), input.bytes("gi_hash", 32))) }),
  group_create: groupCreate,
  receive,
  receive_damaged: receiveDamaged,
  server_group_info: serverGroupInfo,
};
