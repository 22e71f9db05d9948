/** notification, server-group-info: what an invitee and a server make of a created group. */

import { gi, goldenGi, members } from "./groups.js";
import { NAMES, type Notification, account, created, ikOf, nameOf, notification, seedOf } from "./people.js";
import { type JsonObject, LOW_ORDER, type Out, Suite, flipped, get, rep, same, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await notifications(), await server()];
}

async function giSignature(signed: string): Promise<string> {
  return (await get("gi_sign", { ik_seed: await seedOf(1), gi: signed })).text("gi_sig");
}

/** The notification with `info` around a GI that alice signed, whatever it says. */
async function signed(whole: Notification, group: string): Promise<JsonObject> {
  return { ...whole, info: `${group}${await giSignature(group)}${rep(32, 0)}` };
}

async function treeHash(key_tree: readonly string[]): Promise<JsonObject> {
  return { tree_hash: (await get("tree_hash", { key_tree })).text("hash") };
}

/** The notification with another key tree that alice signed. */
async function signedTree(whole: Notification, key_tree: readonly string[]): Promise<JsonObject> {
  return { ...(await signed(whole, await gi(await treeHash(key_tree)))), key_tree };
}

async function notifications(): Promise<Suite> {
  const s = new Suite("notification", "C-208 C-216 C-219");
  const [bob, carol] = [await notification(1), await notification(2)];
  const group = (await s.ok("receive", bob)).text("gi_hash");
  await s.ok("receive", carol);
  const prekey = (byte: number, at: number): JsonObject => ({ spk_priv: rep(32, byte), created_at: at });
  const prekeys = [prekey(0x77, 1_800_000_000), prekey(0x12, 1_700_000_000)];
  await s.ok("receive", { ...bob, prekeys }, "with a retired prekey");
  await s.ok("receive", { ...bob, ...(await pin("alice", 1)) }, "the creator is pinned");
  const known = (dm_id: number, group_id: string): JsonObject => ({ known: [{ dm_id, group_id }] });
  await s.ok("receive", { ...bob, ...known(7, group) }, "the same once more");
  await s.ok("receive", { ...bob, ...known(8, rep(32, 1)) }, "another DM holds another group");
  await receivedBadly(s, bob, known(8, group), known(7, rep(32, 1)));
  await substituted(s, bob);
  await s.ok("receive_damaged", bob, "every byte flipped, every prefix");
  await s.ok("receive_damaged", { ...bob, creator_seed: await seedOf(1) }, "flipped and signed anew by the creator");
  return s;
}

async function pin(name: string, number: number): Promise<JsonObject> {
  return { pins: [{ name_hex: text(name), ik: await ikOf(number), spk_created_at: 0 }] };
}

async function receivedBadly(s: Suite, bob: Notification, moved: JsonObject, rebound: JsonObject): Promise<void> {
  const keys = bob.key_tree;
  const change = (code: string, changes: JsonObject, note: string): Promise<void> => s.err(code, "receive", { ...bob, ...changes }, note);
  await change("E_HEX", { ek: bob.ek.toUpperCase() }, "upper case");
  await change("E_HEX", { ek: bob.ek.slice(2) }, "31 bytes");
  await change("E_HEX", { ik: "0x" }, "a prefix");
  await change("E_HEX", { key_tree: ["00".repeat(33)] }, "33 bytes");
  await change("E_DOWNGRADE", { info: null }, "no info");
  await change("E_GI", { info: "" }, "empty info");
  await change("E_SENDER", { sender_hex: text("bob") }, "another sender");
  await change("E_SENDER", { ik: await ikOf(3) }, "another sender's key");
  for (const position of [0, 2, 3, 4, 0xffff_ffff]) {
    await change("E_POSITION", { position }, "the creator's, another's, the padding's, none");
  }
  const creator = { position: 0, name_hex: text("alice"), ik_seed: await seedOf(1) };
  await change("E_POSITION", creator, "the creator is invited to the own group");
  await change("E_POSITION", { name_hex: text("bo") }, "the name there is not mine");
  await change("E_POSITION", { ik_seed: await seedOf(9) }, "the key there is not mine");
  await change("E_KEY_CHANGED", await pin("alice", 9), "the creator's key differs from the pin");
  await change("E_KEY_CHANGED", await pin(NAMES[2], 9), "a third member's key differs from the pin");
  await change("E_TREE_LEN", { key_tree: keys.slice(0, 5) }, "one key short");
  await change("E_TREE_LEN", { key_tree: [...keys, bob.ek] }, "one key long");
  const swapped = [...keys.slice(0, 4), keys[5] ?? "", keys[4] ?? ""];
  await change("E_TREE_HASH", { key_tree: swapped }, "two keys swapped");
  await change("E_TREE_HASH", { key_tree: swapped.with(4, swapped[5] ?? "") }, "a key stands twice");
  await change("E_X25519", { key_tree: swapped.with(4, LOW_ORDER[0]) }, "a key of low order");
  await change("E_DOWNGRADE", { spk: rep(32, 1) }, "a seed prekey");
  await change("E_SPK", { spk: bob.spk.slice(0, 98) }, "49 bytes");
  await change("E_SPK", { spk: flipped(bob.spk, 0) }, "another magic");
  await change("E_SPK", { prekeys: [] }, "no prekey of mine");
  await change("E_SPK", { spk: flipped(bob.spk, 17) }, "another time of making");
  const other = (await account(9)).text("u");
  await change("E_GI", { ek: other }, "an ek that was not signed");
  await change("E_CONFIRM", { info: flipped(bob.info, 465) }, "the confirmation flipped");
  await change("E_REPLAY_GROUP", moved, "the group is known under another DM");
  await change("E_REPLAY_GROUP", rebound, "the DM holds another group");

  const bad = (code: string, input: JsonObject, note: string): Promise<void> => s.err(code, "receive", input, note);
  const withEk = async (ek: string): Promise<JsonObject> => {
    const x3dh_hash = (await get("x3dh_hash", { spk: bob.spk, ek })).text("hash");
    return { ...(await signed(bob, await gi(await members(undefined, { x3dh_hash })))), ek };
  };
  for (const u of LOW_ORDER) {
    await bad("E_X25519", await withEk(u), "ek of low order, signed");
  }
  await bad("E_LEAF", await withEk(other), "another ek, signed");
  await bad("E_LEAF", await signedTree(bob, keys.with(3, other)), "another leaf, signed");
  await bad("E_PATH", await signedTree(bob, keys.with(0, other)), "another ancestor, signed");
  await bad("E_PATH", await signedTree(bob, keys.with(2, other)), "another sibling, signed");
  await bad("E_CONFIRM", await signedTree(bob, keys.with(1, other)), "another sibling of the last ancestor, signed");
  await bad("E_TREE_LEN", await signedTree(bob, keys.slice(0, 2)), "a tree for two, signed");
  await bad("E_X25519", await signedTree(bob, keys.with(5, LOW_ORDER[1])), "low order in the tree, signed");
  const twoBobs = await members(undefined, undefined, { name_hex: text("bob") });
  await bad("E_NAME", await signed(bob, await gi(twoBobs)), "two of one name, signed");
  const badKey = await members(undefined, undefined, { ik: LOW_ORDER[0] });
  await bad("E_IK", await signed(bob, await gi(badKey)), "a bad key, signed");
  const ghost = { name_hex: text("ghost"), ik: await ikOf(9), x3dh_hash: rep(32, 1) };
  const more = { members: [...(await members()).members, ghost] };
  await bad("E_SIG", { ...bob, info: `${await gi(more)}${bob.info.slice(-192)}` }, "a member added by the server");
  await bad("E_SIG", { ...bob, info: flipped(bob.info, 400) }, "the signature flipped");
}

/**
 * The server gives bob a copath of its own, with every hash and the confirmation computed anew: all matches but the signature.
 */
async function substituted(s: Suite, bob: Notification): Promise<void> {
  const node = (own: number, sibling: string, k: number): Promise<Out> =>
    get("tree_node", { own: rep(32, own), sibling, nonce: rep(32, 0x41), k, own_is_left: k === 2 });
  // Bob is node 5. The server takes his sibling's place (4), so it knows s_2; and his uncle's (3), so it knows s_1.
  const lower = await node(0xa4, bob.key_tree[3] ?? "", 2);
  const upper = await node(0xa3, lower.text("p_k"), 1);
  const key_tree = [lower.text("p_k"), upper.text("own_public"), lower.text("own_public"), ...bob.key_tree.slice(3)];
  const group = await gi(await treeHash(key_tree));
  const gi_hash = (await get("gi_parse", { gi: group })).text("gi_hash");
  const group_secret = (await get("group_secret", { gi_hash, root: upper.text("s_k") })).text("group_secret");
  const confirm = (await get("confirm", { gi_hash, group_secret })).text("confirm");
  const from = (await goldenGi()).length;
  const attack = { ...bob, key_tree, info: `${group}${bob.info.slice(from, from + 128)}${confirm}` };
  await s.err("E_SIG", "receive", attack, "copath substitution: all matches but the signature");
  const info = `${group}${await giSignature(group)}${confirm}`;
  const out = await s.ok("receive", { ...attack, info }, "the same tree if alice had signed it");
  same(out.text("group_secret"), group_secret, "the attack is complete but for the signature");
}

async function server(): Promise<Suite> {
  const s = new Suite("server-group-info", "C-209 C-215");
  const made = await created();
  const [info, keys, messages] = [made.text("info"), made.texts("key_tree"), made.objects("messages")];
  const member = async (i: number): Promise<JsonObject> => ({ name_hex: text(nameOf(i)), ik: await ikOf(i + 1) });
  const [alice, bob, carol] = [await member(0), await member(1), await member(2)];
  const input = { members: [alice, bob, carol], messages, key_tree: keys, info };
  await s.ok("server_group_info", input);
  await s.ok("server_group_info", { ...input, info: flipped(info, 465) }, "the confirmation is not the server's");
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> =>
    s.err(code, "server_group_info", { ...input, ...changes }, note);
  await bad("E_GI", { members: [alice, carol, bob] }, "another order");
  await bad("E_GI", { members: [alice, bob], messages: messages.slice(0, 1) }, "a member less");
  await bad("E_GI", { members: [bob, alice, carol] }, "another creator");
  await bad("E_GI", { members: [alice, { name_hex: text("bobb"), ik: await ikOf(2) }, carol] }, "another name for a key");
  await bad("E_GI", { members: [alice, { name_hex: text("bob"), ik: await ikOf(9) }, carol] }, "another registered key");
  await bad("E_GI", { messages: messages.toReversed() }, "messages in another order");
  await bad("E_GI", { messages: messages.slice(0, 1) }, "a message less");
  await bad("E_TREE_LEN", { key_tree: keys.slice(0, 4) }, "another length");
  await bad("E_TREE_HASH", { key_tree: [keys[1] ?? "", keys[0] ?? "", ...keys.slice(2)] }, "another tree");
  await bad("E_SIG", { info: flipped(info, 8) }, "the nonce changed");
  await bad("E_SIG", { info: flipped(info, 380) }, "the signature changed");
  await bad("E_GI", { info: flipped(info, 75) }, "epoch 1");
  await bad("E_GI", { info: "" }, "empty");
  await bad("E_GI", { info: `${info}00` }, "a trailing byte");
  return s;
}
