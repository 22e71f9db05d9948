/** x3dh-leaf, tree. */

import { decodeHex, encodeHex } from "../../src/crypto/hex.js";
import { NAMES, account, bundle, ikOf, seedOf } from "./people.js";
import { type JsonObject, LOW_ORDER, Suite, get, rep, same, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await x3dhLeaf(), await tree()];
}

async function x3dhLeaf(): Promise<Suite> {
  const s = new Suite("x3dh-leaf", "C-202 C-203");
  const alice = await account(1);
  for (const [at, name] of ["bob", NAMES[2], "\u{540d}\u{524d}", "Smith Jones"].entries()) {
    const i = at + 1;
    const createdAt = 1_700_000_000 + i;
    const spk = (await bundle(name, i + 1, 0x10 + i, createdAt))["spk"] ?? null;
    const names = { name_a_hex: text("alice"), name_i_hex: text(name) };
    const where = { nonce: rep(32, 0x41), position: i };
    const keys = { ik_seed_a: alice.text("ik_seed"), ik_i: await ikOf(i + 1), spk_i: spk, ek_priv: rep(32, 0x20 + i) };
    const sent = await s.ok("leaf_send", { ...keys, ...names, ...where });
    const own = { ik_seed_i: await seedOf(i + 1), spk_priv: rep(32, 0x10 + i), spk_created_at: createdAt };
    const receive = { ...own, ...names, ...where, ik_a: alice.text("ik"), ek: sent.text("ek") };
    const got = await s.ok("leaf_recv", receive);
    same(got.text("leaf"), sent.text("leaf"), "both ends agree");
    if (i > 1) {
      continue;
    }
    const changes = [
      { position: 2 },
      { nonce: rep(32, 0x42) },
      { name_a_hex: text("alicf") },
      { name_i_hex: text("bo") },
      { spk_created_at: 1 },
      { ik_a: await ikOf(9) },
    ];
    for (const change of changes) {
      differ((await s.ok("leaf_recv", { ...receive, ...change }, "another leaf: every field is bound")).text("leaf"), got.text("leaf"));
    }
    const negative = decodeHex(alice.text("ik"));
    negative[31] = (negative[31] ?? 0) ^ 0x80;
    const other = await s.ok("leaf_recv", { ...receive, ik_a: encodeHex(negative) }, "-IK_a: same u, another leaf");
    differ(other.text("leaf"), got.text("leaf"));
    for (const u of LOW_ORDER) {
      await s.err("E_X25519", "leaf_recv", { ...receive, ek: u }, "ek of low order");
    }
    await s.err("E_X25519", "leaf_recv", { ...receive, ek: rep(32, 0xff) }, "ek not canonical");
    await s.err("E_IK", "leaf_recv", { ...receive, ik_a: rep(32, 0) }, "IK_a of small order");
  }
  return s;
}

function differ(a: string, b: string): void {
  if (a === b) {
    throw new Error("two leaves are the same");
  }
}

function leaves(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `${rep(1, (i % 256) ^ 0x35)}07`.repeat(16));
}

function leafOf(n: number, position: number): string {
  return leaves(n)[position] ?? "";
}

async function tree(): Promise<Suite> {
  const s = new Suite("tree", "C-205 C-206 C-207 C-210");
  const nonce = rep(32, 0x41);
  const node = { own: rep(32, 0x31), sibling: (await account(1)).text("u"), nonce, k: 2, own_is_left: true };
  await s.ok("tree_node", node);
  await s.ok("tree_node", { ...node, own_is_left: false });
  await s.err("E_X25519", "tree_node", { ...node, sibling: LOW_ORDER[0] }, "a sibling of low order");
  for (const [n, members] of [[2, 2], [4, 3], [4, 4], [8, 5], [16, 9]] as const) {
    const built = await s.ok("tree_build", { leaves: leaves(n), nonce });
    const key_tree = built.texts("key_tree");
    await s.ok("tree_hash", { key_tree });
    for (let position = 0; position < members; position++) {
      const root = await s.ok("tree_climb", { members, position, leaf: leafOf(n, position), key_tree, nonce });
      same(root.text("root"), built.text("root"), "every position climbs to one root");
    }
  }
  for (const n of [2, 4, 8, 16, 256]) {
    await s.ok("tree_all", { leaves: leaves(n), nonce }, "every leaf climbs to the one root");
  }
  const keys = (await get("tree_build", { leaves: leaves(4), nonce })).texts("key_tree");
  const climb = { members: 3, position: 1, leaf: leafOf(4, 1), key_tree: keys, nonce };
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> => s.err(code, "tree_climb", { ...climb, ...changes }, note);
  await bad("E_TREE_LEN", { key_tree: keys.slice(0, 5) }, "one key short");
  await bad("E_TREE_LEN", { key_tree: [...keys, ...keys.slice(0, 1)] }, "one key long");
  await bad("E_TREE_LEN", { key_tree: [] }, "empty");
  await bad("E_TREE_LEN", { members: 2 }, "a tree for four leaves, two members");
  await bad("E_TREE_LEN", { members: 5 }, "a tree for four leaves, five members");
  await bad("E_LEAF", { position: 2 }, "another's place");
  await bad("E_LEAF", { leaf: rep(32, 9) }, "another leaf");
  await bad("E_PATH", { nonce: rep(32, 0x42) }, "another nonce");
  const replaced = (at: number, by: string): JsonObject => ({ key_tree: keys.with(at, by) });
  const other = (await account(9)).text("u");
  await bad("E_PATH", replaced(0, other), "an ancestor replaced");
  await bad("E_PATH", replaced(2, other), "the sibling replaced");
  await bad("E_LEAF", replaced(3, other), "the leaf replaced");
  await bad("E_TREE_HASH", replaced(5, keys[4] ?? ""), "a key stands twice");
  await bad("E_X25519", replaced(5, LOW_ORDER[1]), "a key of low order");
  await bad("E_X25519", replaced(5, rep(32, 0xff)), "a key that is not canonical");
  return s;
}
