/** Which calls ring, for how long, and what happens to them. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Calls, type CallNews } from "./calls";
import type { MediaSource } from "./engine/media";
import { DM, FakeServer, type FakeSotto } from "./engine/testing/fake-server";
import { FakeConnection, FakeStream, FakeTrack } from "./engine/testing/fake-rtc";

const media: MediaSource = {
  open: (wish) => {
    const track = (kind: "audio" | "video") => new FakeTrack(kind) as unknown as MediaStreamTrack;
    return Promise.resolve({ mic: wish.mic === true ? track("audio") : null, camera: wish.camera === true ? track("video") : null, problem: null });
  },
  screen: () => Promise.reject(new Error("not here")),
};

interface User {
  readonly sotto: FakeSotto;
  readonly calls: Calls;
  readonly news: CallNews[];
  readonly quiet: Set<number>;
}

function user(server: FakeServer, name: string): User {
  const sotto = server.device(name);
  const quiet = new Set<number>();
  const connect = (configuration: RTCConfiguration) => new FakeConnection(configuration) as unknown as RTCPeerConnection;
  const calls = new Calls(sotto, { media, connect }, (dm) => quiet.has(dm));
  const news: CallNews[] = [];
  calls.onNews((one) => news.push(one));
  return { sotto, calls, news, quiet };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const rings = ({ calls }: User) => calls.view.rings;

async function three(): Promise<{ server: FakeServer; alice: User; bob: User; carol: User }> {
  const server = new FakeServer("alice", "bob", "carol");
  const [alice, bob, carol] = [user(server, "alice"), user(server, "bob"), user(server, "carol")];
  await settle();
  return { server, alice, bob, carol };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeStream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("ringing", () => {
  it("a call rings when it begins, with the others and not with the caller, and not again for each who joins", async () => {
    const { alice, bob, carol } = await three();
    await alice.calls.enter(DM, false);
    await settle();
    expect([rings(alice), rings(bob), rings(carol)]).toEqual([[], [{ dm: DM, from: "alice" }], [{ dm: DM, from: "alice" }]]);
    bob.calls.dismiss(DM);
    await carol.calls.enter(DM, false);
    await settle();
    expect([rings(bob), rings(carol)]).toEqual([[], []]);
    expect(carol.calls.view.call?.people.map(({ username, link }) => [username, link])).toEqual([["alice", "connected"]]);
  });

  it("stops after a while, or when the caller gives up, as a missed call", async () => {
    const { alice, bob, carol } = await three();
    await alice.calls.enter(DM, false);
    await settle();
    carol.calls.dismiss(DM);
    await vi.advanceTimersByTimeAsync(45_000);
    expect([rings(bob), bob.news, carol.news]).toEqual([[], [{ what: "missed", ring: { dm: DM, from: "alice" } }], []]);
    await alice.calls.leave();
    await settle();
    await alice.calls.enter(DM, false);
    await settle();
    expect(rings(bob)).toHaveLength(1);
    await alice.calls.leave();
    await settle();
    expect([rings(bob), bob.news.length]).toEqual([[], 2]);
  });

  it("stops where the user answers on another device", async () => {
    const { server, alice, bob } = await three();
    const phone = user(server, "bob");
    await alice.calls.enter(DM, false);
    await settle();
    expect([rings(bob).length, rings(phone).length]).toEqual([1, 1]);
    await phone.calls.enter(DM, false);
    await settle();
    expect([rings(bob), bob.news]).toEqual([[], []]);
  });

  it("neither in a muted DM nor by someone who is blocked", async () => {
    const { alice, bob, carol } = await three();
    bob.quiet.add(DM);
    carol.sotto.blocks.add("alice");
    await alice.calls.enter(DM, false);
    await settle();
    expect([rings(bob), rings(carol)]).toEqual([[], []]);
  });

  it("a call that was running before this device came does not ring", async () => {
    const { server, alice, bob } = await three();
    await alice.calls.enter(DM, false);
    await settle();
    const late = user(server, "carol");
    await settle();
    await bob.calls.enter(DM, false);
    await settle();
    expect(rings(late)).toEqual([]);
  });

  it("what ended while this device was offline is missed", async () => {
    const { server, alice, bob } = await three();
    await alice.calls.enter(DM, false);
    await settle();
    bob.sotto.lose();
    await alice.calls.leave();
    await settle();
    expect(rings(bob)).toHaveLength(1);
    bob.sotto.find();
    await settle();
    expect([rings(bob), bob.news.map(({ what }) => what), server.places.size]).toEqual([[], ["missed"], 0]);
  });
});

describe("the call", () => {
  it("one that ends is told, and gone", async () => {
    const { alice } = await three();
    await alice.calls.enter(DM, true);
    alice.calls.resize(true);
    expect(alice.calls.view).toMatchObject({ small: true, call: { phase: "live", own: { camera: "on" } } });
    await alice.calls.leave();
    expect([alice.calls.view.call, alice.calls.session]).toEqual([null, null]);
    expect(alice.news).toEqual([{ what: "ended", dm: DM, end: { reason: "left", sentence: null } }]);
  });

  it("entering the call that one is in makes it large", async () => {
    const { alice } = await three();
    await alice.calls.enter(DM, false);
    const { session } = alice.calls;
    alice.calls.resize(true);
    await alice.calls.enter(DM, false);
    expect([alice.calls.session === session, alice.calls.view.small]).toEqual([true, false]);
  });

  it("R-602: a page that goes away leaves", async () => {
    const { server, alice } = await three();
    await alice.calls.enter(DM, false);
    globalThis.dispatchEvent(new Event("pagehide"));
    await settle();
    expect(server.places.size).toBe(0);
    expect(alice.calls.view.call).toBeNull();
  });
});
