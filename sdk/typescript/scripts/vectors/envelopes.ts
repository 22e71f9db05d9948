/** envelope, envelope-negatives, report. */

import { NAMES, context, draft, seedOf } from "./people.js";
import { type Json, type JsonObject, type Out, Suite, flipped, get, rep, same, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await envelope(), await negatives(), await report()];
}

/** What a receiver is given: a sealed envelope in a slot. */
async function incoming(sealed: Out, slot: string, sender: string | null): Promise<JsonObject> {
  const from = { slot, sender_hex: sender === null ? null : text(sender) };
  return { ...(await context()), ...from, envelope: sealed.text("envelope"), signature: sealed.text("signature") };
}

const ROOT = rep(32, 0x99);

async function envelope(): Promise<Suite> {
  const s = new Suite("envelope", "C-220 C-301 C-302 C-303 C-304 C-305 C-306 C-307 C-308 C-310");
  await s.ok("restore", await context());
  for (let position = 0; position < 3; position++) {
    await s.ok("sender_key", { ...(await context()), position });
  }
  for (const length of [0, 1, 11, 12, 13, 63, 64, 76, 77]) {
    const sealed = await s.ok("seal", await draft(0, 0x51, 0, "x".repeat(length)), "body lengths around the padding's edge");
    const opened = await incoming(sealed, "message", "alice");
    await s.ok("open", opened);
    await s.ok("open", { ...opened, root: sealed.text("msg_ref") }, "known as the root of its message");
  }
  const golden = { ...(await draft(0, 0x51, 0, "Why is the answer 42?")), salt: rep(32, 0x52) };
  await s.ok("seal", golden, "the golden envelope");
  const call = (await s.ok("call_target", { caller_hex: text("c-1"), callee_hex: text("c-2") })).text("target");
  await s.ok("call_target", { caller_hex: text("c-"), callee_hex: text("1c-2") }, "the boundary counts");
  const kinds: readonly [number, string, JsonObject, JsonObject][] = [
    [1, "message", { target: ROOT, sent_at_ms: "18446744073709551615", expire_s: 0xffff_ffff }, {}],
    [2, "reaction", { target: ROOT }, { root: ROOT }],
    [3, "name", { rev: 3 }, { root: ROOT }],
    [4, "message", { rev: 3, target: ROOT }, { root: ROOT }],
    [5, "call", { target: call }, { target: call }],
  ];
  for (const [kind, slot, change, place] of kinds) {
    const sealed = await s.ok("seal", { ...(await draft(1, 0x53, 7, "\u{1f44d} \u{c7}")), kind, ...change }, slot);
    await s.ok("open", { ...(await incoming(sealed, slot, kind === 3 ? null : "bob")), ...place }, slot);
  }
  const name = await get("seal", { ...(await draft(1, 0x53, 7, "The Matrix")), kind: 3 });
  const both = `${name.text("envelope")}${name.text("signature")}`;
  await s.ok("split_name", { name: both }, "env || signature");
  await s.err("E_INNER", "split_name", { name: both.slice(0, (185 + 64 - 1) * 2) }, "shorter than any name");
  const limits = [[1, 65_356, 65_529], [2, 844, 1_017], [3, 780, 953], [4, 65_356, 65_529], [5, 16_204, 16_377]] as const;
  for (const [kind, times, length] of limits) {
    const input = { ...(await draft(0, 0x54, kind, "x")), kind, rev: kind === 4 ? 1 : 0, times };
    const sealed = await s.ok("seal_repeat", input, "the longest body of its kind");
    same(sealed.value["len"], length, "the longest envelope");
    await s.err("E_INNER", "seal_repeat", { ...input, times: times + 1 }, "one byte more");
  }
  for (const [kind, rev, target, note] of [
    [1, 1, rep(32, 0), "a message has revision 0"],
    [2, 1, ROOT, "a reaction has revision 0"],
    [5, 1, ROOT, "a call signal has revision 0"],
    [4, 0, ROOT, "an edit's revision begins at 1"],
    [3, 0, ROOT, "a name has no target"],
  ] as const) {
    await s.err("E_INNER", "seal", { ...(await draft(0, 0x55, 0, "")), kind, rev, target }, note);
  }
  await s.err("E_SENDER", "seal", { ...(await draft(0, 0x55, 0, "")), position: 1 }, "another member's place");
  await s.err("E_SENDER", "seal", { ...(await draft(0, 0x55, 0, "")), position: 3 }, "no member's place");
  return s;
}

/** An envelope of member 1 around any inner bytes. */
async function withInner(kind: number, inner: string): Promise<JsonObject> {
  return (await get("seal_inner", { ...(await draft(1, 0x56, 0, "")), kind, inner })).value;
}

/** `sealed` with the byte at `at` flipped, signed anew by bob. */
async function resigned(sealed: string, at: number): Promise<JsonObject> {
  const m = flipped(sealed, at);
  return { envelope: m, signature: (await get("sign", { ik_seed: await seedOf(2), m })).text("sig") };
}

async function negatives(): Promise<Suite> {
  const s = new Suite("envelope-negatives", "C-220 C-304 C-309");
  const sealed = await get("seal", await draft(1, 0x56, 0, "follow the white rabbit"));
  const [whole, signature] = [sealed.text("envelope"), sealed.text("signature")];
  const input = await incoming(sealed, "message", "bob");
  await s.ok("open", input, "the one that all others damage");
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> => s.err(code, "open", { ...input, ...changes }, note);
  await bad("E_SENDER", { sender_hex: text("alice") }, "attributed to another member");
  await bad("E_SENDER", { sender_hex: text("mallory") }, "attributed to a stranger");
  await bad("E_KIND", { slot: "reaction", root: ROOT }, "a message as a reaction");
  await bad("E_KIND", { slot: "name" }, "a message as a name");
  await bad("E_KIND", { slot: "call", target: ROOT }, "a message as a call signal");
  await bad("E_INNER", { root: ROOT }, "in another message's place");
  await bad("E_SIG", { signature: flipped(signature, 9) }, "signature");
  await bad("E_SIG", { signature: "" }, "no signature");
  for (const [at, code, note] of [
    [0, "E_DOWNGRADE", "magic"],
    [4, "E_KIND", "kind 0"],
    [8, "E_EPOCH", "epoch"],
    [9, "E_EPOCH", "gi_tag"],
    [28, "E_SIG", "position 0: alice's key"],
    [25, "E_SENDER", "position out of range"],
    [29, "E_SIG", "sid"],
    [40, "E_SIG", "seq"],
    [41, "E_SIG", "salt"],
    [73, "E_SIG", "commitment"],
    [105, "E_SIG", "ciphertext"],
    [248, "E_SIG", "tag"],
  ] as const) {
    await bad(code, { envelope: flipped(whole, at), sender_hex: null }, `${note}, not signed anew`);
  }
  for (const [at, code, note] of [
    [29, "E_COMMIT", "sid"],
    [40, "E_COMMIT", "seq"],
    [41, "E_COMMIT", "salt"],
    [73, "E_COMMIT", "commitment"],
    [105, "E_AEAD", "ciphertext"],
    [248, "E_AEAD", "tag"],
  ] as const) {
    await bad(code, await resigned(whole, at), `${note}, signed anew by the sender`);
  }
  // A hostile member: carol seals under bob's sender key, which every member can derive, and signs with her own key.
  const empty = rep(32 + 4 + 8 + 4 + 4 + 12, 0);
  const forging = { ...(await draft(1, 0x57, 0, "I am Bob")), kind: 1, ik_seed: await seedOf(3), inner: empty };
  await bad("E_SIG", (await get("seal_inner", forging)).value, "sealed as bob, signed by carol");
  await bad("E_KIND", await withInner(6, empty), "kind 6");
  await inners(s, input);
  const truncated = { ...input, sender_hex: null };
  await s.ok("open_truncated", truncated, "every prefix, with the whole envelope's signature");
  await s.ok("open_truncated", { ...truncated, ik_seed: await seedOf(2) }, "every prefix, signed by the sender");
  await s.err("E_EPOCH", "restore", { ...(await context()), gi_hash: rep(32, 0) }, "an info of another hash");
  await s.err("E_CONFIRM", "restore", { ...(await context()), group_secret: rep(32, 0) }, "another secret");
  await s.err("E_GI", "restore", { ...(await context()), info: "" }, "no info");
  return s;
}

/** Inner texts that only a faulty or hostile member seals. */
async function inners(s: Suite, input: JsonObject): Promise<void> {
  const number = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");
  const inner = (target: string, rev: number, length: number, rest: string): string => {
    const whole = `${target}${number(rev, 8)}${number(1_700_000_200_000, 16)}${number(0, 8)}${number(length, 8)}${rest}`;
    return whole.padEnd(Math.ceil(whole.length / 128) * 128, "0");
  };
  const zero = rep(32, 0);
  await s.ok("open", { ...input, ...(await withInner(1, inner(zero, 0, 2, "6869"))) }, "hi");
  const other = rep(32, 0x98);
  for (const [kind, bytes, slot, note] of [
    [1, inner(zero, 0, 2, "686901"), "message", "padding that is not zero"],
    [1, inner(zero, 0, 2, "6869") + rep(64, 0), "message", "padding of more than the least"],
    [1, inner(zero, 0, 13, "6869"), "message", "a body longer than the text"],
    [1, inner(zero, 0, 0xffff_ffff, "6869"), "message", "a body of 4 GiB"],
    [1, inner(zero, 0, 1, "ff"), "message", "not UTF-8"],
    [1, inner(zero, 1, 2, "6869"), "message", "a message with a revision"],
    [4, inner(ROOT, 0, 2, "6869"), "message", "an edit with revision 0"],
    [2, inner(ROOT, 1, 2, "6869"), "reaction", "a reaction with a revision"],
    [3, inner(ROOT, 1, 2, "6869"), "name", "a name with a target"],
    [2, inner(other, 0, 2, "6869"), "reaction", "a reaction to another message"],
    [4, inner(other, 1, 2, "6869"), "message", "an edit of another message"],
    [5, inner(other, 0, 2, "6869"), "call", "a signal of another call"],
    [2, inner(ROOT, 0, 845, "61".repeat(845)), "reaction", "a reaction one byte too long"],
    [3, inner(zero, 0, 781, "61".repeat(781)), "name", "a name one byte too long"],
  ] as const) {
    // A message's own place has no root to differ from, so that what is refused is its content.
    const root: Json = kind === 1 ? null : ROOT;
    const place = { slot, root, target: ROOT, sender_hex: null };
    await s.err("E_INNER", "open", { ...input, ...place, ...(await withInner(kind, bytes)) }, note);
  }
}

async function report(): Promise<Suite> {
  const s = new Suite("report", "C-314");
  const sealed = await get("seal", await draft(2, 0x58, 4, "an insult"));
  const [whole, signature] = [sealed.text("envelope"), sealed.text("signature")];
  const made = await s.ok("report_make", { ...(await context()), ...sealed.value });
  const input = { ...made.value, envelope: whole, signature };
  const opened = await s.ok("report_open", input);
  same(opened.text("sender_hex"), text(NAMES[2]), "the sender's name");
  const other = await get("seal", await draft(2, 0x58, 5, "a kindness"));
  const bad = (code: string, changes: JsonObject, note: string): Promise<void> =>
    s.err(code, "report_open", { ...input, ...changes }, note);
  await bad("E_COMMIT", { prk: rep(32, 1) }, "another key: what is reported cannot be chosen");
  const swapped = { envelope: other.text("envelope"), signature: other.text("signature") };
  await bad("E_COMMIT", swapped, "the key opens no other envelope");
  await bad("E_SIG", { signature: flipped(signature, 0) }, "not what was signed");
  await bad("E_SIG", { envelope: flipped(whole, 120) }, "not what was signed");
  await bad("E_EPOCH", { gi: flipped(made.text("gi"), 8) }, "another group");
  await bad("E_GI", { gi: "" }, "no group");
  const another = { ...(await context()), envelope: flipped(whole, 9), signature: "" };
  await s.err("E_EPOCH", "report_make", another, "another group's");
  return s;
}
