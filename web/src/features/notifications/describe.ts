/** What a notification about messages says, and when there is one. */

import type { Message } from "@sotto/sdk";
import type { Reveal } from "./preferences";

/** Characters of a message that are shown. */
const PREVIEW = 120;
/** A message that is older was missed while offline; while the user looks at the page it is no news, in milliseconds. */
const FRESH = 60_000;

/** What is known of a new message's surroundings. */
export interface Moment {
  readonly username: string;
  readonly muted: boolean;
  /** Whether the user looks at the page. */
  readonly looking: boolean;
  /** The DM that is open. */
  readonly open: number | null;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

/** Whether a new message is worth a word. */
export function isNews(message: Pick<Message, "sender" | "dm" | "timestamp">, moment: Moment): boolean {
  if (message.sender === moment.username || moment.muted) return false;
  if (!moment.looking) return true;
  return moment.open !== message.dm && moment.now - Date.parse(`${message.timestamp}Z`) < FRESH;
}

/** A notification's words. */
export interface Words {
  readonly title: string;
  readonly body: string;
}

/** The words for `count` new messages of a DM, of which this is the last; as much as the user lets others see. */
export function describeMessage(message: Pick<Message, "sender" | "content" | "expires">, title: string | null, count: number, reveal: Reveal): Words {
  const many = count === 1 ? "New message" : `${String(count)} new messages`;
  if (reveal === "nothing") return { title: "Sotto", body: many };
  const head = title === null || title === message.sender ? message.sender : `${message.sender} in ${title}`;
  // The system may keep what a notification said: a message that destroys itself is never in one.
  if (reveal === "sender" || !message.content.ok || message.expires !== null) return { title: head, body: many };
  const text = message.content.value.text.replaceAll(/\s+/g, " ").trim();
  const cut = [...text];
  const shown = cut.length > PREVIEW ? `${cut.slice(0, PREVIEW - 1).join("")}…` : text;
  return { title: head, body: count === 1 ? shown : `${shown} (${many})` };
}
