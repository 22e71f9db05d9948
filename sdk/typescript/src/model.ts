/** What an app sees: DMs, messages, reactions and people, opened and verified. */

import type { Unreadable } from "./errors.js";
import type { User } from "./protocol.js";

/** Names a message by its content, whatever id the server gives it (C-307), in hex: what replies aim at. */
export type MessageRef = string;

/** Something opened, or the reason why not. */
export type Opened<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: Unreadable };

/** A message. */
export interface Message {
  readonly id: number;
  /** The DM it is in. */
  readonly dm: number;
  /** Who sent it. Proven by signature where `content` is readable; else only what the server says. */
  readonly sender: string;
  /** When the server took it (`2023-07-22T01:58:59.123456`, UTC); strictly rising within a DM, so an exact cursor. */
  readonly timestamp: string;
  /** When it destroys itself, in the same form. */
  readonly expires: string | null;
  /** Whether a member pinned it. The server's word: pins are not signed. */
  readonly pinned: boolean;
  /** What it says. */
  readonly content: Opened<Content>;
  readonly reactions: readonly Reaction[];
  /** How many earlier envelopes of the same sender and session this device has not seen: deleted, not loaded yet, or withheld. */
  readonly missingBefore: number;
}

/** What a message says. */
export interface Content {
  readonly text: string;
  /** What replies and reactions to this message aim at; stays the same through edits. */
  readonly reference: MessageRef;
  /** The message this one replies to. Not known for an edited message, whose first version is gone. */
  readonly replyTo: MessageRef | null;
  /** How often it was edited; 0: never. */
  readonly revision: number;
  /** When it was written by the sender's clock, in milliseconds since 1970 UTC; at most what a `Date` holds. */
  readonly writtenMs: number;
}

/** A reaction to a message. */
export interface Reaction {
  readonly id: number;
  /** Who reacted. */
  readonly sender: string;
  /** What it says, usually an emoji. */
  readonly text: Opened<string>;
}

/** A DM. */
export interface Dm {
  readonly id: number;
  /** The members, in key-tree order. That someone has left is the server's word. */
  readonly users: readonly string[];
  /** Its name, where it has one. */
  readonly name: Opened<string> | null;
  /** When it was created (UTC timestamp). */
  readonly createdAt: string;
  /** Who is in the call. */
  readonly usersInCall: readonly string[];
  /** Why this device cannot read it; null where it can. */
  readonly locked: Unreadable | null;
}

/** One of the user's own messages that waits for its hour. */
export interface Scheduled {
  readonly dm: number;
  /** Its id until it is sent. */
  readonly id: number;
  /** When it is due (UTC timestamp). */
  readonly due: string;
  readonly text: Opened<string>;
}

/** How a key that the server shows stands to the pinned one. */
export type KeyState =
  /** No key is pinned for this name. */
  | { readonly state: "unknown" }
  /** The key is the pinned one; `verified`: the user has compared safety numbers. */
  | { readonly state: "pinned"; readonly verified: boolean }
  /** Another key is pinned: everything that would use the new one is refused until the user accepts it. */
  | { readonly state: "changed"; readonly pinned: string; readonly seen: string };

/** Another user, with what this account remembers of the key. */
export interface Person {
  /** What the server says. */
  readonly user: User;
  readonly key: KeyState;
}

/** Which page of a DM's history. */
export type Page =
  /** The newest messages, newest first. */
  | { readonly count?: number }
  /** Those strictly before a timestamp, newest first. */
  | { readonly before: string; readonly count?: number }
  /** Those strictly after a timestamp, oldest first. */
  | { readonly after: string; readonly count?: number };

/** How to send. */
export interface SendOptions {
  /** The message this one answers. */
  readonly replyTo?: MessageRef;
  /** Send it in so many seconds (to 31,536,000) … */
  readonly inSeconds?: number;
  /** … or at a moment. */
  readonly at?: Date;
  /** Let it destroy itself so many seconds after it was sent (1 to 31,536,000). */
  readonly deleteAfter?: number;
}

/** What is known of a message that was sent. */
export interface Sent {
  /** How it is named by content; the same that its `Message` will show. */
  readonly reference: MessageRef;
  /** Whether the server's answer is still awaited: it is kept on this device and sent again until it is there. */
  readonly queued: boolean;
}

/** One of the user's own messages that waits on this device for the connection. */
export interface Queued {
  readonly dm: number;
  /** The same that `send` answered and that its `Message` will show. */
  readonly reference: MessageRef;
  /** What it says; kept sealed, and opened with the user's own key for each answer. */
  readonly text: Opened<string>;
  /** The message this one replies to. */
  readonly replyTo: MessageRef | null;
  /** When it was written by this device's clock, in milliseconds since 1970 UTC. */
  readonly writtenMs: number;
  /** When the server is to send it (UTC timestamp); null: as soon as there is a connection. */
  readonly due: string | null;
  /** How many seconds after it was sent it destroys itself; null: never. */
  readonly deleteAfter: number | null;
}

/** What may be changed of one's own profile; what is left out stays. */
export interface ProfileChange {
  /** Up to 500 code points. */
  readonly biography?: string;
  /** Up to 64 bytes, such as `online`, `away`, `busy`. */
  readonly status?: string;
  /** A `data:` URL of up to 256 KiB, or empty for none. */
  readonly profilePicture?: string;
  /** From whom invitations to groups are taken. */
  readonly invites?: "anyone" | "friends";
}

/** How full `own_storage` is. */
export interface StorageUse {
  /** Bytes that are used. */
  readonly bytes: number;
  /** Percent of the server's limit. */
  readonly percent: number;
}
