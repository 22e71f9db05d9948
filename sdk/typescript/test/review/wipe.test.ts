/** Forgetting an account leaves nothing behind, whatever was under way; and what two tabs have seen is known to both afterwards. */

import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parseServer } from "../../src/address.js";
import { Replay } from "../../src/crypto/index.js";
import { type Group, Groups } from "../../src/groups.js";
import { IndexedDbStore, MemoryStore, SottoError, type Store } from "../../src/index.js";
import { dial, Link } from "../../src/link.js";
import { webPlatform } from "../../src/platform/web.js";
import { Replays } from "../../src/replays.js";
import { TRANSPORT_DEFAULTS } from "../../src/transport.js";
import { Vault } from "../../src/vault.js";
import { TestServer, until } from "../server.js";
import { befriend, closeAll, device, member, type Member, textOf } from "../sdk/people.js";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(closeAll);
afterAll(() => server.stop());

/** A store one of whose writes can be held up. */
class Slow implements Store {
  readonly inner = new MemoryStore();
  /** Writes of this key wait for the promise. */
  held: { readonly key: string; readonly until: Promise<void> } | undefined;
  reached = false;
  read = (key: string): Promise<Uint8Array | undefined> => this.inner.read(key);
  keys = (prefix: string): Promise<string[]> => this.inner.keys(prefix);
  claim = (role: string): ReturnType<Store["claim"]> => this.inner.claim(role);
  clear = (): Promise<void> => this.inner.clear();
  async update(key: string, change: (old: Uint8Array | undefined) => Uint8Array | undefined): Promise<void> {
    if (this.held?.key === key) {
      this.reached = true;
      await this.held.until;
    }
    await this.inner.update(key, change);
  }
}

async function two(suffix: string, options: { store: Store }): Promise<[Member, Member, number]> {
  const [alice, bob] = [await member(server.url, `ada${suffix}`, options), await member(server.url, `ben${suffix}`)];
  await befriend(alice, bob);
  return [alice, bob, (await alice.sotto.createDm([bob.sotto.username])).id];
}

test("nothing that was under way writes after the account was forgotten", async () => {
  const store = new Slow();
  const [{ sotto }, bob, dm] = await two("1", { store });
  let release: () => void = () => undefined;
  store.held = { key: "own-storage", until: new Promise((resolve) => { release = resolve; }) };
  // Between two writes of what `own_storage` is now.
  const creating = sotto.verify(bob.sotto.username).catch((error: unknown) => error);
  await until("the write", () => store.reached);
  const wiping = sotto.wipe();
  await sotto.close();
  setTimeout(release, 50);
  await wiping;
  expect(await store.keys("")).toEqual([]);
  expect(await creating).toMatchObject({ kind: "disconnected" });
  expect(await store.keys("")).toEqual([]);
  await expect(sotto.messages(dm)).rejects.toMatchObject({ kind: "disconnected" });
});

test("another tab of an account that is forgotten ends, and writes nothing down again", async () => {
  const name = `sotto/state/${crypto.randomUUID()}`;
  const [alice, bob, dm] = await two("3", { store: new IndexedDbStore(name) });
  const other = await device(server.url, alice.account, new IndexedDbStore(name));
  await other.sotto.ready();
  await bob.sotto.send(dm, "seen by both");
  await Promise.all([alice.ear.textsUntil("seen by both"), other.ear.textsUntil("seen by both")]);
  await alice.sotto.wipe();
  const { error } = await other.ear.next("ended");
  expect(error.message).toBe("This account was forgotten on this device.");
  await other.sotto.close();
  await expect(other.sotto.send(dm, "no more")).rejects.toMatchObject({ kind: "disconnected" });
  expect(await new IndexedDbStore(name).keys("")).toEqual([]);
});

test("C-311 C-312: what one tab has seen stays known when another one keeps what it has seen itself", async () => {
  const store = new MemoryStore();
  const [alice, bob, dm] = await two("2", { store });
  for (const text of ["first", "gone"]) await bob.sotto.send(dm, text);
  await alice.ear.textsUntil("gone");
  const [gone, first] = await alice.sotto.messages(dm);
  if (gone === undefined || first === undefined) throw new Error("two messages were sent");
  const original = await (await wires(alice)).call("get_message", { id: first.id });
  await alice.sotto.close();
  // The second tab has read both, and hears of nothing that the first one sees; it is the last to keep what it knows.
  const stale = new Replays(store, webPlatform());
  await stale.highestName(dm);
  const one = await device(server.url, alice.account, store);
  await one.sotto.ready();
  await bob.sotto.edit(first.id, "second");
  await one.ear.next("messageChanged");
  await bob.sotto.rename(dm, "a name");
  await one.ear.next("dmChanged", (told) => told.dm.name !== null);
  await one.sotto.close();
  await stale.forget(dm, gone.id);
  await stale.save();
  const group = await groupOf(alice, dm);
  const after = new Replays(store, webPlatform());
  expect(await after.highestName(dm), "the name's revision").toBe(1);
  expect(textOf(await after.message(group, original))).toBe("E_REPLAY_MSG");
  expect(textOf(await after.message(group, { ...original, id: gone.id }))).toBe("E_REPLAY_MSG");
  const kept = await store.read(`replay-${String(dm)}`);
  if (kept === undefined) throw new Error("nothing is kept");
  expect(Replay.fromBytes(kept.subarray(4))?.root(gone.id), "what went stays gone").toBeUndefined();
  expect(Replay.fromBytes(kept.subarray(4))?.root(first.id)).toBeDefined();
});

async function wires(who: Member): Promise<Awaited<ReturnType<typeof dial>>> {
  return dial(parseServer(server.url), who.account, TRANSPORT_DEFAULTS);
}

/** The group behind a DM as a fresh device restores it. */
async function groupOf({ account }: Member, dm: number): Promise<Group> {
  const platform = webPlatform();
  const link = new Link(20_000);
  link.online(await dial(parseServer(server.url), account, TRANSPORT_DEFAULTS));
  const store = new MemoryStore();
  const vault = new Vault(account, store, platform);
  await vault.refresh(link);
  const group = await new Groups({ account, platform, vault, replays: new Replays(store, platform) }).group(link, dm);
  link.end(new SottoError("disconnected", "done"));
  return group;
}
