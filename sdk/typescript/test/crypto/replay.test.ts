/** C-311, C-312: the memory of a DM, beyond the shared scripts. */

import { describe, expect, it } from "vitest";
import type { Sealed } from "../../src/crypto/envelope.js";
import { type Place, type Received, Replay } from "../../src/crypto/replay.js";
import { codeOf } from "./executor/code.js";
import { platform } from "./executor/platform.js";
import { bytes, groupOf, seal } from "./world.js";

const group = await groupOf(2);

function receive(memory: Replay, id: number, { envelope, signature }: Sealed, place: Place = { place: "message", id }): Promise<Received> {
  return memory.receive(platform, group.created.context, place, undefined, envelope, signature);
}

describe("the memory of a DM", () => {
  it("takes what comes at once in the order in which it came", async () => {
    const first = await seal(group, 0, 0);
    const edits = await Promise.all(
      [1, 2, 3].map((rev) => seal(group, 0, rev, { kind: "edit", target: first.msgRef, rev, body: "x".repeat(60_000 / rev ** 2) })),
    );
    const memory = new Replay();
    // The first to be opened is the longest: whichever is done first, all count in their order.
    const received = await Promise.all([first, ...edits].map((one) => receive(memory, 7, one)));
    expect(received.map(({ fresh, gap }) => [fresh, gap])).toEqual([[true, 0], [true, 0], [true, 0], [true, 0]]);
    expect(await codeOf(receive(memory, 7, first))).toBe("E_REPLAY_MSG");
  });

  it("goes on after a refusal, which leaves no trace", async () => {
    const [one, two] = [await seal(group, 0, 0), await seal(group, 0, 1)];
    const memory = new Replay();
    const empty = memory.toBytes();
    const damaged = { ...one, signature: two.signature };
    const [bad, good] = [codeOf(receive(memory, 1, damaged)), codeOf(receive(memory, 2, two))];
    expect([await bad, await good]).toEqual(["E_SIG", "ok"]);
    expect(memory.toBytes()).not.toEqual(empty);
    expect((await receive(memory, 1, one)).gap).toBe(0);
  });

  it("counts gaps whatever the order, and knows how many numbers it has", async () => {
    const sealed = await Promise.all([0, 1, 2, 3, 4, 5].map((seq) => seal(group, 0, seq)));
    const memory = new Replay();
    const gaps: number[] = [];
    for (const seq of [5, 0, 3, 1, 4, 2]) {
      const one = sealed[seq];
      if (one === undefined) throw new Error("six were sealed");
      gaps.push((await receive(memory, seq + 1, one)).gap);
    }
    expect(gaps).toEqual([5, 0, 2, 0, 0, 0]);
    // Another sender's numbers are another row.
    expect((await receive(memory, 20, await seal(group, 1, 0))).gap).toBe(0);
  });

  it("reads back what it wrote, and nothing else", async () => {
    const memory = new Replay();
    const first = await seal(group, 0, 0);
    await receive(memory, 1, first);
    await receive(memory, 2, await seal(group, 1, 0));
    await receive(memory, 0, await seal(group, 0, 1, { kind: "name", rev: 1 }), { place: "name" });
    const react = await seal(group, 1, 1, { kind: "reaction", target: first.msgRef });
    await receive(memory, 0, react, { place: "reaction", id: 9, root: first.msgRef });
    const written = memory.toBytes();
    const read = Replay.fromBytes(written);
    expect(read?.toBytes()).toEqual(written);
    expect(read?.root(1)).toEqual(first.msgRef);
    expect(Replay.fromBytes(new Replay().toBytes())).toBeDefined();
    for (let at = 0; at < written.length; at++) {
      expect(Replay.fromBytes(written.subarray(0, at)), `${at} bytes`).toBeUndefined();
    }
    for (const damaged of [
      new Uint8Array(),
      Uint8Array.of(...written, 0),
      // The magic; a count of more than there is; the flag before the current name.
      written.with(0, 0),
      written.with(5, 0xff),
      written.with(written.length - 37, 2),
    ]) {
      expect(Replay.fromBytes(damaged)).toBeUndefined();
    }
  });

  it("has one form: a name has no id", async () => {
    const memory = new Replay();
    await receive(memory, 0, await seal(group, 0, 0, { kind: "name", rev: 1 }), { place: "name" });
    const written = memory.toBytes();
    // Magic, count, sender, session, number, place; then the id's eight bytes.
    const id = 4 + 8 + 4 + 8 + 4 + 1;
    expect(written.subarray(id, id + 8)).toEqual(bytes(0, 8));
    expect(Replay.fromBytes(written.with(id + 7, 1))).toBeUndefined();
  });

  it("forgets what a deleted message showed, and not its envelopes", async () => {
    const memory = new Replay();
    const one = await seal(group, 0, 0);
    await receive(memory, 1, one);
    memory.forget(1);
    memory.forget(2);
    expect(memory.root(1)).toBeUndefined();
    expect(await codeOf(receive(memory, 2, one))).toBe("E_REPLAY_MSG");
    expect((await receive(memory, 1, one)).fresh).toBe(true);
  });

  it("gives out copies of what it holds", async () => {
    const memory = new Replay();
    const one = await seal(group, 0, 0);
    const { opened } = await receive(memory, 1, one);
    const before = memory.toBytes();
    memory.root(1)?.fill(0);
    for (const own of [opened.msgRef, opened.root, opened.target, opened.sid]) own.fill(0);
    expect(memory.root(1)).toEqual(one.msgRef);
    expect(memory.toBytes()).toEqual(before);
    expect(one.msgRef).not.toEqual(bytes(0));
  });
});
