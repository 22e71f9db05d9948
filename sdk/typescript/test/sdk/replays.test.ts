/** What was seen, across runs, and what is remembered as verified: the same verdicts with and without it. */

import { beforeAll, describe, expect, test } from "vitest";
import { identityOf, Account } from "../../src/account.js";
import {
  createGroup,
  encodeHex,
  type GroupContext,
  GroupRandom,
  Identity,
  type Kind,
  NO_PINS,
  Prekey,
  type Sealed,
  sealEnvelope,
  toName,
} from "../../src/crypto/index.js";
import type { Group } from "../../src/groups.js";
import { MemoryStore, type protocol } from "../../src/index.js";
import { webPlatform } from "../../src/platform/web.js";
import { Replays } from "../../src/replays.js";
import { timestamp } from "../../src/time.js";
import { textOf } from "./people.js";

const DM = 7;
const SENT = "2026-01-01T00:00:00.000000";
let opens = 0;
const platform = {
  ...webPlatform(),
  aesGcmOpen: (...args: Parameters<ReturnType<typeof webPlatform>["aesGcmOpen"]>) => {
    opens += 1;
    return webPlatform().aesGcmOpen(...args);
  },
  now: () => Date.parse("2026-01-01T00:10:00Z"),
};
const alice = identityOf(Account.create("alice").account);
const bob = Identity.fromSeed(platform.randomBytes(32));
let context: GroupContext;
let group: Group;

beforeAll(async () => {
  const { spk } = Prekey.generate(platform, 1n);
  const bundle = { username: "bob", ik: bob.public.toBytes(), spk: spk.toBytes(), sig: bob.signSpk(spk) };
  ({ context } = await createGroup(alice, "alice", 1n, [bundle], NO_PINS, GroupRandom.generate(platform, 2)));
  group = { dm: DM, context, position: 0 };
});

const sid = platform.randomBytes(8);

interface More {
  readonly target?: Uint8Array;
  readonly rev?: number;
  readonly expireS?: number;
  readonly by?: 0 | 1;
}

function seal(kind: Kind, seq: number, body: string, more: More = {}): Promise<Sealed> {
  const { target = new Uint8Array(32), rev = 0, expireS = 0, by = 0 } = more;
  const stamp = { sid, seq, salt: platform.randomBytes(32) };
  return sealEnvelope(platform, context, by === 0 ? alice : bob, by, stamp, { kind, target, rev, sentAtMs: 5n, expireS, body });
}

function wire(id: number, sealed: Sealed, more: Partial<protocol.Message> = {}): protocol.Message {
  const [message, signature] = [encodeHex(sealed.envelope), encodeHex(sealed.signature)];
  const plain = { id, dm_id: DM, sender: "alice", message, signature, timestamp: SENT, pinned: false, reactions: [] };
  return { ...plain, delete_timestamp: null, ...more };
}

describe("a message that comes again", () => {
  test("is not verified twice, and says the same", async () => {
    const replays = new Replays(new MemoryStore(), platform);
    const reaction = await seal("reaction", 1, "👍", { by: 1, target: (await seal("message", 0, "x")).msgRef });
    const sealed = await seal("message", 0, "hello");
    const reactions = [{ id: 3, sender: "bob", reaction: encodeHex(reaction.envelope), signature: encodeHex(reaction.signature) }];
    const first = await replays.message(group, wire(1, sealed, { reactions }));
    expect(textOf(first)).toBe("hello");
    expect(first.reactions[0]?.text).toMatchObject({ ok: false, why: { code: "E_INNER" } });
    const fit = await seal("reaction", 2, "🎉", { by: 1, target: sealed.msgRef });
    const fitting = [{ id: 4, sender: "bob", reaction: encodeHex(fit.envelope), signature: encodeHex(fit.signature) }];
    const before = await replays.message(group, wire(1, sealed, { reactions: fitting }));
    const done = opens;
    const again = await replays.message(group, wire(1, sealed, { reactions: fitting, pinned: true }));
    expect(again).toEqual({ ...before, pinned: true });
    expect(again.reactions[0]?.text).toEqual({ ok: true, value: "🎉" });
    expect(opens, "nothing was opened").toBe(done);
  });

  test("C-311 C-309: with one other byte, signature or sender, or at another place, it is refused as before", async () => {
    const replays = new Replays(new MemoryStore(), platform);
    const sealed = await seal("message", 10, "hello");
    const other = await seal("message", 10, "other bytes");
    const good = wire(1, sealed);
    expect(textOf(await replays.message(group, good))).toBe("hello");
    const codes = async (...all: protocol.Message[]): Promise<string[]> => {
      const seen: string[] = [];
      for (const each of all) seen.push(textOf(await replays.message(group, each)));
      return seen;
    };
    const zeros = "00".repeat(64);
    expect(
      await codes(
        { ...good, signature: zeros },
        { ...good, sender: "bob" },
        { ...good, message: `${good.message.slice(0, -2)}00` },
        { ...good, id: 2 },
        wire(1, other),
        good,
      ),
    ).toEqual(["E_SIG", "E_SENDER", "E_SIG", "E_REPLAY_MSG", "E_REPLAY_MSG", "hello"]);
  });

  test("C-312: an older version is refused once a newer one was seen, however often either was verified", async () => {
    const replays = new Replays(new MemoryStore(), platform);
    const first = await seal("message", 20, "first");
    const edit = await seal("edit", 21, "second", { target: first.msgRef, rev: 1 });
    const said: string[] = [];
    for (const sealed of [first, first, edit, first, edit, first]) said.push(textOf(await replays.message(group, wire(5, sealed))));
    expect(said).toEqual(["first", "first", "second", "E_REPLAY_MSG", "second", "E_REPLAY_MSG"]);
  });

  test("C-311: of a deleted message nothing is shown elsewhere, and at its own place it is verified anew", async () => {
    const replays = new Replays(new MemoryStore(), platform);
    const sealed = await seal("message", 30, "gone");
    await replays.message(group, wire(8, sealed));
    await replays.forget(DM, 8);
    expect(textOf(await replays.message(group, wire(9, sealed)))).toBe("E_REPLAY_MSG");
    const done = opens;
    expect(textOf(await replays.message(group, wire(8, sealed)))).toBe("gone");
    expect(opens).toBe(done + 1);
  });
});

describe("across runs", () => {
  test("C-311 C-312: what was seen is known to the next run, the name's revision too", async () => {
    const store = new MemoryStore();
    const replays = new Replays(store, platform);
    const [one, two] = [await seal("message", 40, "one"), await seal("message", 43, "two")];
    const name = async (rev: number, seq: number, text: string): Promise<string> =>
      encodeHex(toName(await seal("name", seq, text, { rev })));
    const [old, current] = [await name(1, 41, "old"), await name(2, 42, "current")];
    await replays.message(group, wire(1, one));
    expect(await replays.name(group, old)).toEqual({ ok: true, value: { text: "old", rev: 1 } });
    expect(await replays.name(group, current)).toEqual({ ok: true, value: { text: "current", rev: 2 } });
    await replays.save();
    const next = new Replays(store, platform);
    expect(await next.highestName(DM)).toBe(2);
    expect(await next.name(group, old)).toMatchObject({ ok: false, why: { code: "E_REPLAY_MSG" } });
    expect(textOf(await next.message(group, wire(2, one)))).toBe("E_REPLAY_MSG");
    expect((await next.message(group, wire(3, two))).missingBefore).toBe(0);
    expect(await next.name(group, "00")).toMatchObject({ ok: false, why: { code: "E_INNER" } });
    expect(await next.name(group, "AA")).toMatchObject({ ok: false, why: { code: "E_HEX" } });
    await next.forgetDm(DM);
    expect(await store.keys("")).toEqual([]);
  });
});

describe("limits", () => {
  test("C-313: the sender's limit is shown where it is the earlier, and a minute after it the text is not", async () => {
    const replays = new Replays(new MemoryStore(), platform);
    const at = (seconds: number): string => timestamp(Date.parse(`${SENT.slice(0, 23)}Z`) * 1000 + seconds * 1_000_000);
    const sent = async (id: number, expireS: number, server: string | null): Promise<[string, string | null]> => {
      const sealed = await seal("message", 50 + id, "brief", { expireS });
      const message = await replays.message(group, wire(id, sealed, { delete_timestamp: server }));
      return [textOf(message), message.expires];
    };
    expect(await sent(1, 3_600, null)).toEqual(["brief", at(3_600)]);
    expect(await sent(2, 3_600, at(1_200))).toEqual(["brief", at(1_200)]);
    expect(await sent(3, 1_200, at(3_600))).toEqual(["brief", at(1_200)]);
    expect(await sent(4, 0, at(3_600))).toEqual(["brief", at(3_600)]);
    // The clock stands at 600 s.
    expect(await sent(5, 540, null)).toEqual(["brief", at(540)]);
    expect(await sent(6, 539, null)).toEqual(["E_EXPIRED", at(539)]);
  });
});
