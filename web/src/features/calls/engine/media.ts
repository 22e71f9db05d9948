/** Microphones, cameras and screens of this device: asked for, chosen, and why there is none. */

/** Why a device could not be had. */
export type MediaWhy =
  /** The user, or a rule of the browser or the system, said no. */
  | "denied"
  /** There is none. */
  | "missing"
  /** Another program has it, or it failed. */
  | "busy"
  /** The page is not in a secure context. */
  | "insecure"
  /** The user closed the choice of a screen. */
  | "cancelled";

/** Why a device could not be had, as an error. */
export class MediaProblem extends Error {
  override readonly name = "MediaProblem";
  readonly why: MediaWhy;

  constructor(why: MediaWhy, options?: ErrorOptions) {
    super(`no media: ${why}`, options);
    this.why = why;
  }
}

/** What is wished for. */
export interface Wish {
  readonly mic?: boolean;
  readonly camera?: boolean;
}

/** What was got. */
export interface Got {
  readonly mic: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
  /** Why something that was wished for is missing. */
  readonly problem: MediaProblem | null;
}

/** The devices of this machine; a test has others. */
export interface MediaSource {
  open(wish: Wish): Promise<Got>;
  screen(): Promise<{ readonly video: MediaStreamTrack; readonly audio: MediaStreamTrack | null }>;
}

/** The kinds of device that the user may choose. */
export type DeviceKind = "audioinput" | "videoinput" | "audiooutput";

/** Device ids are random per site and browser; they say nothing elsewhere. */
const KEYS: Readonly<Record<DeviceKind, string>> = {
  audioinput: "sotto.calls.microphone",
  videoinput: "sotto.calls.camera",
  audiooutput: "sotto.calls.speaker",
};

/** The device that was chosen last, or an empty string for the system's choice. */
export function chosenDevice(kind: DeviceKind): string {
  try {
    return localStorage.getItem(KEYS[kind]) ?? "";
  } catch {
    return "";
  }
}

/** Remembers a choice. */
export function chooseDevice(kind: DeviceKind, id: string): void {
  try {
    localStorage.setItem(KEYS[kind], id);
  } catch {
    // Without storage the choice lasts as long as the call.
  }
}

function problemOf(error: unknown, denied: MediaWhy): MediaProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return new MediaProblem(denied, { cause: error });
  if (name === "NotFoundError" || name === "OverconstrainedError") return new MediaProblem("missing", { cause: error });
  return new MediaProblem("busy", { cause: error });
}

/** A chosen device that is gone gives way to the system's: `ideal`, not `exact`. */
function preferred(kind: DeviceKind): MediaTrackConstraints {
  const id = chosenDevice(kind);
  return id === "" ? {} : { deviceId: { ideal: id } };
}

function constraints(wish: Wish): MediaStreamConstraints {
  return {
    audio: wish.mic === true && { ...preferred("audioinput"), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    video: wish.camera === true && {
      ...preferred("videoinput"),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30, max: 30 },
    },
  };
}

async function ask(wish: Wish): Promise<Got> {
  // Outside of a secure context there is no such object, whatever its type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return { mic: null, camera: null, problem: new MediaProblem("insecure") };
  try {
    const stream = await devices.getUserMedia(constraints(wish));
    return { mic: stream.getAudioTracks()[0] ?? null, camera: stream.getVideoTracks()[0] ?? null, problem: null };
  } catch (error) {
    return { mic: null, camera: null, problem: problemOf(error, "denied") };
  }
}

/** The browser's own devices. */
export const browserMedia: MediaSource = {
  async open(wish) {
    // Both at once is one question to the user. It fails as a whole where only one is missing, so then each is asked for alone.
    const both = await ask(wish);
    if (both.problem === null || wish.mic !== true || wish.camera !== true || both.problem.why === "insecure") return both;
    const mic = await ask({ mic: true });
    const camera = await ask({ camera: true });
    return { mic: mic.mic, camera: camera.camera, problem: mic.problem ?? camera.problem };
  },

  async screen() {
    const devices = navigator.mediaDevices as (Omit<MediaDevices, "getDisplayMedia"> & Partial<MediaDevices>) | undefined;
    if (devices?.getDisplayMedia === undefined) throw new MediaProblem("missing");
    try {
      const stream = await devices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
      const video = stream.getVideoTracks()[0];
      if (video === undefined) throw new MediaProblem("missing");
      // Text is read, not watched: sharp before smooth.
      video.contentHint = "detail";
      return { video, audio: stream.getAudioTracks()[0] ?? null };
    } catch (error) {
      throw error instanceof MediaProblem ? error : problemOf(error, "cancelled");
    }
  },
};

/** Whether this browser can share a screen; those of phones cannot. */
export function canShareScreen(): boolean {
  const devices = navigator.mediaDevices as (Omit<MediaDevices, "getDisplayMedia"> & Partial<MediaDevices>) | undefined;
  return devices?.getDisplayMedia !== undefined;
}

/** Whether the speaker can be chosen. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** A device that the user may choose. */
export interface Device {
  readonly id: string;
  readonly name: string;
}

/** The devices of a kind; their names are empty before the user has allowed one. */
export async function listDevices(kind: DeviceKind): Promise<Device[]> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return [];
  const all = await devices.enumerateDevices();
  return all.filter((one) => one.kind === kind && one.deviceId !== "").map((one) => ({ id: one.deviceId, name: one.label }));
}
