/** Attacks that a malicious server or member could try, each with the check that holds it off. */

import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { NO_PINS, checkBundle } from "../../src/crypto/bundle.js";
import { concat } from "../../src/crypto/bytes.js";
import { Envelope, envelopeKey } from "../../src/crypto/envelope.js";
import { GroupContext, confirmTag, senderKey } from "../../src/crypto/group-context.js";
import { GroupInfo, parseSignedInfo, signedInfoBytes } from "../../src/crypto/group-info.js";
import { type Invitation, createGroup, groupSecret, receiveGroup } from "../../src/crypto/group.js";
import { GroupSecret, Spk, signRaw } from "../../src/crypto/keys.js";
import { loginMessage, verifyLogin } from "../../src/crypto/login.js";
import { decodeX, xPublicOf } from "../../src/crypto/points.js";
import { openEnvelope } from "../../src/crypto/open.js";
import { climb, decodeTree, parentSecret, treeHash } from "../../src/crypto/tree.js";
import { expand } from "../../src/crypto/kdf.js";
import { t } from "../../src/crypto/encode.js";
import { codeOf } from "./executor/code.js";
import { platform } from "./executor/platform.js";
import { type Group, NOTHING_KNOWN, bundleOf, bytes, groupOf, invitationFor, randomFor, refusal, seal } from "./world.js";

function member(group: Group, position: number): Group["people"][number] {
  const found = group.people[position];
  if (found === undefined) throw new Error(`no member ${position}`);
  return found;
}

function join(group: Group, position: number, invitation: Invitation): ReturnType<typeof receiveGroup> {
  return receiveGroup(member(group, position), invitation, NO_PINS, NOTHING_KNOWN);
}

/**
 * The server replaces every sibling on one member's way up by keys of its own and computes all ancestors, the tree hash, the group
 * secret and the confirmation anew. It needs no secret of anyone.
 */
function substituteCopath(group: Group, position: number): { invitation: Invitation; gi: GroupInfo; secret: GroupSecret } {
  const honest = invitationFor(group, position);
  const info = parseSignedInfo(honest.info ?? bytes(0));
  const { nonce, createdAt, members } = info.group;
  const keyTree = [...honest.keyTree];
  let root = bytes(0);
  for (let k = keyTree.length / 2 + 1 + position; k > 1; k >>= 1) {
    const own = bytes(k);
    const [mine, victim] = [xPublicOf(own), decodeX(keyTree[k - 2] ?? bytes(0))];
    keyTree[(k ^ 1) - 2] = mine.toBytes();
    const [left, right] = k % 2 === 0 ? [victim, mine] : [mine, victim];
    root = parentSecret(own, victim, nonce, k >> 1, left, right);
    if (k > 3) keyTree[(k >> 1) - 2] = xPublicOf(root).toBytes();
  }
  const gi = GroupInfo.build({ nonce, createdAt, members, treeHash: treeHash(keyTree) });
  const secret = groupSecret(gi.giHash, root);
  const whole = signedInfoBytes({ group: gi, signature: info.signature, confirm: confirmTag(secret, gi.giHash) });
  return { invitation: { ...honest, keyTree, info: whole }, gi, secret };
}

describe("a malicious server", () => {
  it.each([[2, 1], [3, 1], [3, 2], [5, 4], [9, 3]] as const)(
    "C-212: of %i members it gives number %i a copath of its own: all fits but the signature",
    async (n, position) => {
      const group = await groupOf(n);
      const { invitation, gi, secret } = substituteCopath(group, position);
      expect(await codeOf(join(group, position, invitation))).toBe("E_SIG");
      // The proof that the signature is what holds: had the creator signed this tree, the server would have the secret.
      const signature = group.people[0].identity.signGroup(gi);
      const info = signedInfoBytes({ group: gi, signature, confirm: confirmTag(secret, gi.giHash) });
      const joined = await join(group, position, { ...invitation, info });
      expect(joined.context.secret.equals(secret)).toBe(true);
      expect(joined.context.secret.equals(group.created.context.secret)).toBe(false);
    },
  );

  it("C-204: guesses no padding leaf; whoever holds one holds the root", async () => {
    const group = await groupOf(5);
    const { groupInfo, giHash, secret } = group.created.context;
    const points = decodeTree(group.created.keyTree, 5);
    for (const guess of [bytes(0), groupInfo.nonce, giHash, groupInfo.treeHash]) {
      expect(() => climb(5, guess.slice(), points, groupInfo.nonce)).toThrow(refusal("E_LEAF"));
    }
    expect(groupSecret(giHash, climb(5, bytes(0x60), points, groupInfo.nonce)).equals(secret)).toBe(true);
  });

  it("C-309: swaps a member's key in its directory: old messages are verified by the group's", async () => {
    const group = await groupOf(2);
    const { envelope } = await seal(group, 0, 0);
    const signature = signRaw(member(group, 1).identity, envelope);
    const incoming = { slot: { slot: "message" }, sender: "member-0", envelope, signature } as const;
    expect(await codeOf(openEnvelope(platform, group.created.context, incoming))).toBe("E_SIG");
  });

  it("offers one group's tree with another's info, and one group under two DMs", async () => {
    const group = await groupOf(3);
    const [creator, ...others] = group.people;
    // The same people and secrets, another second: equal trees, two groups.
    const twin = await createGroup(creator.identity, creator.name, 1_700_000_101n, others.map(bundleOf), NO_PINS, randomFor(3));
    expect(twin.keyTree).toEqual(group.created.keyTree);
    expect(twin.context.secret.equals(group.created.context.secret)).toBe(false);
    expect(twin.context.groupCode()).not.toBe(group.created.context.groupCode());
    const sealed = await seal(group, 0, 0);
    const incoming = { slot: { slot: "message" }, sender: "member-0", ...sealed } as const;
    expect(await codeOf(openEnvelope(platform, twin.context, incoming))).toBe("E_EPOCH");
    expect((await openEnvelope(platform, group.created.context, incoming)).body).toBe("hello");
  });
});

describe("signatures", () => {
  it("count in no other slot, and no signed text parses as another", async () => {
    const group = await groupOf(2);
    const [alice] = group.people;
    const ik = alice.identity.public;
    const [origin, challenge] = ["https://chat.example.org", bytes(7)];
    const sealed = await seal(group, 0, 0);
    const info = parseSignedInfo(group.created.info);
    const signatures = [
      alice.identity.signSpk(alice.prekey.spk),
      alice.identity.signLogin(origin, alice.name, challenge),
      info.signature,
      sealed.signature,
    ];
    const slots: ((signature: Uint8Array) => Promise<unknown>)[] = [
      async (sig) => Promise.resolve(checkBundle({ ...bundleOf(alice), sig }, NO_PINS)),
      async (sig) => {
        verifyLogin(ik, origin, alice.name, challenge, sig);
        return Promise.resolve();
      },
      (signature) => join(group, 1, { ...invitationFor(group, 1), info: signedInfoBytes({ ...info, signature }) }),
      (signature) => {
        const incoming = { slot: { slot: "message" }, sender: alice.name, envelope: sealed.envelope, signature } as const;
        return openEnvelope(platform, group.created.context, incoming);
      },
    ];
    for (const [i, slot] of slots.entries()) {
      for (const [j, signature] of signatures.entries()) {
        expect(await codeOf(slot(signature)), `artefact ${j} in slot ${i}`).toBe(i === j ? "ok" : "E_SIG");
      }
    }
    const texts = [
      alice.prekey.spk.toBytes(),
      loginMessage(origin, alice.name, ik, challenge),
      info.group.signedBytes(),
      sealed.envelope,
    ];
    const parses = (work: () => unknown): boolean => {
      try {
        work();
        return true;
      } catch {
        return false;
      }
    };
    for (const [i, text] of texts.entries()) {
      expect(parses(() => Spk.parse(text))).toBe(i === 0);
      expect(parses(() => Envelope.parse(text))).toBe(i === 3);
      expect(text[0] === 0).toBe(i === 1 || i === 2);
      expect(parses(() => GroupInfo.parse(text))).toBe(false);
    }
  });
});

/** GF(2^128) as GCM orders its bits: bit 0 is the highest bit of the first byte. */
const ONE = 1n << 127n;

function multiply(x: bigint, y: bigint): bigint {
  let [z, v] = [0n, y];
  for (let i = 127n; i >= 0n; i--) {
    if ((x >> i) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return z;
}

/** x^(2^128 - 2). */
function inverse(x: bigint): bigint {
  let [acc, square] = [ONE, x];
  for (let i = 1; i < 128; i++) {
    square = multiply(square, square);
    acc = multiply(acc, square);
  }
  return acc;
}

const toBlock = (part: Uint8Array): bigint => part.reduce((n, byte, i) => n | (BigInt(byte) << BigInt(120 - 8 * i)), 0n);
const fromBlock = (n: bigint): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => Number((n >> BigInt(120 - 8 * i)) & 0xffn));

function aes(key: Uint8Array, input: Uint8Array): bigint {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return toBlock(concat(cipher.update(input), cipher.final()));
}

function blocks(whole: Uint8Array): bigint[] {
  return Array.from({ length: Math.ceil(whole.length / 16) }, (_, i) => toBlock(whole.subarray(16 * i, 16 * i + 16)));
}

/** GCM's tag over `aad` and a ciphertext of whole blocks, nonce 0^12. */
function tag(key: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): bigint {
  const h = aes(key, new Uint8Array(16));
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(ciphertext.length * 8);
  const ghash = [...blocks(aad), ...blocks(ciphertext), lengths].reduce((acc, x) => multiply(acc ^ x, h), 0n);
  return ghash ^ aes(key, new Uint8Array(16).with(15, 1));
}

/** `ciphertext || tag` for both keys: the last block is chosen so that one tag fits both. */
function collide(keys: readonly [Uint8Array, Uint8Array], aad: Uint8Array, text: Uint8Array): Uint8Array {
  const ciphertext = concat(text.subarray(0, -16), new Uint8Array(16));
  const difference = tag(keys[0], aad, ciphertext) ^ tag(keys[1], aad, ciphertext);
  // The last block x adds x·H^2 to each tag: x·(H1^2 + H2^2) must make up the difference.
  const square = (key: Uint8Array): bigint => {
    const h = aes(key, new Uint8Array(16));
    return multiply(h, h);
  };
  ciphertext.set(fromBlock(multiply(difference, inverse(square(keys[0]) ^ square(keys[1])))), ciphertext.length - 16);
  return concat(ciphertext, fromBlock(tag(keys[0], aad, ciphertext)));
}

describe("a malicious member", () => {
  it("C-303: makes one signed envelope that two keys open: it commits to one of them", async () => {
    const group = await groupOf(2);
    const [alice] = group.people;
    const { context } = group.created;
    // The second key belongs to another secret under the same transcript: what an equivocating member would hand out.
    const other = new GroupContext(context.groupInfo, context.roster, GroupSecret.fromBytes(bytes(8)));
    const honest = await seal(group, 0, 0, { body: "one text" });
    const aad = honest.envelope.subarray(0, 105);
    const keyIn = (of: GroupContext): Uint8Array => {
      const prk = envelopeKey(Envelope.parse(honest.envelope), senderKey(of, 0) ?? bytes(0));
      return expand(prk, t("msg-key", honest.envelope.subarray(0, 73), of.giHash));
    };
    const keys = [keyIn(context), keyIn(other)] as const;
    const forged = concat(aad, collide(keys, aad, honest.envelope.subarray(105, -16)));
    // Without the commitment both open.
    for (const key of keys) {
      expect(await platform.aesGcmOpen(key, new Uint8Array(12), aad, forged.subarray(105))).not.toBeNull();
    }
    const signature = signRaw(alice.identity, forged);
    const incoming = { slot: { slot: "message" }, sender: alice.name, envelope: forged, signature } as const;
    expect(await codeOf(openEnvelope(platform, other, incoming))).toBe("E_COMMIT");
    // The key it commits to goes on to the content, whose last block is no longer what an honest sender pads with.
    expect(await codeOf(openEnvelope(platform, context, incoming))).toBe("E_INNER");
  });

  it("C-923: an envelope that commits to another key is not even tried", async () => {
    const group = await groupOf(2);
    const [alice] = group.people;
    const { envelope } = await seal(group, 0, 0);
    envelope.set([(envelope[73] ?? 0) ^ 1], 73);
    const closed = { ...platform, aesGcmOpen: () => Promise.reject(new Error("AES-GCM was called")) };
    const incoming = { slot: { slot: "message" }, sender: alice.name, envelope, signature: signRaw(alice.identity, envelope) } as const;
    expect(await codeOf(openEnvelope(closed, group.created.context, incoming))).toBe("E_COMMIT");
  });
});
