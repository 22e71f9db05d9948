/** group-info, group-create. */

import { NAMES, account, bundle, createInput, created, ikOf } from "./people.js";
import { type Json, type JsonObject, type Out, Suite, flipped, get, rep, same, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await groupInfo(), await groupCreate()];
}

/** GI of the golden group. */
export async function goldenGi(): Promise<string> {
  return (await created()).text("info").slice(0, -192);
}

async function goldenParsed(): Promise<Out> {
  return get("gi_parse", { gi: await goldenGi() });
}

/** A GI of the golden group with changes to its members or other inputs. */
export async function gi(changes: JsonObject): Promise<string> {
  return (await get("gi_build", { ...(await goldenParsed()).value, ...changes })).text("gi");
}

/** The members of the golden group, some of them with changes. */
export async function members(...changes: (JsonObject | undefined)[]): Promise<{ members: readonly JsonObject[] }> {
  const listed = (await goldenParsed()).objects("members");
  return { members: listed.map((member, i) => ({ ...member, ...changes[i] })) };
}

async function groupInfo(): Promise<Suite> {
  const s = new Suite("group-info", "C-209 C-210 C-211 C-212 C-213 C-214");
  const whole = await goldenGi();
  const parsed = await s.ok("gi_parse", { gi: whole });
  const built = await s.ok("gi_build", parsed.value);
  same(built.text("gi"), whole, "what was parsed is built again");
  await s.ok("gi_roster", { gi: whole });
  await s.ok("gi_sign", { ik_seed: (await account(1)).text("ik_seed"), gi: whole });
  await s.ok("group_secret", { gi_hash: built.text("gi_hash"), root: rep(32, 5) });
  await s.ok("confirm", { gi_hash: built.text("gi_hash"), group_secret: rep(32, 6) });
  const [message] = (await created()).objects("messages");
  await s.ok("x3dh_hash", message ?? {});
  const moved = await members({ name_hex: text("aliceb") }, { name_hex: text("ob") });
  const other = await s.ok("gi_build", { ...parsed.value, ...moved }, "the boundary between names counts");
  if (other.text("gi_hash") === built.text("gi_hash")) {
    throw new Error("the boundary does not count");
  }
  const ik = await ikOf(1);
  const many = (n: number): JsonObject => {
    const member = (i: number): JsonObject => ({ name_hex: text(`member-${i}`), ik, x3dh_hash: rep(32, 0) });
    return { ...parsed.value, members: Array.from({ length: n }, (_, i) => member(i)) };
  };
  for (const n of [2, 256]) {
    const of = (await get("gi_build", many(n))).text("gi");
    await s.ok("gi_parse", { gi: of }, "fewest or most members; that keys repeat is seen later");
    await s.err("E_NAME", "gi_roster", { gi: of }, "keys repeat");
  }
  for (const n of [0, 1, 257]) {
    const of = (await get("gi_build", many(n))).text("gi");
    await s.err("E_GI", "gi_parse", { gi: of }, "too few or too many members");
  }
  const at = (from: number, length: number, bytes: string): string =>
    `${whole.slice(0, from * 2)}${bytes}${whole.slice((from + length) * 2)}`;
  const bad = (code: string, damaged: string, note: string): Promise<void> => s.err(code, "gi_roster", { gi: damaged }, note);
  await bad("E_GI", at(0, 8, text("SOTTOGI2")), "magic");
  await bad("E_GI", at(40, 1, "01"), "group_id at epoch 0");
  await bad("E_GI", at(75, 1, "01"), "epoch");
  await bad("E_GI", at(76, 1, "01"), "prev_gi_hash at epoch 0");
  await bad("E_GI", at(116, 4, "00000002"), "n too small: bytes are left");
  await bad("E_GI", at(116, 4, "00000004"), "n too great: bytes are missing");
  await bad("E_GI", at(116, 4, "ffffffff"), "n of four thousand million");
  await bad("E_GI", at(120, 4, "00000004"), "a name's length");
  await bad("E_GI", at(120, 4, "ffffffff"), "a name of 4 GiB");
  await bad("E_GI", at(161, 1, "01"), "an x3dh_hash for the creator");
  await bad("E_GI", `${whole}00`, "a trailing byte");
  await bad("E_GI", "", "empty");
  const named = async (name_hex: string): Promise<string> => gi(await members(undefined, { name_hex }));
  const names = [["", "empty"], [" bob", "white space"], ["C\u{327}arol", "not NFC"], ["b\0b", "a control character"]] as const;
  for (const [name, note] of names) {
    await bad("E_NAME", await named(text(name)), note);
  }
  await bad("E_NAME", await named(text("x".repeat(65))), "65 bytes");
  await bad("E_NAME", await named("ff"), "not UTF-8");
  await bad("E_NAME", await named(text("alice")), "a name stands twice");
  await bad("E_NAME", await gi(await members(undefined, undefined, { ik: await ikOf(2) })), "a key stands twice");
  await bad("E_IK", await gi(await members(undefined, undefined, { ik: rep(32, 0) })), "a key of small order");
  const both = await members(undefined, { ik: rep(32, 0) }, { name_hex: "" });
  await bad("E_IK", await gi(both), "member by member: a bad key before a later bad name");
  return s;
}

async function groupCreate(): Promise<Suite> {
  const s = new Suite("group-create", "C-201 C-203 C-215");
  const input = await createInput();
  await s.ok("group_create", input);
  for (const [n, leaves] of [[2, 2], [4, 4], [5, 8], [9, 16]] as const) {
    const bundles: Json[] = [];
    for (let i = 1; i < n; i++) {
      bundles.push(await bundle(`member-${i}`, i + 1, 0x10 + i, 1_700_000_000 + i));
    }
    const eks = bundles.map((_, i) => rep(32, 0x21 + i));
    const padding = Array.from({ length: leaves - n }, (_, i) => rep(32, 0x60 + n + i));
    await s.ok("group_create", { ...input, bundles, eks, padding });
  }
  await s.err("E_GI", "group_create", { ...input, bundles: [], eks: [], padding: [] }, "alone");
  const change = (at: number, changes: JsonObject): JsonObject => ({
    bundles: input.bundles.map((one, i) => (i === at ? { ...one, ...changes } : one)),
  });
  const pin = (name: string, ik: string, createdAt: number): JsonObject => ({
    pins: [{ name_hex: text(name), ik, spk_created_at: createdAt }],
  });
  const [alice, bob, carol] = [await ikOf(1), await ikOf(2), await ikOf(3)];
  await s.ok("group_create", { ...input, ...pin("bob", bob, 1_700_000_000) }, "pinned");
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> =>
    s.err(code, "group_create", { ...input, ...changes }, note);
  await bad("E_NAME", { name_hex: text("") }, "own name");
  await bad("E_NAME", change(0, { name_hex: text("bob ") }), "an invitee's name");
  await bad("E_NAME", change(0, { name_hex: text("alice") }), "oneself invited, by name");
  await bad("E_NAME", change(0, { ik: alice }), "oneself invited, by key");
  await bad("E_NAME", change(1, { name_hex: text("bob") }), "a name stands twice");
  await bad("E_NAME", change(1, { ik: bob }), "a key stands twice");
  await bad("E_IK", change(1, { ik: rep(32, 0) }), "a key of small order");
  await bad("E_KEY_CHANGED", pin(NAMES[2], bob, 0), "another key is pinned");
  await bad("E_KEY_CHANGED", pin("alice", bob, 0), "another key is pinned for oneself");
  await bad("E_SPK_STALE", pin(NAMES[2], carol, 1_700_000_002), "an old prekey served again");
  const sigs = input.bundles.map((one) => String(one["sig"]));
  await bad("E_SIG", change(1, { sig: flipped(sigs[1] ?? "", 3) }), "a prekey's signature");
  await bad("E_SIG", change(1, { sig: sigs[0] ?? "" }), "another's prekey signature");
  await bad("E_SPK", change(1, { spk: "" }), "no prekey");
  await bad("E_DOWNGRADE", change(1, { spk: rep(32, 9) }), "a seed prekey");
  await bad("E_TREE_HASH", { padding: [rep(32, 0x31)] }, "randomness that repeats");
  return s;
}
