/**
 * The connection to one member of a call: «perfect negotiation» of the WebRTC specification over Sotto's signals.
 *
 * The fingerprint of each side's DTLS key stands in its description, and descriptions travel in sealed and signed envelopes (C-308,
 * C-309) that name both places in the call. So neither the server nor a STUN or TURN server can put itself between two members:
 * media flow to the key that the member's own device announced, or not at all.
 */

import { Outbox } from "./outbox";
import type { Candidate, SenderState, Signal } from "./signals";

/** What a device sends: each kind of track has one place in the connection, whose track comes and goes. */
export type Slot = "mic" | "camera" | "screen" | "screenAudio";

/** A track with the stream that names it to the receiver. */
export interface OutgoingTrack {
  readonly track: MediaStreamTrack;
  readonly stream: MediaStream;
}

/** Where a link stands. */
export type LinkState = "connecting" | "connected" | "reconnecting";

/** What a link needs of the call. */
export interface LinkHost {
  /** Makes a connection with the settings of now. */
  connect(): RTCPeerConnection;
  write(signal: Signal): string[];
  send(body: string): Promise<void>;
  /** What this device sends. */
  tracks(): ReadonlyMap<Slot, OutgoingTrack>;
  state(): SenderState;
  /** Something that is shown has changed. */
  changed(): void;
  /** The connection has failed, and needs fresh ICE servers and a restart. */
  troubled(): void;
  /** The other side has ended the connection. */
  gone(): void;
  /** A signal could not be sent. */
  unsent(error: unknown): void;
}

/** The direction of a place in the connection once this side sends in it, or does not any more; the other side's half stays. */
const DIRECTION = {
  on: { inactive: "sendonly", recvonly: "sendrecv", sendonly: "sendonly", sendrecv: "sendrecv", stopped: "stopped" },
  off: { inactive: "inactive", recvonly: "recvonly", sendonly: "inactive", sendrecv: "recvonly", stopped: "stopped" },
} as const;

/** One member's connection. */
export class PeerLink {
  /** Gives way when both make an offer at once; of two members exactly one is polite. */
  readonly polite: boolean;
  /** What the other side says it sends. */
  remote: SenderState = { mic: false, camera: false, screen: null };
  /** The member has left by the server's word, while media still flow: a restart of the server, or of the member's connection to it. */
  lingering = false;

  readonly #host: LinkHost;
  readonly #outbox: Outbox;
  readonly #slots = new Map<Slot, RTCRtpTransceiver>();
  readonly #streams = new Map<string, MediaStream>();
  #pc: RTCPeerConnection | null = null;
  #makingOffer = false;
  #takingAnswer = false;
  #offers = 0;
  #wasConnected = false;
  #closed = false;
  /** Signals are taken one after another. */
  #incoming: Promise<void> = Promise.resolve();

  constructor(polite: boolean, host: LinkHost) {
    this.polite = polite;
    this.#host = host;
    this.#outbox = new Outbox({
      write: (signal) => host.write(signal),
      send: (body) => host.send(body),
      failed: (error) => {
        host.unsent(error);
      },
    });
  }

  get state(): LinkState {
    const state = this.#pc?.connectionState;
    if (state === "connected") return this.lingering ? "reconnecting" : "connected";
    return this.#wasConnected ? "reconnecting" : "connecting";
  }

  /** Whether media flow, whatever the server says. */
  get flowing(): boolean {
    return this.#pc?.connectionState === "connected";
  }

  /** The member's microphone and camera. */
  get stream(): MediaStream | null {
    for (const [id, stream] of this.#streams) if (id !== this.remote.screen) return stream;
    return null;
  }

  /** The member's screen. */
  get screen(): MediaStream | null {
    return this.remote.screen === null ? null : (this.#streams.get(this.remote.screen) ?? null);
  }

  /** Begins: what is sent is added, and the browser asks for an offer. The other side waits for it. */
  start(): void {
    if (this.#pc !== null || this.#closed) return;
    const pc = this.#host.connect();
    this.#pc = pc;
    pc.onnegotiationneeded = () => void this.#offer(pc);
    pc.onicecandidate = ({ candidate }) => {
      this.#outbox.push({ type: "candidates", candidates: [candidate === null ? null : plain(candidate)] });
    };
    pc.ontrack = ({ track, streams }) => {
      this.#takeTrack(track, streams[0] ?? new MediaStream([track]));
    };
    pc.onconnectionstatechange = () => {
      this.#connectionChanged(pc);
    };
    // Without it two who send nothing would have nothing to connect for, and its end tells at once that the other side is gone: a
    // closed tab sends no signal any more.
    const channel = pc.createDataChannel("sotto", { negotiated: true, id: 0 });
    channel.onclose = () => {
      if (!this.#closed) this.#host.gone();
    };
    for (const [slot, outgoing] of this.#host.tracks()) this.setTrack(slot, outgoing);
    this.tellState();
  }

  /** Sends another track in a slot, or none. */
  setTrack(slot: Slot, outgoing: OutgoingTrack | null): void {
    const pc = this.#pc;
    if (pc === null) return;
    const transceiver = this.#slots.get(slot);
    if (transceiver === undefined) {
      if (outgoing === null) return;
      const sender = pc.addTrack(outgoing.track, outgoing.stream);
      const made = pc.getTransceivers().find((one) => one.sender === sender);
      if (made !== undefined) this.#slots.set(slot, made);
      return;
    }
    if (outgoing !== null) transceiver.sender.setStreams(outgoing.stream);
    // The same place is used again, so that a camera that goes on and off does not make the description longer each time.
    transceiver.direction = DIRECTION[outgoing === null ? "off" : "on"][transceiver.direction];
    void transceiver.sender.replaceTrack(outgoing?.track ?? null).catch(() => {
      // The connection was closed in the meantime.
    });
  }

  /** Tells the member what is sent. */
  tellState(): void {
    if (this.#pc !== null) this.#outbox.push({ type: "state", state: this.#host.state() });
  }

  /** Says that this device leaves; answers when it is said. */
  async sayBye(): Promise<void> {
    if (this.#pc === null) return;
    for (const body of this.#host.write({ type: "bye" })) await this.#host.send(body);
  }

  /** Comes together anew after signals may have been lost. */
  resync(): void {
    const pc = this.#pc;
    if (pc === null) {
      this.start();
      return;
    }
    this.#outbox.clear();
    if (pc.signalingState === "have-local-offer") this.#sendOffer(pc);
    else if (pc.connectionState !== "connected") pc.restartIce();
    this.tellState();
  }

  /** Helps a connection that does not come about, or not again. */
  mend(configuration: RTCConfiguration): void {
    this.#configure(configuration);
    this.resync();
  }

  /** Takes other ICE servers before the credentials of the old ones end; `restart`: and asks the new ones, without ending what flows. */
  renew(configuration: RTCConfiguration, restart: boolean): void {
    this.#configure(configuration);
    if (restart && this.flowing) this.#pc?.restartIce();
  }

  /** Sends a slot's picture with so many bits a second at most, and so much smaller. */
  async limit(slot: Slot, maxBitrate: number, scaleResolutionDownBy: number): Promise<void> {
    const sender = this.#slots.get(slot)?.sender;
    const parameters = sender?.getParameters();
    if (sender === undefined || parameters === undefined || parameters.encodings.length === 0) return;
    for (const encoding of parameters.encodings) Object.assign(encoding, { maxBitrate, scaleResolutionDownBy });
    try {
      await sender.setParameters(parameters);
    } catch {
      // A negotiation was under way, or the connection is closed: the browser's own limits hold.
    }
  }

  /** Takes a signal of the member. */
  receive(signal: Signal): void {
    this.#incoming = this.#incoming
      .then(() => (this.#closed ? undefined : this.#handle(signal)))
      .catch(() => {
        // A description that this browser refuses, or one that came for a connection that is gone: the watch of the call mends it.
      });
  }

  /** Ends the connection. */
  close(): void {
    this.#closed = true;
    this.#outbox.close();
    const pc = this.#pc;
    if (pc === null) return;
    pc.onnegotiationneeded = pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
    this.#streams.clear();
  }

  async #offer(pc: RTCPeerConnection): Promise<void> {
    try {
      this.#makingOffer = true;
      await pc.setLocalDescription();
      // A polite side may have taken its offer back in the meantime; it is asked for another once that is settled.
      if (pc.localDescription?.type !== "offer") return;
      this.#offers += 1;
      this.#sendOffer(pc);
    } catch {
      // The connection was closed in the meantime.
    } finally {
      this.#makingOffer = false;
    }
  }

  #configure(configuration: RTCConfiguration): void {
    try {
      this.#pc?.setConfiguration(configuration);
    } catch {
      // Not every browser can change it; such a connection keeps the servers that it began with.
    }
  }

  #sendOffer(pc: RTCPeerConnection): void {
    const sdp = pc.localDescription?.sdp;
    if (sdp !== undefined) this.#outbox.push({ type: "offer", id: this.#offers, sdp });
  }

  async #handle(signal: Signal): Promise<void> {
    if (signal.type === "bye") {
      this.#host.gone();
    } else if (signal.type === "state") {
      this.remote = signal.state;
      this.#host.changed();
    } else {
      // Only an offer begins something; an answer or a candidate without a connection is for one that is gone.
      if (signal.type === "offer") this.start();
      const pc = this.#pc;
      if (pc === null) return;
      if (signal.type === "offer") await this.#takeOffer(pc, signal.id, signal.sdp);
      else if (signal.type === "answer") await this.#takeAnswer(pc, signal.re, signal.sdp);
      else await this.#takeCandidates(pc, signal.candidates);
    }
  }

  async #takeOffer(pc: RTCPeerConnection, id: number, sdp: string): Promise<void> {
    const ready = !this.#makingOffer && (pc.signalingState === "stable" || this.#takingAnswer);
    if (!ready && !this.polite) return;
    // Takes this side's own offer back where there is one.
    await pc.setRemoteDescription({ type: "offer", sdp });
    await pc.setLocalDescription();
    const answer = pc.localDescription;
    if (answer?.type === "answer") this.#outbox.push({ type: "answer", re: id, sdp: answer.sdp });
  }

  async #takeAnswer(pc: RTCPeerConnection, re: number, sdp: string): Promise<void> {
    // An offer may be sent twice, when the first may have been lost, and be answered twice.
    if (pc.signalingState !== "have-local-offer" || re !== this.#offers) return;
    this.#takingAnswer = true;
    try {
      await pc.setRemoteDescription({ type: "answer", sdp });
    } finally {
      this.#takingAnswer = false;
    }
  }

  async #takeCandidates(pc: RTCPeerConnection, candidates: readonly Candidate[]): Promise<void> {
    for (const candidate of candidates) {
      try {
        await pc.addIceCandidate(candidate ?? undefined);
      } catch {
        // It belongs to an offer that was not taken, or to an earlier round; the others may still do.
      }
    }
  }

  #takeTrack(track: MediaStreamTrack, stream: MediaStream): void {
    this.#streams.set(stream.id, stream);
    const changed = (): void => {
      if (this.#closed) return;
      if (stream.getTracks().length === 0) this.#streams.delete(stream.id);
      else this.#streams.set(stream.id, stream);
      this.#host.changed();
    };
    stream.onremovetrack = changed;
    stream.onaddtrack = changed;
    track.onmute = track.onunmute = track.onended = changed;
    this.#host.changed();
  }

  #connectionChanged(pc: RTCPeerConnection): void {
    if (pc.connectionState === "connected") {
      this.#wasConnected = true;
      // What was told before the way was found may have been lost, when it was found by the other side's second try.
      this.tellState();
    }
    this.#host.changed();
    if (pc.connectionState === "failed") this.#host.troubled();
  }
}

function plain(candidate: RTCIceCandidate): RTCIceCandidateInit {
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { candidate: line, sdpMid, sdpMLineIndex, usernameFragment };
}
