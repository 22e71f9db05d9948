/** A call as it is shown: plain values, made anew at each change. */

import type { Sending } from "./local-media";
import type { MediaWhy } from "./media";
import type { LinkState } from "./peer-link";

/** Where a call stands. */
export type Phase =
  /** The user is asked for microphone and camera. */
  | "asking"
  /** They cannot be had: the user decides how to go on. */
  | "blocked"
  | "joining"
  | "live"
  /** The server is out of reach; media may still flow. */
  | "reconnecting"
  | "ended";

/** Why a call ended. */
export type EndReason =
  | "left"
  /** Another device of the user took the place. */
  | "elsewhere"
  /** The user is in the DM, or a friend, no more. */
  | "removed"
  | "full"
  | "failed";

/** Another member in the call. */
export interface Participant {
  readonly username: string;
  readonly link: LinkState;
  /** The connection does not come about: a firewall, most likely. */
  readonly trouble: boolean;
  readonly mic: boolean;
  readonly camera: boolean;
  /** Microphone and camera. */
  readonly stream: MediaStream | null;
  readonly screen: MediaStream | null;
}

/** What of this device is sent. */
export interface OwnMedia {
  readonly mic: Sending;
  readonly camera: Sending;
  readonly sharing: Sending;
  readonly preview: MediaStream | null;
  readonly screen: MediaStream | null;
  readonly micTrack: MediaStreamTrack | null;
  readonly problem: { readonly slot: "mic" | "camera" | "screen"; readonly why: MediaWhy } | null;
}

/** A call at one moment; another object whenever something changed. */
export interface CallSnapshot {
  readonly dm: number;
  readonly phase: Phase;
  /** When this device came in, in milliseconds since 1970 UTC; null before. */
  readonly since: number | null;
  readonly own: OwnMedia;
  readonly people: readonly Participant[];
  /** Whether the server offers a relay, without which some networks cannot be crossed. */
  readonly relay: boolean;
  readonly end: { readonly reason: EndReason; readonly sentence: string | null } | null;
}
