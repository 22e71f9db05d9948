/** What calls say, in sentences. */

import type { CallNews } from "./calls";
import type { CallSnapshot, OwnMedia } from "./engine/call-snapshot";

const names = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** A duration: «3:07», «1:02:45». */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(rest)}` : `${String(minutes)}:${two(rest)}`;
}

/** How a call stands, in a line beside its title. */
export function standing({ phase, people }: CallSnapshot, title: string): string {
  if (phase === "asking") return "Waiting for your microphone …";
  if (phase === "blocked") return "No microphone";
  if (phase === "joining") return "Joining …";
  if (phase === "reconnecting") return "Reconnecting to the server …";
  if (phase === "ended") return "The call has ended";
  if (people.length === 0) return "Waiting for others";
  if (people.every(({ link }) => link !== "connected")) return people.some(({ link }) => link === "reconnecting") ? "Reconnecting …" : "Connecting …";
  const who = names.format(people.map(({ username }) => username));
  return who === title ? "Connected" : `With ${who}`;
}

const DEVICE = { mic: "microphone", camera: "camera", screen: "screen" } as const;

/** Why something cannot be sent, and how to mend it. */
export function problemOf({ slot, why }: NonNullable<OwnMedia["problem"]>): { readonly title: string; readonly text: string } {
  const device = DEVICE[slot];
  if (why === "denied") {
    const text =
      slot === "screen"
        ? "The system or the browser does not let this page see the screen. Look into the system's privacy settings."
        : `Your browser does not let this page use the ${device}. Press the sign beside the address, allow the ${device}, and try again.`;
    return { title: `The ${device} is not allowed`, text };
  }
  if (why === "missing") return { title: `No ${device} found`, text: `Connect a ${device}, and try again.` };
  if (why === "insecure") return { title: "Calls need HTTPS", text: "Open this page over HTTPS: browsers give microphones to no other." };
  return { title: `The ${device} cannot be used`, text: `Another program may be using the ${device}. Close it, and try again.` };
}

/** Why a call ended, where that is not the user's own doing. */
export function endingOf(news: Extract<CallNews, { what: "ended" }>["end"]): string | null {
  if (news.reason === "left") return null;
  if (news.reason === "elsewhere") return "The call goes on on another of your devices.";
  if (news.reason === "removed") return "The call has ended: you two are not friends any more, or you are not in this chat any more.";
  if (news.reason === "full") return "This call is full.";
  return `The call could not go on. ${news.sentence ?? ""}`.trim();
}

/** What to say when people or their states change; for screen readers. */
export function changesBetween(before: CallSnapshot, after: CallSnapshot): string[] {
  const said: string[] = [];
  const was = new Map(before.people.map((one) => [one.username, one]));
  const is = new Map(after.people.map((one) => [one.username, one]));
  for (const [name, now] of is) {
    const then = was.get(name);
    if (then === undefined) said.push(`${name} is in the call`);
    else if (then.screen === null && now.screen !== null) said.push(`${name} shares the screen`);
    else if (then.screen !== null && now.screen === null) said.push(`${name} stopped sharing`);
  }
  for (const name of was.keys()) if (!is.has(name)) said.push(`${name} left the call`);
  const [then, now] = [before.own, after.own];
  if (then.mic !== now.mic && (now.mic === "on" || now.mic === "muted")) said.push(now.mic === "on" ? "Microphone on" : "Microphone muted");
  if (then.camera !== now.camera && now.camera !== "asking") said.push(now.camera === "on" ? "Camera on" : "Camera off");
  if (then.sharing !== now.sharing && now.sharing !== "asking") said.push(now.sharing === "on" ? "You share your screen" : "Your screen is shared no more");
  if (before.phase !== after.phase && after.phase === "reconnecting") said.push("The server is out of reach; reconnecting");
  if (before.phase === "reconnecting" && after.phase === "live") said.push("Connected again");
  return said;
}
