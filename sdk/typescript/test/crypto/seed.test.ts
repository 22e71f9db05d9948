/** The seed protocol's functions, with the meaning that `sotto/1` gives them. */

import { describe, expect, it } from "vitest";
import * as sdk from "../../src/index.js";
import {
  bytesToHex,
  createGroupDM,
  decrypt,
  encrypt,
  generateChallengeResponse,
  generatePrivateKey,
  getPublicKey,
  getPublicSpk,
  hexToBytes,
  recvGroupDM,
  signature,
  verify,
} from "../../src/seed.js";
import type { X3dhNotice } from "../../src/protocol.js";

const text = (words: string): string => bytesToHex(new TextEncoder().encode(words));

interface Person {
  readonly username: string;
  readonly priv: string;
  readonly spk: { readonly priv: string; readonly createdAt: number };
}

function person(username: string): Person {
  return { username, priv: generatePrivateKey(), spk: { priv: generatePrivateKey(), createdAt: 1_700_000_000 } };
}

function bundle({ username, priv, spk }: Person): { username: string; public_key: string; spk: string; sig: string } {
  const blob = getPublicSpk(spk.priv, spk.createdAt);
  return { username, public_key: getPublicKey(priv), spk: blob, sig: signature(priv, blob) };
}

const [alice, bob, carol] = [person("alice"), person("bob"), person("Çarol")];

async function made(): Promise<{ created: Awaited<ReturnType<typeof createGroupDM>>; notice: X3dhNotice }> {
  const created = await createGroupDM(alice.priv, [bundle(bob), bundle(carol)], { username: "alice", createdAt: 1_700_000_100 });
  const [message] = created.messages;
  if (message === undefined) throw new Error("no message for bob");
  const { keyTree, info } = created;
  const notice = { sender: "alice", ik: getPublicKey(alice.priv), ...message, key_tree: [...keyTree], position: 1, id: 7, info };
  return { created, notice };
}

const asBob = { username: "bob", spks: [bob.spk] };

describe("the seed's functions", () => {
  it("all exist, in the package itself", () => {
    const names = ["generatePrivateKey", "signature", "verify", "generateChallengeResponse", "createGroupDM", "recvGroupDM"];
    for (const name of [...names, "encrypt", "decrypt", "bytesToHex", "hexToBytes"]) {
      expect(sdk, name).toHaveProperty(name, expect.any(Function));
    }
  });

  it("make a DM whose members read each other, and nobody as another (C-216, C-309)", async () => {
    const { created, notice } = await made();
    const joined = await recvGroupDM(bob.priv, notice, asBob);
    expect(joined.sharedKey).toBe(created.sharedKey);
    expect(created.keyTree).toHaveLength(6);

    const sent = await encrypt(created, alice.priv, text("Why is the answer 42?"), { expire: 60 });
    const opened = await decrypt(joined, { ...sent, sender: "alice" });
    expect(opened).toMatchObject({ text: text("Why is the answer 42?"), sender: "alice", ref: sent.ref, root: sent.ref, expire: 60 });
    expect(verify(getPublicKey(alice.priv), sent.message, sent.signature)).toBe(true);
    await expect(decrypt(joined, { ...sent, sender: "bob" })).rejects.toMatchObject({ kind: "security", code: "E_SENDER" });

    const answer = await encrypt(joined, bob.priv, text("👍"), { kind: "reaction", target: opened.root });
    const slot = { slot: "reaction", root: hexToBytes(opened.root) } as const;
    expect((await decrypt(created, { ...answer, sender: "bob", slot })).text).toBe(text("👍"));
    await expect(encrypt(joined, alice.priv, text("hi"))).rejects.toMatchObject({ code: "E_SENDER" });
    await expect(encrypt(joined, bob.priv, "ff")).rejects.toMatchObject({ code: "E_INNER" });
  });

  it("number what one group object sends (C-302)", async () => {
    const { created } = await made();
    const numbers: number[] = [];
    for (const words of ["a", "b"]) {
      const { message } = await encrypt(created, alice.priv, text(words));
      numbers.push(Number.parseInt(message.slice(74, 82), 16));
    }
    expect(numbers).toEqual([0, 1]);
  });

  it("refuse a group without its signed description, another's prekey and no prekey (C-219, C-111)", async () => {
    const { notice } = await made();
    const { info: _, ...unsigned } = notice;
    await expect(recvGroupDM(bob.priv, unsigned, asBob)).rejects.toMatchObject({ code: "E_DOWNGRADE" });
    await expect(recvGroupDM(bob.priv, notice, { ...asBob, spks: [carol.spk] })).rejects.toMatchObject({ code: "E_SPK" });
    const bare = { ...bundle(bob), spk: null, sig: null };
    await expect(createGroupDM(alice.priv, [bare], { username: "alice" })).rejects.toMatchObject({ code: "E_SPK" });
    const pins = { pin: () => ({ ik: hexToBytes(getPublicKey(carol.priv)), spkCreatedAt: 0n, verified: false }) };
    await expect(createGroupDM(alice.priv, [bundle(bob)], { username: "alice", pins })).rejects.toMatchObject({ code: "E_KEY_CHANGED" });
  });

  it("C-109: answer a login by a signature, whatever the challenge", () => {
    const at = { origin: "https://chat.example.org", username: "alice" };
    // A server that sends a public key for a challenge gets 64 bytes, never a point.
    const response = generateChallengeResponse(alice.priv, getPublicKey(bob.priv), at);
    expect(response).toHaveLength(128);
    expect(() => generateChallengeResponse(alice.priv, "61".repeat(31), at)).toThrow(expect.objectContaining({ code: "E_CHALLENGE" }));
  });

  it("C-109: sign prekeys and envelopes and nothing else", () => {
    for (const [bytes, code] of [
      ["61".repeat(32), "E_DOWNGRADE"],
      ["61".repeat(50), "E_SPK"],
      ["00".repeat(185), "E_DOWNGRADE"],
      ["", "E_INNER"],
      [text("any other bytes"), "E_INNER"],
      ["AA", "E_HEX"],
    ] as const) {
      expect(() => signature(alice.priv, bytes), bytes).toThrow(expect.objectContaining({ code }));
    }
  });

  it("say no without throwing where a signature is none (C-115)", () => {
    const blob = getPublicSpk(bob.spk.priv, 1);
    const sig = signature(bob.priv, blob);
    expect(verify(getPublicKey(bob.priv), blob, sig)).toBe(true);
    for (const [pub, message, other] of [
      [getPublicKey(carol.priv), blob, sig],
      [getPublicKey(bob.priv), blob.replace(/.$/, "0"), sig.replace(/^../, "00")],
      ["00".repeat(32), blob, sig],
      [getPublicKey(bob.priv).toUpperCase(), blob, sig],
      [getPublicKey(bob.priv), blob, ""],
    ] as const) {
      expect(verify(pub, message, other)).toBe(false);
    }
  });

  it("C-104: read only canonical hex", () => {
    expect(hexToBytes("00ff")).toEqual(Uint8Array.of(0, 255));
    for (const bad of ["0", "0F", "0x00", "zz", "00\n", "００"]) {
      expect(() => hexToBytes(bad), bad).toThrow(expect.objectContaining({ kind: "security", code: "E_HEX" }));
    }
  });
});
