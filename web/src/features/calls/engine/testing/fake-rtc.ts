/**
 * A stand-in for RTCPeerConnection and MediaStream in tests of the call's own logic: signalling states, rollback, `negotiationneeded`,
 * tracks and connection states as the specification has them. Media are tested in a real browser.
 */

interface Line {
  readonly key: string;
  readonly kind: string;
  readonly sends: boolean;
  readonly stream: string | null;
}

interface Sdp {
  readonly pc: number;
  readonly generation: number;
  readonly lines: readonly Line[];
}

export class FakeTrack {
  enabled = true;
  readyState: "live" | "ended" = "live";
  muted = false;
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  constructor(readonly kind: "audio" | "video") {}

  stop(): void {
    this.readyState = "ended";
  }
}

let streams = 0;

export class FakeStream {
  id = `stream-${(streams += 1)}`;
  onaddtrack: (() => void) | null = null;
  onremovetrack: (() => void) | null = null;
  #tracks: FakeTrack[];
  constructor(tracks: readonly FakeTrack[] = []) {
    this.#tracks = [...tracks];
  }

  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }

  add(track: FakeTrack): void {
    this.#tracks.push(track);
  }

  remove(track: FakeTrack): void {
    this.#tracks = this.#tracks.filter((one) => one !== track);
    this.onremovetrack?.();
  }
}

class FakeSender {
  parameters = { encodings: [{}] as Record<string, unknown>[] };
  constructor(
    public track: FakeTrack | null,
    public stream: FakeStream,
  ) {}

  setStreams(stream: FakeStream): void {
    this.stream = stream;
  }

  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getParameters(): { encodings: Record<string, unknown>[] } {
    return structuredClone(this.parameters);
  }

  setParameters(parameters: { encodings: Record<string, unknown>[] }): Promise<void> {
    this.parameters = parameters;
    return Promise.resolve();
  }
}

class FakeTransceiver {
  #direction = "sendrecv";
  constructor(
    readonly key: string,
    readonly sender: FakeSender,
    readonly kind: string,
    private readonly changed: () => void,
  ) {}

  get direction(): string {
    return this.#direction;
  }

  set direction(direction: string) {
    if (direction === this.#direction) return;
    this.#direction = direction;
    this.changed();
  }
}

/** All connections of the test that are open, by number: how two find each other. */
const open = new Map<number, FakeConnection>();
let connections = 0;

export class FakeConnection {
  readonly number = (connections += 1);
  signalingState: "stable" | "have-local-offer" | "have-remote-offer" | "closed" = "stable";
  connectionState = "new";
  localDescription: { type: "offer" | "answer"; sdp: string } | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: { candidate: string; sdpMid: string } | null }) => void) | null = null;
  ontrack: ((event: { track: FakeTrack; streams: FakeStream[] }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly channel: { onclose: (() => void) | null } = { onclose: null };
  /** How many offers were made here. */
  offers = 0;
  /** How many of them were taken back. */
  rollbacks = 0;
  /** How long each description is made, in characters, to see long ones through. */
  static padding = 0;

  #transceivers: FakeTransceiver[] = [];
  #changes = 0;
  #agreed = 0;
  #offered = 0;
  #generation = 1;
  #remote: Sdp | null = null;
  #pendingRemote: Sdp | null = null;
  #received = new Map<string, { track: FakeTrack; stream: FakeStream }>();
  #chain: Promise<unknown> = Promise.resolve();
  #busy = 0;

  constructor(public configuration: RTCConfiguration) {
    open.set(this.number, this);
  }

  get generation(): number {
    return this.#generation;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  createDataChannel(): { onclose: (() => void) | null } {
    this.#change();
    return this.channel;
  }

  addTrack(track: FakeTrack, stream: FakeStream): FakeSender {
    const sender = new FakeSender(track, stream);
    this.#transceivers.push(new FakeTransceiver(`${this.number}/${this.#transceivers.length}`, sender, track.kind, () => this.#change()));
    this.#change();
    return sender;
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers;
  }

  restartIce(): void {
    this.#generation += 1;
    this.#change();
  }

  setLocalDescription(): Promise<void> {
    return this.#queue(() => {
      const answer = this.signalingState === "have-remote-offer";
      const lines = this.#transceivers.map(({ key, kind, sender, direction }) => {
        const sends = direction.startsWith("send") && sender.track !== null;
        return { key, kind, sends, stream: sends ? sender.stream.id : null };
      });
      const sdp: Sdp & { padding: string } = { pc: this.number, generation: this.#generation, lines, padding: "x".repeat(FakeConnection.padding) };
      this.localDescription = { type: answer ? "answer" : "offer", sdp: JSON.stringify(sdp) };
      if (answer) {
        this.signalingState = "stable";
        this.#remote = this.#pendingRemote;
        this.#agreed = this.#changes;
      } else {
        this.offers += 1;
        this.#offered = this.#changes;
        this.signalingState = "have-local-offer";
      }
      const candidates = [{ candidate: `candidate:${this.number}`, sdpMid: "0" }, null];
      // As tasks: after the promise of the description.
      setTimeout(() => candidates.forEach((candidate) => this.onicecandidate?.({ candidate })));
    });
  }

  setRemoteDescription({ type, sdp }: { type: "offer" | "answer"; sdp: string }): Promise<void> {
    return this.#queue(() => {
      const remote = JSON.parse(sdp) as Sdp;
      if (type === "answer") {
        if (this.signalingState !== "have-local-offer") throw new DOMException("no offer to answer", "InvalidStateError");
        this.#agreed = this.#offered;
        this.#remote = remote;
        this.signalingState = "stable";
      } else {
        if (this.signalingState === "have-local-offer") this.rollbacks += 1;
        this.#pendingRemote = remote;
        this.signalingState = "have-remote-offer";
      }
      this.#receive(remote.lines);
    });
  }

  addIceCandidate(): Promise<void> {
    return this.#queue(() => {
      if (this.#remote === null && this.#pendingRemote === null) throw new DOMException("too early", "InvalidStateError");
    });
  }

  close(): void {
    if (this.signalingState === "closed") return;
    this.signalingState = "closed";
    this.connectionState = "closed";
    open.delete(this.number);
    const other = this.#other();
    // The other side notices by the end of the channel.
    if (other?.connectionState === "connected") queueMicrotask(() => other.channel.onclose?.());
  }

  /** The network between the two breaks, or heals. */
  become(state: "disconnected" | "failed" | "connected"): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** What the other side is heard to send. */
  get receiving(): string[] {
    return [...this.#received.values()].map(({ track }) => track.kind).sort();
  }

  #other(): FakeConnection | undefined {
    return this.#remote === null ? undefined : open.get(this.#remote.pc);
  }

  #change(): void {
    this.#changes += 1;
    this.#settle();
  }

  #queue(work: () => void): Promise<void> {
    this.#busy += 1;
    const done = this.#chain.then(() => {
      if (this.signalingState === "closed") throw new DOMException("closed", "InvalidStateError");
      work();
    });
    this.#chain = done.catch(() => undefined).finally(() => {
      this.#busy -= 1;
      this.#settle();
    });
    return done;
  }

  /** Once nothing is under way: connects where both have agreed, and asks for an offer where something is not agreed yet. */
  #settle(): void {
    queueMicrotask(() => {
      if (this.#busy > 0 || this.signalingState !== "stable") return;
      const other = this.#other();
      if (other?.signalingState === "stable" && other.#remote?.pc === this.number && other.#remote.generation === this.#generation) {
        for (const one of [this, other]) if (one.connectionState !== "connected") one.become("connected");
      }
      if (this.#changes > this.#agreed) this.onnegotiationneeded?.();
    });
  }

  #receive(lines: readonly Line[]): void {
    for (const { key, kind, sends, stream } of lines) {
      const had = this.#received.get(key);
      if (had !== undefined && (!sends || had.stream.id !== stream)) {
        this.#received.delete(key);
        had.stream.remove(had.track);
      }
      if (!sends || this.#received.has(key) || stream === null) continue;
      const track = new FakeTrack(kind === "audio" ? "audio" : "video");
      const known = [...this.#received.values()].find((one) => one.stream.id === stream)?.stream;
      const into = known ?? Object.assign(new FakeStream(), { id: stream });
      into.add(track);
      this.#received.set(key, { track, stream: into });
      this.ontrack?.({ track, streams: [into] });
    }
  }
}
