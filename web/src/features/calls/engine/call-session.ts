/** One call as this device takes part in it: a mesh of connections to the other members in it, kept up through losses. */

import { SottoError, type Sotto } from "@sotto/sdk";
import type { CallSnapshot, EndReason, Phase } from "./call-snapshot";
import { IceServers } from "./ice";
import { LocalMedia } from "./local-media";
import type { MediaSource } from "./media";
import { Seat } from "./seat";
import { LetterReader, writeLetter, type Signal } from "./signals";

/** From here on the call says that it is heavy: each device sends to each other one. */
export const HEAVY_CALL = 8;
/** More than this a mesh does not carry; nobody joins as one more. */
export const FULL_CALL = 16;

/** What a call needs of the client. */
export type CallSotto = Pick<Sotto, "username" | "state" | "on" | "dm" | "joinCall" | "leaveCall" | "sendCallSignal" | "iceServers">;

/** What a call needs of the browser. */
export interface CallDevices {
  readonly media: MediaSource;
  connect(configuration: RTCConfiguration): RTCPeerConnection;
}

/** A stay in a call. Ends once and for all; for the next there is another. */
export class CallSession {
  readonly dm: number;
  readonly #sotto: CallSotto;
  readonly #devices: CallDevices;
  /** This stay's name: signals for an earlier one are told from those for this. */
  readonly #id = crypto.randomUUID();
  readonly #media: LocalMedia;
  readonly #seats = new Map<string, Seat>();
  readonly #readers = new Map<string, LetterReader>();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: (() => void)[];
  #phase: Phase = "asking";
  #since: number | null = null;
  #end: CallSnapshot["end"] = null;
  readonly #ice: IceServers;
  #told = "";
  /** The attempt to join that counts; an earlier one may still fail later. */
  #attempt = 0;
  /** How many notices of this device's own joining are to come. */
  #ownJoins = 0;
  #wantsCamera = false;
  #snapshot: CallSnapshot;

  constructor(sotto: CallSotto, dm: number, devices: CallDevices) {
    this.dm = dm;
    this.#sotto = sotto;
    this.#devices = devices;
    this.#ice = new IceServers(
      () => sotto.iceServers(),
      () => {
        // Of two members the impolite one asks for the restart.
        for (const { link } of this.#seats.values()) link.renew(this.#ice.configuration, !link.polite);
      },
    );
    this.#media = new LocalMedia(devices.media, {
      replaced: (slot, outgoing) => {
        for (const seat of this.#seats.values()) seat.link.setTrack(slot, outgoing);
        this.#tune();
      },
      changed: () => {
        this.#tellState();
        this.#changed();
      },
    });
    this.#snapshot = this.#look();
    this.#unsubscribe = [
      sotto.on("callSignal", (event) => {
        if (event.dm === dm) this.#receive(event.username, event.body);
      }),
      sotto.on("callJoined", (event) => {
        if (event.dm === dm) this.#joined(event.username);
      }),
      sotto.on("callLeft", (event) => {
        if (event.dm === dm) this.#left(event.username);
      }),
      sotto.on("dmGone", (event) => {
        if (event.dm === dm) this.#finish("removed");
      }),
      sotto.on("connected", () => {
        if (this.#phase === "reconnecting") void this.#join();
      }),
      sotto.on("disconnected", () => {
        this.#ownJoins = 0;
        if (this.#phase === "live" || this.#phase === "joining") this.#setPhase("reconnecting");
      }),
      sotto.on("ended", () => {
        // Why the session ended is said by the shell.
        this.#finish("left");
      }),
    ];
  }

  get snapshot(): CallSnapshot {
    return this.#snapshot;
  }

  /** Tells of every change; answers the function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for the microphone, and the camera where it is wished for, and joins. */
  async start(camera: boolean): Promise<void> {
    this.#wantsCamera = camera;
    this.#setPhase("asking");
    await this.#media.open({ mic: true, camera });
    if (this.#phase !== "asking") return;
    if (this.#media.problem?.slot === "mic") this.#setPhase("blocked");
    else await this.#join();
  }

  /** Asks once more. */
  retry(): Promise<void> {
    return this.#phase === "blocked" ? this.start(this.#wantsCamera) : Promise.resolve();
  }

  /** Joins without a microphone, to listen and watch. */
  async listenOnly(): Promise<void> {
    if (this.#phase !== "blocked") return;
    this.#media.problem = null;
    await this.#join();
  }

  toggleMic(): Promise<void> {
    return this.#running() ? this.#media.toggleMic() : Promise.resolve();
  }

  toggleCamera(): Promise<void> {
    return this.#running() ? this.#media.toggleCamera() : Promise.resolve();
  }

  toggleScreen(): Promise<void> {
    return this.#running() ? this.#media.toggleScreen() : Promise.resolve();
  }

  /** Takes the microphone or camera that was chosen anew. */
  reopen(slot: "mic" | "camera"): Promise<void> {
    return this.#running() ? this.#media.reopen(slot) : Promise.resolve();
  }

  /** Leaves. For the user at once; answers when the others and the server are told. */
  async leave(): Promise<void> {
    const told = this.#online() && this.#since !== null;
    // Each member hears it from this device, sealed, before the server says so.
    const byes = told ? [...this.#seats.values()].map((seat) => seat.link.sayBye()) : [];
    const joined = this.#phase === "live";
    this.#finish("left");
    await Promise.allSettled(byes);
    if (joined) await this.#leaveServer();
  }

  /** The page goes away: what can still be done without waiting. */
  abandon(): void {
    const joined = this.#online() && this.#since !== null;
    this.#finish("left");
    if (joined) void this.#leaveServer();
  }

  #running(): boolean {
    return this.#phase === "live" || this.#phase === "reconnecting" || this.#phase === "joining";
  }

  #online(): boolean {
    return this.#sotto.state === "online";
  }

  async #leaveServer(): Promise<void> {
    try {
      await this.#sotto.leaveCall(this.dm);
    } catch {
      // The end of the connection, or its loss before, leaves the call as well.
    }
  }

  async #join(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#setPhase(this.#since === null ? "joining" : "reconnecting");
    for (;;) {
      try {
        await this.#ice.renew();
        if (attempt !== this.#attempt || !this.#running()) return;
        this.#ownJoins += 1;
        const inCall = await this.#sotto.joinCall(this.dm);
        // An attempt that is overtaken says nothing, but one that the user did not wait for has left a place behind.
        if (attempt === this.#attempt || !this.#running()) this.#seat(inCall);
        return;
      } catch (error) {
        if (attempt !== this.#attempt || !this.#running()) return;
        if (!isTransient(error)) {
          this.#finish("failed", error instanceof Error ? error.message : null);
          return;
        }
        // The event `connected` begins anew; a mere missing answer is asked for again.
        if (!this.#online()) {
          this.#setPhase("reconnecting");
          return;
        }
      }
    }
  }

  /** This device is in the call, with these. The one who comes calls those who are there. */
  #seat(inCall: readonly string[]): void {
    if (!this.#running()) {
      // The user left while the server was asked.
      void this.#leaveServer();
      return;
    }
    if (this.#since === null && inCall.length > FULL_CALL) {
      this.#finish("full");
      void this.#leaveServer();
      return;
    }
    this.#since ??= Date.now();
    const others = new Set(inCall.filter((username) => username !== this.#sotto.username));
    for (const seat of [...this.#seats.values()]) if (!others.has(seat.username)) this.#absent(seat);
    for (const username of others) {
      const seat = this.#seats.get(username) ?? this.#newSeat(username, null);
      seat.present();
      seat.link.resync();
    }
    this.#setPhase("live");
  }

  #joined(username: string): void {
    if (username === this.#sotto.username) {
      if (this.#ownJoins > 0) this.#ownJoins -= 1;
      else if (this.#phase === "live") void this.#checkPlace();
      return;
    }
    if (this.#phase !== "live") return;
    // One who comes calls; this side waits. One who comes back goes on where the connection still stands.
    (this.#seats.get(username) ?? this.#newSeat(username, null)).present();
    this.#changed();
  }

  #left(username: string): void {
    if (username === this.#sotto.username) {
      if (this.#phase === "live") void this.#checkMembership();
      return;
    }
    const seat = this.#seats.get(username);
    if (seat === undefined) return;
    this.#absent(seat);
    this.#changed();
  }

  #absent(seat: Seat): void {
    if (!seat.absent()) this.#drop(seat);
  }

  #drop(seat: Seat): void {
    if (this.#seats.get(seat.username) === seat) this.#seats.delete(seat.username);
    seat.close();
    this.#tune();
    this.#changed();
  }

  /** A notice says that the user left: true after the end of a friendship, stale where this device has joined since. */
  async #checkMembership(): Promise<void> {
    try {
      const dm = await this.#sotto.dm(this.dm);
      if (this.#phase === "live" && !dm.usersInCall.includes(this.#sotto.username)) this.#finish("removed");
    } catch (error) {
      if (!isTransient(error)) this.#finish("removed");
    }
  }

  /** A notice says that the user joined, and it was not this device: R-602 gives the place to the newest one. */
  async #checkPlace(): Promise<void> {
    for (const seat of this.#seats.values()) {
      try {
        await this.#sotto.sendCallSignal(this.dm, seat.username, this.#write({ type: "state", state: this.#media.state }, seat.theirs)[0] ?? "");
        return;
      } catch (error) {
        if (isTransient(error)) return;
        // Not in the call: this device, or that member, who may just have left. The next one tells.
      }
    }
    if (this.#phase === "live") this.#finish("elsewhere");
  }

  /** Tells the others what is sent, where that has changed. */
  #tellState(): void {
    const told = JSON.stringify(this.#media.state);
    if (told === this.#told) return;
    this.#told = told;
    for (const { link } of this.#seats.values()) link.tellState();
  }

  #newSeat(username: string, theirs: string | null): Seat {
    this.#seats.get(username)?.close();
    const seat = new Seat(username, this.#sotto.username > username, {
      connect: () => this.#connect(),
      write: (signal, to) => this.#write(signal, to),
      send: (name, body) => this.#sotto.sendCallSignal(this.dm, name, body),
      tracks: () => this.#media.tracks,
      state: () => this.#media.state,
      changed: () => {
        this.#tune();
        this.#changed();
      },
      gone: (gone) => {
        this.#drop(gone);
      },
      help: (troubled) => void this.#help(troubled),
      unsent: (_, error) => {
        this.#unsent(error);
      },
    });
    seat.theirs = theirs;
    this.#seats.set(username, seat);
    this.#changed();
    return seat;
  }

  #write(signal: Signal, to: string | null): string[] {
    return writeLetter({ from: this.#id, to, signal });
  }

  #receive(username: string, body: string): void {
    // Signals may come between the server's answer to `joinCall` and this device's reading of it; none before.
    if (!this.#running()) return;
    const reader = this.#readers.get(username) ?? new LetterReader();
    this.#readers.set(username, reader);
    const letter = reader.read(body);
    if (letter === null || (letter.to !== null && letter.to !== this.#id)) return;
    let seat = this.#seats.get(username);
    if (letter.signal.type === "bye" && seat?.theirs !== letter.from) return;
    if (seat === undefined || (seat.theirs !== null && seat.theirs !== letter.from)) seat = this.#newSeat(username, letter.from);
    seat.theirs = letter.from;
    seat.present();
    seat.link.receive(letter.signal);
  }

  #connect(): RTCPeerConnection {
    try {
      return this.#devices.connect(this.#ice.configuration);
    } catch {
      // An address that this browser does not take; without it there is still the local network.
      return this.#devices.connect({ iceServers: [] });
    }
  }

  async #help(seat: Seat): Promise<void> {
    if (!this.#online()) return;
    try {
      await this.#ice.renew();
    } catch {
      return;
    }
    if (this.#seats.get(seat.username) === seat) seat.link.mend(this.#ice.configuration);
  }

  #unsent(error: unknown): void {
    if (!(error instanceof SottoError) || this.#phase !== "live") return;
    if (error.isRefusal("no_access") || error.isRefusal("not_friends")) this.#finish("removed");
    // Whatever else: joining again, the notice of who left, or the seat's watch mends it.
  }

  /** Shares what a home's upload carries among the others. */
  #tune(): void {
    const count = Math.max(1, this.#seats.size);
    for (const { link } of this.#seats.values()) {
      void link.limit("camera", Math.max(150_000, Math.min(1_500_000, Math.floor(3_000_000 / count))), count > 3 ? 2 : 1);
      void link.limit("screen", Math.max(400_000, Math.min(2_500_000, Math.floor(5_000_000 / count))), 1);
    }
  }

  #finish(reason: EndReason, sentence: string | null = null): void {
    if (this.#phase === "ended") return;
    this.#attempt += 1;
    for (const end of this.#unsubscribe) end();
    this.#ice.close();
    for (const seat of this.#seats.values()) seat.close();
    this.#seats.clear();
    this.#media.close();
    this.#end = { reason, sentence };
    this.#setPhase("ended");
  }

  #setPhase(phase: Phase): void {
    this.#phase = phase;
    this.#changed();
  }

  #changed(): void {
    this.#snapshot = this.#look();
    for (const listener of [...this.#listeners]) listener();
  }

  #look(): CallSnapshot {
    const { mic, camera, sharing, preview, screen, micTrack, problem } = this.#media;
    return {
      dm: this.dm,
      phase: this.#phase,
      since: this.#since,
      own: { mic, camera, sharing, preview, screen, micTrack, problem },
      people: [...this.#seats.values()].map(({ username, trouble, link }) => ({
        username,
        trouble,
        link: link.state,
        mic: link.remote.mic,
        camera: link.remote.camera,
        stream: link.stream,
        screen: link.screen,
      })),
      relay: this.#ice.relay,
      end: this.#end,
    };
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof SottoError && (error.kind === "disconnected" || error.kind === "timeout" || error.kind === "connect");
}
