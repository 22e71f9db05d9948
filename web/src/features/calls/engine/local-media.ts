/** What this device sends into a call: microphone, camera and screen, each on or off. */

import { type MediaProblem, type MediaSource, type Wish, MediaProblem as Problem } from "./media";
import type { OutgoingTrack, Slot } from "./peer-link";
import type { SenderState } from "./signals";

/** Where a microphone, camera or screen stands; a muted microphone stays open and sends silence. */
export type Sending = "off" | "asking" | "on" | "muted";

/** Whom local media tell. */
export interface LocalMediaHost {
  /** Another track is sent in a slot, or none. */
  replaced(slot: Slot, outgoing: OutgoingTrack | null): void;
  /** Something that is shown, or that others are told, has changed. */
  changed(): void;
}

/** This device's own media. */
export class LocalMedia {
  readonly tracks = new Map<Slot, OutgoingTrack>();
  /** Why the microphone, camera or screen that was last wished for is not there. */
  problem: { readonly slot: "mic" | "camera" | "screen"; readonly why: MediaProblem["why"] } | null = null;
  /** The own camera's picture, for the preview. */
  preview: MediaStream | null = null;
  /** The own screen, for the preview. */
  screen: MediaStream | null = null;

  readonly #source: MediaSource;
  readonly #host: LocalMediaHost;
  /** Names microphone and camera to the receivers as one person's. */
  readonly #person = new MediaStream();
  #asking = new Set<"mic" | "camera" | "screen">();
  /** The user's wish, which outlives a microphone that is exchanged: not a moment is sent that was meant to be muted. */
  #muted = false;
  #closed = false;

  constructor(source: MediaSource, host: LocalMediaHost) {
    this.#source = source;
    this.#host = host;
  }

  get mic(): Sending {
    if (this.#asking.has("mic")) return "asking";
    const track = this.tracks.get("mic")?.track;
    if (track === undefined) return "off";
    return this.#muted ? "muted" : "on";
  }

  get camera(): Sending {
    return this.#of("camera");
  }

  get sharing(): Sending {
    return this.#of("screen");
  }

  /** The microphone's track, for the level. */
  get micTrack(): MediaStreamTrack | null {
    return this.tracks.get("mic")?.track ?? null;
  }

  /** What others are told. */
  get state(): SenderState {
    return { mic: this.mic === "on", camera: this.tracks.has("camera"), screen: this.tracks.get("screen")?.stream.id ?? null };
  }

  /** Asks for microphone and camera; what cannot be had stays off and is told as the problem. */
  async open(wish: Wish): Promise<void> {
    this.problem = null;
    if (wish.mic === true) this.#asking.add("mic");
    if (wish.camera === true) this.#asking.add("camera");
    this.#host.changed();
    const got = await this.#source.open(wish);
    for (const slot of ["mic", "camera"] as const) {
      if (wish[slot] !== true) continue;
      this.#asking.delete(slot);
      const track = got[slot];
      if (this.#closed) track?.stop();
      else if (track !== null) this.#put(slot, { track, stream: this.#person });
    }
    if (got.problem !== null) {
      this.problem = { slot: wish.mic === true && got.mic === null ? "mic" : "camera", why: got.problem.why };
    }
    this.#host.changed();
  }

  /** Mutes or opens the microphone; asks for it where there is none yet. */
  async toggleMic(): Promise<void> {
    const track = this.tracks.get("mic")?.track;
    if (this.#asking.has("mic")) return;
    this.#muted = track !== undefined && !this.#muted;
    if (track === undefined) {
      await this.open({ mic: true });
      return;
    }
    track.enabled = !this.#muted;
    this.#host.changed();
  }

  /** Turns the camera on or off. Off is off: its light goes out. */
  async toggleCamera(): Promise<void> {
    if (this.#asking.has("camera")) return;
    if (this.tracks.has("camera")) this.#drop("camera");
    else await this.open({ camera: true });
  }

  /** Shares a screen that the user chooses, or ends that. */
  async toggleScreen(): Promise<void> {
    if (this.#asking.has("screen")) return;
    if (this.tracks.has("screen")) {
      this.#dropScreen();
      return;
    }
    this.problem = null;
    this.#asking.add("screen");
    this.#host.changed();
    try {
      const { video, audio } = await this.#source.screen();
      if (this.#closed) {
        video.stop();
        audio?.stop();
        return;
      }
      const stream = new MediaStream();
      this.#put("screen", { track: video, stream });
      if (audio !== null) this.#put("screenAudio", { track: audio, stream });
    } catch (error) {
      const why = error instanceof Problem ? error.why : "busy";
      if (why !== "cancelled") this.problem = { slot: "screen", why };
    } finally {
      this.#asking.delete("screen");
      this.#host.changed();
    }
  }

  /** Takes the microphone or camera that was chosen anew, where it is open. */
  async reopen(slot: "mic" | "camera"): Promise<void> {
    const before = this.tracks.get(slot)?.track;
    if (before === undefined || this.#asking.has(slot)) return;
    // Some systems give a microphone or camera only once.
    before.onended = null;
    before.stop();
    await this.open({ [slot]: true });
    const after = this.tracks.get(slot)?.track;
    if (after === before) this.#drop(slot);
  }

  /** Stops everything. */
  close(): void {
    this.#closed = true;
    for (const { track } of this.tracks.values()) {
      track.onended = null;
      track.stop();
    }
    this.tracks.clear();
    this.preview = this.screen = null;
  }

  #of(slot: "camera" | "screen"): Sending {
    if (this.#asking.has(slot)) return "asking";
    return this.tracks.has(slot) ? "on" : "off";
  }

  #put(slot: Slot, outgoing: OutgoingTrack): void {
    if (slot === "mic") outgoing.track.enabled = !this.#muted;
    this.tracks.set(slot, outgoing);
    if (slot === "camera") this.preview = new MediaStream([outgoing.track]);
    if (slot === "screen") this.screen = new MediaStream([outgoing.track]);
    outgoing.track.onended = () => {
      this.#lost(slot, outgoing.track);
    };
    this.#host.replaced(slot, outgoing);
  }

  #drop(slot: Slot): void {
    const outgoing = this.tracks.get(slot);
    if (outgoing === undefined) return;
    outgoing.track.onended = null;
    outgoing.track.stop();
    this.tracks.delete(slot);
    if (slot === "camera") this.preview = null;
    if (slot === "screen") this.screen = null;
    this.#host.replaced(slot, null);
    this.#host.changed();
  }

  #dropScreen(): void {
    this.#drop("screenAudio");
    this.#drop("screen");
  }

  /** A device was unplugged or taken away, or the browser's own bar ended the sharing. */
  #lost(slot: Slot, track: MediaStreamTrack): void {
    if (this.tracks.get(slot)?.track !== track) return;
    if (slot === "screen") this.#dropScreen();
    else this.#drop(slot);
    // Someone who speaks goes on speaking, by the next microphone; a camera comes back only when the user says so.
    if (slot === "mic") void this.open({ mic: true });
    else if (slot === "camera") this.problem = { slot, why: "missing" };
    this.#host.changed();
  }
}
