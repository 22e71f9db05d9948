/** Streams and devices as React sees them. */

import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";
import { listDevices, type Device, type DeviceKind } from "./engine/media";
import { watchSpeech } from "./engine/levels";

/** Gives a media element its stream. `srcObject`, no URL: nothing for the page's policy to allow. */
export function useStream<E extends HTMLMediaElement>(stream: MediaStream | null): RefObject<E | null> {
  const element = useRef<E | null>(null);
  useEffect(() => {
    const media = element.current;
    if (media === null) return undefined;
    media.srcObject = stream;
    return () => {
      media.srcObject = null;
    };
  }, [stream]);
  return element;
}

/** Whether somebody speaks; `track` null: nobody can. */
export function useSpeaking(track: MediaStreamTrack | null): boolean {
  const [speaking, setSpeaking] = useState(false);
  useEffect(() => {
    if (track === null) return undefined;
    const end = watchSpeech(track, setSpeaking);
    return () => {
      end();
      setSpeaking(false);
    };
  }, [track]);
  return speaking;
}

/** The devices of a kind, as they come and go. */
export function useDevices(kind: DeviceKind): readonly Device[] {
  const [devices, setDevices] = useState<readonly Device[]>([]);
  useEffect(() => {
    let gone = false;
    const look = async (): Promise<void> => {
      const found = await listDevices(kind).catch(() => []);
      if (!gone) setDevices(found);
    };
    void look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => {
      gone = true;
      navigator.mediaDevices?.removeEventListener("devicechange", look);
    };
  }, [kind]);
  return devices;
}

/** The time, once a second while somebody counts it. */
export function useNow(counting: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!counting) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [counting]);
  return now;
}

/** Keys of the call while it is all there is on the screen, by their names in lower case; not in its menus and fields. */
export function useKeys(within: RefObject<HTMLElement | null>, keys: Readonly<Record<string, () => void>>): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event;
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !(target instanceof Element)) return;
    // A button that was pressed may be gone, and the focus with it.
    if (target !== document.body && within.current?.contains(target) !== true) return;
    if (target.closest("input, textarea, select, [contenteditable], [role=listbox], [role=menu]") !== null) return;
    keys[event.key.toLowerCase()]?.();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => pressed(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

/** Keeps the screen of a phone from going dark while one talks. */
export function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !("wakeLock" in navigator)) return undefined;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const hold = async (): Promise<void> => {
      // The system takes it away with the page, and may refuse it to save power.
      if (document.visibilityState !== "visible") return;
      lock = await navigator.wakeLock.request("screen").catch(() => null);
      if (over) void lock?.release();
    };
    void hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, [wanted]);
}
