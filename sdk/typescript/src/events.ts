/** What happens on the account: the names and payloads of the events of {@link Sotto}. */

import type { SottoError } from "./errors.js";
import type { Dm, Message, MessageRef, Queued } from "./model.js";
import type { RefusalCode, User } from "./protocol.js";

/** Events and what they carry. Messages are «insert or replace by id». */
export interface SottoEvents {
  /** Logged in and settled. What was missed follows as ordinary events. */
  connected: Record<string, never>;
  /** The connection is lost and being made again; `why` is for a person. */
  disconnected: { why: string };
  /** It will not be made again (closed, account gone, …); this is the last event. */
  ended: { error: SottoError };
  /** A message that was not there before. */
  messageNew: { message: Message };
  /** A message as it is now: edited, pinned, reacted to. */
  messageChanged: { message: Message };
  /** A message is gone. `dm` is null where this device never saw the message. */
  messageDeleted: { dm: number | null; id: number };
  /** Too long away from this DM for its changes to be told one by one: read again what is shown of it. New messages still follow. */
  historyReset: { dm: number };
  /** A member is typing. */
  typing: { dm: number; username: string };
  /** The user is in a new DM, which this device can read. */
  invited: { dm: Dm };
  /** An invitation that must not be accepted. It comes again with each login until it can be. */
  invitationRefused: { dm: number; sender: string; error: SottoError };
  /** A DM's name, members or call changed. */
  dmChanged: { dm: Dm };
  /** The user is no longer in this DM. */
  dmGone: { dm: number };
  /** A scheduled message was sent; its id until now. */
  scheduledSent: { dm: number; id: number };
  /** A scheduled message will be sent in a minute. */
  scheduledSoon: { dm: number; id: number };
  /** A scheduled message was dropped at its hour. */
  scheduledFailed: { dm: number; id: number; code: RefusalCode };
  /**
   * A message that waited for the connection is given up: the server refused it (`not_friends`, …), or it waited for over a week.
   * `queued` is what it said, so that it can be shown, mended and sent again; it is kept no longer. Told in every tab that had listed
   * it by {@link Sotto.queued}. A send whose caller still waits is told to that one, by its error.
   */
  sendFailed: { dm: number; reference: MessageRef; error: SottoError; queued: Queued };
  /** Someone asks to be friends. */
  friendRequest: { username: string };
  /** Someone answered the user's request. */
  friendAnswer: { username: string; accepted: boolean };
  /** A friendship ended. */
  unfriended: { username: string };
  /** Someone's profile or presence changed. */
  profile: { user: User };
  /** A member joined the call. */
  callJoined: { dm: number; username: string };
  /** A member left the call. */
  callLeft: { dm: number; username: string };
  /** A signal for this device's call, verified. */
  callSignal: { dm: number; username: string; body: string };
  /** Another device of the user changed one of the user's own lists. */
  ownChange: { scope: "friends" | "blocks" | "scheduled" | "dms"; dm: number | null };
  /** The server shows another key (hex) for someone than the pinned one, which stays in force until the user decides. */
  keyChanged: { username: string; pinned: string; seen: string };
  /** Something that the user should know, for a person. */
  warning: { text: string };
}
