/** A call through everything that can happen to it, with a server and connections in memory. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SottoError } from "@sotto/sdk";
import { CallSession, FULL_CALL } from "./call-session";
import { MediaProblem, type Got, type MediaSource, type Wish } from "./media";
import { DM, FakeServer, type FakeSotto } from "./testing/fake-server";
import { FakeConnection, FakeStream, FakeTrack } from "./testing/fake-rtc";

class FakeMedia implements MediaSource {
  why: { mic?: MediaProblem["why"]; camera?: MediaProblem["why"] } = {};
  readonly opened: FakeTrack[] = [];

  open(wish: Wish): Promise<Got> {
    const get = (slot: "mic" | "camera"): MediaStreamTrack | null => {
      if (wish[slot] !== true || this.why[slot] !== undefined) return null;
      return this.#track(slot === "mic" ? "audio" : "video");
    };
    const why = (wish.mic === true ? this.why.mic : undefined) ?? (wish.camera === true ? this.why.camera : undefined);
    return Promise.resolve({ mic: get("mic"), camera: get("camera"), problem: why === undefined ? null : new MediaProblem(why) });
  }

  screen(): Promise<{ video: MediaStreamTrack; audio: null }> {
    return Promise.resolve({ video: this.#track("video"), audio: null });
  }

  #track(kind: "audio" | "video"): MediaStreamTrack {
    const track = new FakeTrack(kind);
    this.opened.push(track);
    return track as unknown as MediaStreamTrack;
  }
}

interface Caller {
  readonly sotto: FakeSotto;
  readonly session: CallSession;
  readonly media: FakeMedia;
  readonly connections: FakeConnection[];
  /** What is heard and seen of the others: name, connection, kinds of tracks. */
  people(): Record<string, string>;
}

function caller(sotto: FakeSotto): Caller {
  const media = new FakeMedia();
  const connections: FakeConnection[] = [];
  const connect = (configuration: RTCConfiguration): RTCPeerConnection => {
    const made = new FakeConnection(configuration);
    connections.push(made);
    return made as unknown as RTCPeerConnection;
  };
  const session = new CallSession(sotto, DM, { media, connect });
  const people = () =>
    Object.fromEntries(
      session.snapshot.people.map(({ username, link, mic, camera, stream, screen }) => {
        const kinds = ((stream as unknown as FakeStream | null)?.getTracks() ?? []).map(({ kind }) => kind).sort();
        return [username, [link, mic && "mic", camera && "camera", ...kinds, screen !== null && "screen"].filter(Boolean).join(" ")];
      }),
    );
  return { sotto, session, media, connections, people };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

async function call(server: FakeServer, ...names: string[]): Promise<Caller[]> {
  const callers = names.map((name) => caller(server.device(name)));
  for (const { session } of callers) {
    await session.start(false);
    await settle();
  }
  return callers;
}

async function pair(server = new FakeServer("alice", "bob")): Promise<{ server: FakeServer; alice: Caller; bob: Caller }> {
  const [alice, bob] = await call(server, "alice", "bob");
  if (alice === undefined || bob === undefined) throw new Error("two callers");
  expect([alice.people(), bob.people()]).toEqual([{ bob: "connected mic audio" }, { alice: "connected mic audio" }]);
  return { server, alice, bob };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeStream);
  FakeConnection.padding = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("coming together", () => {
  it("the one who comes calls, so that nobody's offer meets another", async () => {
    const { alice, bob } = await pair();
    expect([alice.connections, bob.connections].map((made) => made.map(({ offers }) => offers))).toEqual([[0], [1]]);
  });

  it("three are a mesh", async () => {
    const callers = await call(new FakeServer("alice", "bob", "carol"), "carol", "alice", "bob");
    for (const { sotto, people } of callers) {
      expect(Object.keys(people()).sort()).toEqual(["alice", "bob", "carol"].filter((name) => name !== sotto.username));
      expect(new Set(Object.values(people()))).toEqual(new Set(["connected mic audio"]));
    }
  });

  it("C-310: descriptions that are too long for one signal arrive in parts", async () => {
    FakeConnection.padding = 40_000;
    const { server } = await pair();
    expect(Math.max(...server.signals.map(({ body }) => body.length))).toBeLessThanOrEqual(16_204);
  });

  it("R-605: only the server's own ICE servers are used, none where it has none", async () => {
    const server = new FakeServer("alice", "bob");
    const { alice } = await pair(server);
    expect(alice.connections[0]?.configuration.iceServers).toEqual([]);
    expect(alice.session.snapshot.relay).toBe(false);
    server.servers = [{ urls: ["turn:turn.example.org"], username: "1:x", credential: "c" }];
    const { bob } = await pair(Object.assign(new FakeServer("alice", "bob"), { servers: server.servers }));
    expect(bob.connections[0]?.configuration.iceServers).toEqual(server.servers);
    expect(bob.session.snapshot.relay).toBe(true);
  });

  it("nobody joins a call that is full", async () => {
    const server = new FakeServer("alice");
    for (let at = 0; at < FULL_CALL; at += 1) server.places.set(`member ${at}`, server.device(`member ${at}`));
    const [alice] = await call(server, "alice");
    expect(alice?.session.snapshot.end?.reason).toBe("full");
    expect(server.places.has("alice")).toBe(false);
  });

  it("a refusal to join is said", async () => {
    const server = new FakeServer("alice", "bob");
    const sotto = server.device("alice");
    sotto.refusals.push({ request: "joinCall", error: new SottoError("refused", "You are not friends.", { code: "not_friends" }) });
    const alice = caller(sotto);
    await alice.session.start(false);
    expect(alice.session.snapshot.end).toEqual({ reason: "failed", sentence: "You are not friends." });
  });

  it("an answer that does not come is asked for again", async () => {
    const sotto = new FakeServer("alice", "bob").device("alice");
    sotto.refusals.push({ request: "joinCall", error: new SottoError("timeout", "No answer.") });
    const alice = caller(sotto);
    await alice.session.start(false);
    expect(alice.session.snapshot.phase).toBe("live");
  });
});

describe("what is sent", () => {
  it("a camera goes on and off in the same place of the connection", async () => {
    const { alice, bob } = await pair();
    for (let round = 0; round < 3; round += 1) {
      await alice.session.toggleCamera();
      await settle();
      expect(bob.people()).toEqual({ alice: "connected mic camera audio video" });
      await alice.session.toggleCamera();
      await settle();
      expect(bob.people()).toEqual({ alice: "connected mic audio" });
    }
    expect(alice.connections[0]?.getTransceivers()).toHaveLength(2);
    expect(alice.media.opened.filter(({ kind }) => kind === "video").map(({ readyState }) => readyState)).toEqual(["ended", "ended", "ended"]);
  });

  it("both turn their camera on at once: the impolite offer stands, and both are seen", async () => {
    const { alice, bob } = await pair();
    await Promise.all([alice.session.toggleCamera(), bob.session.toggleCamera()]);
    await settle();
    expect([alice.people(), bob.people()]).toEqual([{ bob: "connected mic camera audio video" }, { alice: "connected mic camera audio video" }]);
    expect([alice, bob].map(({ connections }) => connections.at(-1)?.signalingState)).toEqual(["stable", "stable"]);
    expect([alice, bob].map(({ connections }) => connections.at(-1)?.rollbacks)).toEqual([0, 1]);
  });

  it("a screen is told from a camera", async () => {
    const { alice, bob } = await pair();
    await alice.session.toggleCamera();
    await alice.session.toggleScreen();
    await settle();
    expect(bob.people()).toEqual({ alice: "connected mic camera audio video screen" });
    await alice.session.toggleScreen();
    await settle();
    expect(bob.people()).toEqual({ alice: "connected mic camera audio video" });
  });

  it("muting is told, and sends silence", async () => {
    const { alice, bob } = await pair();
    await alice.session.toggleMic();
    await settle();
    expect(bob.people()).toEqual({ alice: "connected audio" });
    expect(alice.media.opened[0]?.enabled).toBe(false);
    expect(alice.session.snapshot.own.mic).toBe("muted");
  });

  it("a microphone that is exchanged while muted stays muted", async () => {
    const { alice } = await pair();
    await alice.session.toggleMic();
    await alice.session.reopen("mic");
    expect(alice.media.opened.map(({ enabled, readyState }) => [enabled, readyState])).toEqual([
      [false, "ended"],
      [false, "live"],
    ]);
  });

  it("a microphone that is unplugged gives way to the next one", async () => {
    const { alice, bob } = await pair();
    alice.media.opened[0]?.onended?.();
    await settle();
    expect(alice.media.opened).toHaveLength(2);
    expect(bob.people()).toEqual({ alice: "connected mic audio" });
  });

  it("without a microphone the user decides, and may listen", async () => {
    const { server, bob } = await pair(new FakeServer("alice", "bob", "carol"));
    const carol = caller(server.device("carol"));
    carol.media.why = { mic: "denied" };
    await carol.session.start(false);
    expect([carol.session.snapshot.phase, carol.session.snapshot.own.problem?.why]).toEqual(["blocked", "denied"]);
    expect(server.places.has("carol")).toBe(false);
    await carol.session.listenOnly();
    await settle();
    expect(carol.people()).toEqual({ alice: "connected mic audio", bob: "connected mic audio" });
    expect(bob.people()["carol"]).toBe("connected");
  });

  it("without a camera a video call goes on with sound, and says so", async () => {
    const server = new FakeServer("alice", "bob");
    const alice = caller(server.device("alice"));
    alice.media.why = { camera: "missing" };
    await alice.session.start(true);
    expect(alice.session.snapshot).toMatchObject({ phase: "live", own: { mic: "on", camera: "off", problem: { slot: "camera", why: "missing" } } });
  });
});

describe("losses", () => {
  it("a connection that fails is restarted with fresh ICE servers", async () => {
    const { server, alice, bob } = await pair();
    const asked = server.asked;
    for (const { connections } of [alice, bob]) connections[0]?.become("failed");
    expect(alice.people()).toEqual({ bob: "reconnecting mic audio" });
    await settle();
    expect([alice.people(), bob.people()]).toEqual([{ bob: "connected mic audio" }, { alice: "connected mic audio" }]);
    expect(server.asked).toBeGreaterThan(asked);
    expect(alice.connections).toHaveLength(1);
  });

  it("R-605: credentials are renewed before their 10 minutes end", async () => {
    const server = Object.assign(new FakeServer("alice", "bob"), { servers: [{ urls: ["turn:t"], username: "1:x", credential: "old" }] });
    const { alice, bob } = await pair(server);
    server.servers = [{ urls: ["turn:t"], username: "2:x", credential: "new" }];
    await vi.advanceTimersByTimeAsync(9 * 60_000);
    for (const { connections } of [alice, bob]) {
      expect(connections[0]?.configuration.iceServers).toEqual(server.servers);
      expect(connections[0]?.connectionState).toBe("connected");
    }
    expect((alice.connections[0]?.generation ?? 0) + (bob.connections[0]?.generation ?? 0)).toBeGreaterThan(2);
  });

  it("signals that are lost are sent again by the watch", async () => {
    const server = new FakeServer("alice", "bob");
    server.loses = () => true;
    const [alice, bob] = await call(server, "alice", "bob");
    await settle();
    expect([alice?.people(), bob?.people()]).toEqual([{ bob: "connecting" }, { alice: "connecting" }]);
    server.loses = () => false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect([alice?.people(), bob?.people()]).toEqual([{ bob: "connected mic audio" }, { alice: "connected mic audio" }]);
    expect(alice?.session.snapshot.people[0]?.trouble).toBe(false);
  });

  it("the connection to the server breaks: media flow on, and the same connection is used after joining again", async () => {
    const { server, alice, bob } = await pair();
    bob.sotto.lose();
    await settle();
    expect(bob.session.snapshot.phase).toBe("reconnecting");
    expect(alice.people()).toEqual({ bob: "reconnecting mic audio" });
    expect(bob.people()).toEqual({ alice: "connected mic audio" });
    await bob.session.toggleCamera();
    bob.sotto.find();
    await settle();
    expect(server.places.get("bob")).toBe(bob.sotto);
    expect(bob.session.snapshot.phase).toBe("live");
    expect(alice.people()).toEqual({ bob: "connected mic camera audio video" });
    expect([alice, bob].map(({ connections }) => connections.length)).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(alice.people()).toEqual({ bob: "connected mic camera audio video" });
  });

  it("an answer that was lost with the connection is asked for again", async () => {
    const { server, alice, bob } = await pair();
    server.loses = (from) => from === "bob";
    await alice.session.toggleCamera();
    await settle();
    expect(alice.connections[0]?.signalingState).toBe("have-local-offer");
    alice.sotto.lose();
    await settle();
    server.loses = () => false;
    alice.sotto.find();
    await settle();
    expect(alice.connections[0]?.signalingState).toBe("stable");
    await alice.session.toggleScreen();
    await settle();
    expect(bob.people()).toEqual({ alice: "connected mic camera audio video screen" });
  });

  it("one who does not come back is gone after a while", async () => {
    const { alice, bob } = await pair();
    bob.sotto.lose();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(alice.people()).toEqual({ bob: "reconnecting mic audio" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(alice.people()).toEqual({});
  });

  it("one who is not in the call any more, for all that was missed, is gone after a while", async () => {
    const { alice, bob } = await pair();
    alice.sotto.lose();
    bob.sotto.lose();
    await settle();
    expect(alice.people()).toEqual({ bob: "connected mic audio" });
    alice.sotto.find();
    await settle();
    expect(alice.people()).toEqual({ bob: "reconnecting mic audio" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(alice.people()).toEqual({});
  });

  it("one whose media stop as well is gone at once", async () => {
    const { alice, bob } = await pair();
    bob.sotto.lose();
    await settle();
    alice.connections[0]?.become("disconnected");
    expect(alice.people()).toEqual({});
  });
});

describe("leaving and coming back", () => {
  it("R-603: leaving is told to the others and the server, and everything is closed", async () => {
    const { server, alice, bob } = await pair();
    await bob.session.leave();
    await settle();
    expect([bob.session.snapshot.phase, bob.session.snapshot.end?.reason]).toEqual(["ended", "left"]);
    expect(server.places.has("bob")).toBe(false);
    expect(alice.people()).toEqual({});
    expect(bob.media.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
    expect([...alice.connections, ...bob.connections].map(({ signalingState }) => signalingState)).toEqual(["closed", "closed"]);
    await alice.session.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("a tab that closes is noticed by the end of the channel", async () => {
    const { server, alice, bob } = await pair();
    server.devices.delete(bob.sotto);
    bob.session.abandon();
    await settle();
    expect(alice.people()).toEqual({});
    expect(server.places.has("bob")).toBe(false);
  });

  it("leaving before the server has answered leaves no place behind", async () => {
    const server = new FakeServer("alice", "bob");
    const alice = caller(server.device("alice"));
    let answer: () => void = () => undefined;
    alice.sotto.answers = new Promise((resolve) => {
      answer = resolve;
    });
    const started = alice.session.start(false);
    await settle();
    expect([alice.session.snapshot.phase, server.places.has("alice")]).toEqual(["joining", true]);
    await alice.session.leave();
    answer();
    await started;
    await settle();
    expect(alice.session.snapshot.end?.reason).toBe("left");
    expect(server.places.has("alice")).toBe(false);
    expect(alice.media.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
  });

  it("leaving while the browser still asks joins nothing", async () => {
    const server = new FakeServer("alice", "bob");
    const alice = caller(server.device("alice"));
    const started = alice.session.start(false);
    await alice.session.leave();
    await started;
    expect([alice.session.snapshot.end?.reason, server.places.size]).toEqual(["left", 0]);
    expect(alice.media.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  });

  it("R-602: another device of the user takes the place, and the others go over to it", async () => {
    const { server, alice, bob } = await pair();
    const phone = caller(server.device("bob"));
    await phone.session.start(false);
    await settle();
    expect(bob.session.snapshot.end?.reason).toBe("elsewhere");
    expect(server.places.get("bob")).toBe(phone.sotto);
    expect([alice.people(), phone.people()]).toEqual([{ bob: "connected mic audio" }, { alice: "connected mic audio" }]);
    expect(alice.connections.map(({ signalingState }) => signalingState)).toEqual(["closed", "stable"]);
  });

  it("a notice of the own joining that is not another device's is no reason to go", async () => {
    const { server, alice } = await pair();
    server.tell("callJoined", { dm: DM, username: "alice" });
    await settle();
    expect(alice.session.snapshot.phase).toBe("live");
  });

  it("a signal for an earlier stay is not taken", async () => {
    const { server, alice, bob } = await pair();
    await bob.session.toggleMic();
    await settle();
    const muted = server.signals.at(-1)?.body ?? "";
    expect(muted).toContain('"mic":false');
    await bob.session.toggleMic();
    await alice.session.leave();
    await settle();
    const again = caller(alice.sotto);
    await again.session.start(false);
    await settle();
    alice.sotto.emit("callSignal", { dm: DM, username: "bob", body: muted });
    await settle();
    expect(again.people()).toEqual({ bob: "connected mic audio" });
    expect([again, bob].map(({ connections }) => connections.length)).toEqual([1, 2]);
  });

  it("R-511: the end of the friendship ends the call", async () => {
    const { server, alice, bob } = await pair();
    server.leave("alice");
    server.leave("bob");
    await settle();
    expect([alice, bob].map(({ session }) => session.snapshot.end?.reason)).toEqual(["removed", "removed"]);
  });

  it("leaving the DM ends the call", async () => {
    const { server, alice } = await pair();
    server.members = ["bob"];
    alice.sotto.emit("dmGone", { dm: DM });
    await settle();
    expect(alice.session.snapshot.end?.reason).toBe("removed");
  });
});
