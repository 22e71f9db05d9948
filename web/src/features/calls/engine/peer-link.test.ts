/** One connection's negotiation, signal by signal. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PeerLink } from "./peer-link";
import type { Signal } from "./signals";
import { FakeConnection, FakeStream, FakeTrack } from "./testing/fake-rtc";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeStream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

function link(polite: boolean): { link: PeerLink; connection: FakeConnection; sent: Signal[] } {
  const connection = new FakeConnection({});
  const sent: Signal[] = [];
  const made = new PeerLink(polite, {
    connect: () => connection as unknown as RTCPeerConnection,
    write: (signal) => [JSON.stringify(signal)],
    send: (body) => {
      sent.push(JSON.parse(body) as Signal);
      return Promise.resolve();
    },
    tracks: () => new Map(),
    state: () => ({ mic: false, camera: false, screen: null }),
    changed: () => undefined,
    troubled: () => undefined,
    gone: () => undefined,
    unsent: () => undefined,
  });
  return { link: made, connection, sent };
}

const sdpOf = (signal: Signal | undefined): string => (signal?.type === "offer" || signal?.type === "answer" ? signal.sdp : "");

describe("negotiation", () => {
  it("an answer is taken for the offer that it names, and for no other", async () => {
    const [here, there] = [link(false), link(true)];
    here.link.start();
    await settle();
    const offer = here.sent.find(({ type }) => type === "offer");
    expect(offer).toMatchObject({ id: 1 });
    there.link.receive(offer ?? { type: "bye" });
    await settle();
    const answer = there.sent.find(({ type }) => type === "answer");
    expect(answer).toMatchObject({ re: 1 });
    here.link.receive({ type: "answer", re: 2, sdp: sdpOf(answer) });
    await settle();
    expect(here.connection.signalingState).toBe("have-local-offer");
    here.link.receive(answer ?? { type: "bye" });
    await settle();
    expect([here.connection.signalingState, here.connection.connectionState]).toEqual(["stable", "connected"]);
    // The offer was sent twice, when the first might have been lost, and so was the answer.
    here.link.receive(answer ?? { type: "bye" });
    await settle();
    expect(here.connection.signalingState).toBe("stable");
  });

  it("answers and candidates begin nothing", async () => {
    const { link: one, connection, sent } = link(true);
    one.receive({ type: "answer", re: 1, sdp: "{}" });
    one.receive({ type: "candidates", candidates: [{ candidate: "candidate:1" }, null] });
    await settle();
    expect([connection.signalingState, sent]).toEqual(["stable", []]);
  });

  it("a description that the browser refuses harms nothing that follows", async () => {
    const [here, there] = [link(false), link(true)];
    there.link.receive({ type: "offer", id: 1, sdp: "no description" });
    here.link.start();
    await settle();
    there.link.receive(here.sent.find(({ type }) => type === "offer") ?? { type: "bye" });
    await settle();
    expect(there.sent.find(({ type }) => type === "answer")).toMatchObject({ re: 1 });
  });

  it("nothing is sent after the end", async () => {
    const { link: one, sent, connection } = link(false);
    one.start();
    await settle();
    const before = sent.length;
    one.close();
    one.tellState();
    one.setTrack("mic", { track: new FakeTrack("audio") as unknown as MediaStreamTrack, stream: new FakeStream() as unknown as MediaStream });
    one.receive({ type: "offer", id: 1, sdp: "{}" });
    await settle();
    expect([sent.length, connection.signalingState]).toEqual([before, "closed"]);
  });
});
