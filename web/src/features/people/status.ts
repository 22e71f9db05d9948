/** What a status says. It is free text on the wire; a few words have a meaning for every client. */

import { presenceOf } from "../../ui";

/** The words that can be chosen, with what they mean to others. */
export const PRESETS = [
  { status: "online", label: "Online", hint: "You are there." },
  { status: "away", label: "Away", hint: "You may answer later." },
  { status: "busy", label: "Busy", hint: "You would rather not be disturbed." },
  { status: "offline", label: "Offline", hint: "You look as if you were not connected. Messages reach you all the same." },
] as const;

/** The status as people read it. */
export function statusText(status: string): string {
  const word = status.trim();
  return PRESETS.find((known) => known.status === word)?.label ?? (word === "" ? "Online" : word);
}

/** What screen readers hear of the dot beside a picture, where the text does not say it. */
export function presenceLabel(status: string): string {
  return PRESETS.find((known) => known.status === presenceOf(status))?.label ?? "Online";
}
