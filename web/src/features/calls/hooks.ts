/** The session's calls as hooks. */

import { useSyncExternalStore } from "react";
import type { Sotto } from "@sotto/sdk";
import { useSotto } from "../../app/session";
import { isMuted } from "../notifications";
import { Calls, type CallsView } from "./calls";
import { browserMedia } from "./engine/media";

const made = new WeakMap<Sotto, Calls>();

function callsOf(sotto: Sotto): Calls {
  const known = made.get(sotto);
  if (known !== undefined) return known;
  const devices = { media: browserMedia, connect: (configuration: RTCConfiguration) => new RTCPeerConnection(configuration) };
  const calls = new Calls(sotto, devices, (dm) => isMuted(sotto, dm));
  made.set(sotto, calls);
  return calls;
}

/** Whether this browser can call at all. */
export const canCall = (): boolean => "RTCPeerConnection" in globalThis;

/** The session's calls. */
export function useCalls(): Calls {
  return callsOf(useSotto());
}

/** What is shown of them. */
export function useCallsView(): CallsView {
  const calls = useCalls();
  return useSyncExternalStore(calls.subscribe, () => calls.view);
}
