/** The orders of checks: an input with every fault at once is refused for the first, and with each fault mended for the next one. */

import { describe, expect, it } from "vitest";
import type { Bundle, Pin, Pins } from "../../src/crypto/bundle.js";
import { concat, utf8 } from "../../src/crypto/bytes.js";
import { pad, u32, u64, v } from "../../src/crypto/encode.js";
import { type Draft, type Sealed, kindByte, sealInner } from "../../src/crypto/envelope.js";
import { GroupInfo, type ListedMember, parseSignedInfo, signedInfoBytes } from "../../src/crypto/group-info.js";
import { type Invitation, createGroup, receiveGroup } from "../../src/crypto/group.js";
import { signRaw } from "../../src/crypto/keys.js";
import type { RefusalCode } from "../../src/crypto/refusal.js";
import { Replay } from "../../src/crypto/replay.js";
import { treeHash } from "../../src/crypto/tree.js";
import { messageHash } from "../../src/crypto/x3dh.js";
import { codeOf } from "./executor/code.js";
import { platform } from "./executor/platform.js";
import { type Group, NOTHING_KNOWN, bundleOf, bytes, groupOf, invitationFor, person, randomFor } from "./world.js";

type Faults = readonly (readonly [code: RefusalCode, fault: string])[];
type There = (fault: string) => boolean;

/** Mends the faults one after the other. `attempt` is told of each fault whether it is still there. */
async function mend(faults: Faults, attempt: (there: There) => Promise<unknown>): Promise<void> {
  for (const [mended, [code, name]] of faults.entries()) {
    const there = (fault: string): boolean => {
      const at = faults.findIndex(([, other]) => other === fault);
      if (at < 0) throw new Error(`no fault ${fault}`);
      return at >= mended;
    };
    expect(await codeOf(attempt(there)), name).toBe(code);
  }
  expect(await codeOf(attempt(() => false))).toBe("ok");
}

/** Bytes with one of them changed. */
function flip(whole: Uint8Array, at: number, by = 1): Uint8Array {
  const out = whole.slice();
  out[at] = (out[at] ?? 0) ^ by;
  return out;
}

function pinsOf(entries: Readonly<Record<string, Pin>>): Pins {
  return { pin: (name) => entries[name] };
}

const strange: Pin = { ik: bytes(1), spkCreatedAt: 0n, verified: false };

describe("the order of checks", () => {
  it("C-216: an invitation is refused for its first fault", async () => {
    const group = await groupOf(3);
    const honest = invitationFor(group, 1);
    const info = parseSignedInfo(honest.info ?? bytes(0));
    // Good points that stand in nobody's tree.
    const other = (byte: number): Uint8Array => person("other", byte).prekey.spk.publicKey.toBytes();
    const attempt = async (there: There): Promise<unknown> => {
      const ek = there("ek of low order") ? bytes(0) : there("another ek") ? other(100) : honest.ek;
      const x3dhHash = there("x3dh_hash") ? bytes(1) : messageHash(honest.spk, ek);
      const spk = there("spk of the seed") ? bytes(1) : there("spk of another") ? flip(honest.spk, 17) : honest.spk;
      let keyTree = there("ancestor") ? honest.keyTree.with(0, other(101)) : honest.keyTree;
      const hash = treeHash(keyTree);
      const [fourth, fifth] = [keyTree[4] ?? bytes(0), keyTree[5] ?? bytes(0)];
      keyTree = there("tree_hash") ? keyTree.with(4, fifth).with(5, fourth) : keyTree;
      keyTree = there("node twice") ? keyTree.with(4, keyTree[5] ?? bytes(0)) : keyTree;
      keyTree = there("node of low order") ? keyTree.with(5, bytes(0)) : keyTree;
      keyTree = there("tree's length") ? keyTree.slice(0, -1) : keyTree;
      const changes: Partial<ListedMember>[] = [
        {},
        { x3dhHash },
        {
          ...(there("member twice") ? { name: utf8("member-1") } : {}),
          ...(there("key") ? { ik: bytes(0) } : {}),
          ...(there("name") ? { name: utf8(" ") } : {}),
        },
      ];
      const members = info.group.members.map((member, i) => ({ ...member, ...changes[i] }));
      const gi = GroupInfo.build({ nonce: info.group.nonce, createdAt: info.group.createdAt, members, treeHash: hash });
      const signature = flip(group.people[0].identity.signGroup(gi), 0, there("gi_sig") ? 1 : 0);
      const whole = signedInfoBytes({ group: gi, signature, confirm: flip(info.confirm, 31, there("confirm") ? 1 : 0) });
      const invitation: Invitation = {
        ...honest,
        ek,
        spk,
        keyTree,
        info: there("no info") ? undefined : flip(whole, 0, there("layout") ? 1 : 0),
        sender: there("sender") ? "member-1" : honest.sender,
        position: there("position") ? 0 : honest.position,
      };
      const pins = pinsOf(there("pin") ? { "member-2": strange } : {});
      const known = there("known group") ? { ...NOTHING_KNOWN, groupOf: () => bytes(1) } : NOTHING_KNOWN;
      return receiveGroup(group.people[1], invitation, pins, known);
    };
    // confirm is that of the honest group, so the honest invitation is what is left at the end.
    await mend(
      [
        ["E_DOWNGRADE", "no info"],
        ["E_GI", "layout"],
        ["E_NAME", "name"],
        ["E_IK", "key"],
        ["E_NAME", "member twice"],
        ["E_SENDER", "sender"],
        ["E_POSITION", "position"],
        ["E_KEY_CHANGED", "pin"],
        ["E_SIG", "gi_sig"],
        ["E_TREE_LEN", "tree's length"],
        ["E_X25519", "node of low order"],
        ["E_TREE_HASH", "node twice"],
        ["E_TREE_HASH", "tree_hash"],
        ["E_DOWNGRADE", "spk of the seed"],
        ["E_SPK", "spk of another"],
        ["E_GI", "x3dh_hash"],
        ["E_X25519", "ek of low order"],
        ["E_LEAF", "another ek"],
        ["E_PATH", "ancestor"],
        ["E_CONFIRM", "confirm"],
        ["E_REPLAY_GROUP", "known group"],
      ],
      attempt,
    );
  });

  it("C-201: a creator refuses for the first fault", async () => {
    const group = await groupOf(3);
    const [me, ...invitees] = group.people;
    const attempt = async (there: There): Promise<unknown> => {
      const [first, second] = invitees.map(bundleOf);
      if (first === undefined || second === undefined) throw new Error("two are invited");
      const point = there("spk's point") ? concat(first.spk.subarray(0, 18), bytes(0)) : first.spk;
      const magic = flip(point, 0, there("spk's magic") ? 1 : 0);
      const spk = there("spk of the seed") ? magic.subarray(0, 32) : magic;
      const sig = flip(first.sig, 0, there("sig of the first") ? 1 : 0);
      const name = there("name") ? " " : there("oneself") ? me.name : second.username;
      const bundles: Bundle[] = [
        { ...first, spk, sig },
        // Found last of all: it stands in the second bundle.
        { ...second, username: name, ik: there("key") ? bytes(0) : second.ik, sig: flip(second.sig, 0, there("sig of the second") ? 1 : 0) },
      ];
      const pins = pinsOf({
        ...(there("stale") ? { [first.username]: { ik: first.ik, spkCreatedAt: 2n ** 64n - 1n, verified: false } } : {}),
        ...(there("pin of the second") ? { [second.username]: strange } : {}),
      });
      return createGroup(me.identity, me.name, 0n, there("alone") ? [] : bundles, pins, randomFor(3));
    };
    await mend(
      [
        ["E_GI", "alone"],
        ["E_NAME", "name"],
        ["E_IK", "key"],
        ["E_NAME", "oneself"],
        ["E_KEY_CHANGED", "pin of the second"],
        ["E_DOWNGRADE", "spk of the seed"],
        ["E_SPK", "spk's magic"],
        ["E_X25519", "spk's point"],
        ["E_SIG", "sig of the first"],
        ["E_SPK_STALE", "stale"],
        ["E_SIG", "sig of the second"],
      ],
      attempt,
    );
  });

  it("C-309: an envelope is refused for its first fault", async () => {
    const group = await groupOf(3);
    const { context } = group.created;
    // Member 1's message 7, its edit to revision 2, and member 2's message 8 with a number in use.
    const first = await sealed(group, 1, 0, { body: "first" });
    const edit = (target: Uint8Array, rev: number): Partial<Draft> => ({ kind: "edit", target, rev, body: "edited" });
    const memory = new Replay();
    const take = (id: number, one: Sealed): Promise<unknown> =>
      memory.receive(platform, context, { place: "message", id }, undefined, one.envelope, one.signature);
    await take(7, first);
    await take(7, await sealed(group, 1, 1, edit(first.msgRef, 2)));
    await take(8, await sealed(group, 2, 0, { body: "second" }));
    const attempt = async (there: There): Promise<unknown> => {
      const by = there("another author") ? 2 : 1;
      const draft = edit(there("target") ? bytes(9) : first.msgRef, there("rolled back") ? 1 : 3);
      const { envelope } = await sealed(group, by, there("number in use") ? 0 : 5, draft, there("padding") ? 1 : 0);
      let whole = flip(envelope, envelope.length - 1, there("tag") ? 1 : 0);
      whole = flip(whole, 73, there("commitment") ? 1 : 0);
      whole = flip(whole, 28, there("position") ? 8 : 0);
      whole = flip(whole, 9, there("gi_tag") ? 1 : 0);
      whole = flip(whole, 8, there("epoch") ? 1 : 0);
      whole[4] = there("kind") ? 9 : there("field") ? 2 : kindByte("edit");
      whole = flip(whole, 0, there("magic") ? 1 : 0);
      whole = there("length") ? concat(whole, Uint8Array.of(0)) : whole;
      const me = group.people[by];
      if (me === undefined) throw new Error("no such member");
      const signature = flip(signRaw(me.identity, whole), 0, there("signature") ? 1 : 0);
      const sender = there("sender") ? "member-0" : me.name;
      const copy = Replay.fromBytes(memory.toBytes());
      return copy?.receive(platform, context, { place: "message", id: 7 }, sender, whole, signature);
    };
    await mend(
      [
        ["E_INNER", "length"],
        ["E_DOWNGRADE", "magic"],
        ["E_KIND", "kind"],
        ["E_KIND", "field"],
        ["E_EPOCH", "epoch"],
        ["E_EPOCH", "gi_tag"],
        ["E_SENDER", "position"],
        ["E_SENDER", "sender"],
        ["E_SIG", "signature"],
        ["E_COMMIT", "commitment"],
        ["E_AEAD", "tag"],
        ["E_INNER", "padding"],
        ["E_REPLAY_MSG", "number in use"],
        ["E_INNER", "target"],
        ["E_SENDER", "another author"],
        ["E_REPLAY_MSG", "rolled back"],
      ],
      attempt,
    );
  });
});

/** Seals a draft as member `position`, with the last byte of its padding set to `tail`. */
function sealed(group: Group, position: number, seq: number, changes: Partial<Draft>, tail = 0): Promise<Sealed> {
  const { kind, target, rev, body } = { kind: "message" as const, target: bytes(0), rev: 0, body: "", ...changes };
  const inner = pad(concat(target, u32(rev), u64(0n), u32(0), v(utf8(body))), 64);
  inner[inner.length - 1] = tail;
  const me = group.people[position];
  if (me === undefined) throw new Error("no such member");
  const stamp = { sid: bytes(3, 8), seq, salt: bytes(seq * 16 + position * 2 + tail) };
  return sealInner(platform, group.created.context, me.identity, position, stamp, kindByte(kind), inner);
}
