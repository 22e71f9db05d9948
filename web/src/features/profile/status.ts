/** What a status says about presence. It is free text on the wire; a few words have a meaning for every client. */

import { cleanText, codePoints, STATUS_LIMIT } from "./limits";

/** What the dot beside a picture shows. */
export type Presence = "online" | "away" | "busy" | "offline";

/** The words that can be chosen, with what they mean to others. */
export const PRESETS: readonly { readonly status: Presence; readonly label: string; readonly hint: string }[] = [
  { status: "online", label: "Online", hint: "You are there." },
  { status: "away", label: "Away", hint: "You may answer later." },
  { status: "busy", label: "Busy", hint: "You would rather not be disturbed." },
  { status: "offline", label: "Offline", hint: "You look as if you were not connected. Messages reach you all the same." },
];

/** Any other text is that of somebody who is connected: others are shown `offline` while no device is. */
export function presenceOf(status: string): Presence {
  const word = status.trim().toLowerCase();
  return PRESETS.find((preset) => preset.status === word)?.status ?? "online";
}

/** The status as people read it. */
export function statusText(status: string): string {
  const word = status.trim();
  const preset = PRESETS.find((known) => known.status === word.toLowerCase());
  return preset?.label ?? (word === "" ? "Online" : word);
}

/** What is wrong with a status of one's own, or null. */
export function statusProblem(text: string): string | null {
  const status = cleanText(text).trim();
  if (status === "") return "Write a few words, or choose one of the above.";
  const over = codePoints(status) - STATUS_LIMIT;
  return over > 0 ? `That is ${over} ${over === 1 ? "character" : "characters"} too long.` : null;
}
