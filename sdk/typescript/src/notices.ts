/** The server's notices, one by one: what each means for keys, groups, cursors and the app. */

import type { Account } from "./account.js";
import type { Calls } from "./calls.js";
import { SottoError, type SottoErrorKind } from "./errors.js";
import type { SottoEvents } from "./events.js";
import type { Follower } from "./follow.js";
import { type Groups, orLocked } from "./groups.js";
import type { KnownDms } from "./known-dms.js";
import type { Caller } from "./link.js";
import { type PeopleParts, pinFriend } from "./people.js";
import type * as protocol from "./protocol.js";
import type { Reader } from "./read.js";
import type { Recent } from "./recent.js";
import type { Replays } from "./replays.js";
import type { Notice } from "./transport.js";
import type { Vault } from "./vault.js";
import { LIMIT } from "./vault/sealed.js";

/** Percent of the `own_storage` limit at which the user is warned (C-509). */
const NEARLY_FULL = 80;

/** Tells the app. */
export type Tell = <E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]) => void;

/** What taking notices is made of. */
export interface NoticesParts {
  readonly account: Account;
  /** Of whoever makes the connections. */
  readonly caller: Caller;
  readonly vault: Vault;
  readonly groups: Groups;
  readonly replays: Replays;
  readonly recent: Recent;
  readonly dms: KnownDms;
  readonly reader: Reader;
  readonly calls: Calls;
  readonly people: PeopleParts;
  readonly follower: Follower;
  readonly tell: Tell;
}

/** Takes notices, in order and one at a time. */
export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  /** Takes one notice. DMs whose changes must be read are added to `pulls`. */
  async take(notice: Notice, pulls: Set<number>): Promise<void> {
    const { calls, tell } = this.#parts;
    switch (notice.name) {
      case "x3dh_notification":
        await this.#invited(notice.payload, pulls);
        // Only now is the key safe (C-217).
        notice.ack?.();
        return;
      case "profile_notification":
        return this.#profile(notice.payload);
      case "message_notification":
      case "message_change_notification":
        return this.#message(notice.payload, pulls);
      case "message_delete_notification":
        return this.#deleted(notice.payload);
      case "dm_notification":
        return this.#dmChanged(notice.payload, pulls);
      case "own_change_notification": {
        const { scope, id } = notice.payload;
        if (scope === "dms") await this.#ownDms(pulls);
        tell("ownChange", { scope, dm: id ?? null });
        return;
      }
      case "friend_request_accept_notification": {
        const { username, accept } = notice.payload;
        // Told whatever becomes of the key, which is looked at again with each login.
        tell("friendAnswer", { username, accepted: accept });
        if (accept) await this.#pin(username);
        return;
      }
      case "call_signal_notification":
        return this.#signal(notice.payload);
      case "user_joined_call":
        calls.joined(notice.payload);
        tell("callJoined", { dm: notice.payload.id, username: notice.payload.username });
        return;
      case "user_left_call":
        calls.left(notice.payload.id, notice.payload.username);
        tell("callLeft", { dm: notice.payload.id, username: notice.payload.username });
        return;
      default:
        this.#plain(notice);
    }
  }

  /** Notices that are told as they come. */
  #plain(
    notice: Extract<
      Notice,
      {
        name:
          | "typing_notification"
          | "scheduled_message_sent_notification"
          | "scheduled_soon_notification"
          | "scheduled_message_failed_notification"
          | "friend_request_notification"
          | "unfriend_notification";
      }
    >,
  ): void {
    const { tell } = this.#parts;
    switch (notice.name) {
      case "typing_notification":
        tell("typing", { dm: notice.payload.id, username: notice.payload.username });
        break;
      case "scheduled_message_sent_notification":
        tell("scheduledSent", { dm: notice.payload.dm_id, id: notice.payload.schedule_id });
        break;
      case "scheduled_soon_notification":
        tell("scheduledSoon", { dm: notice.payload.dm_id, id: notice.payload.schedule_id });
        break;
      case "scheduled_message_failed_notification":
        tell("scheduledFailed", { dm: notice.payload.dm_id, id: notice.payload.schedule_id, code: notice.payload.code });
        break;
      case "friend_request_notification":
        tell("friendRequest", { username: notice.payload.username });
        break;
      case "unfriend_notification":
        tell("unfriended", { username: notice.payload.username });
    }
  }

  async #invited(notice: protocol.X3dhNotice, pulls: Set<number>): Promise<void> {
    const { caller, groups, tell, vault } = this.#parts;
    const news = !vault.content.dms.has(notice.id);
    try {
      await groups.join(caller, notice);
    } catch (error) {
      if (mustNotBe(error)) tell("invitationRefused", { dm: notice.id, sender: notice.sender, error });
      throw error;
    }
    if (news) await this.#newDm(notice.id, pulls);
  }

  /** Tells of a DM that was not followed before, and begins to follow it. */
  async #newDm(dm: number, pulls: Set<number>): Promise<void> {
    const { caller, follower, groups, reader, tell } = this.#parts;
    if (!(await follower.adopt(dm))) return;
    tell("invited", { dm: await reader.view(caller, await groups.details(caller, dm)) });
    pulls.add(dm);
  }

  async #pin(username: string): Promise<void> {
    try {
      await pinFriend(this.#parts.people, username);
    } catch (error) {
      if (!mustNotBe(error)) throw error;
      this.#parts.tell("warning", { text: error.message });
    }
  }

  async #profile(user: protocol.User): Promise<void> {
    const { account, groups, tell, vault } = this.#parts;
    if (user.username === account.username) {
      // Another device may have changed `own_storage`.
      try {
        await this.lookAtVault();
      } catch (error) {
        if (mustNotBe(error)) tell("warning", { text: error.message });
        throw error;
      }
    } else {
      try {
        groups.checkPin(user.username, user.public_key);
      } catch (error) {
        const pinned = vault.content.pins.get(user.username)?.ik;
        if (pinned === undefined) throw error;
        tell("keyChanged", { username: user.username, pinned, seen: user.public_key });
      }
    }
    tell("profile", { user });
  }

  async #message(wire: protocol.Message, pulls: Set<number>): Promise<void> {
    const { caller, follower, reader, recent, tell } = this.#parts;
    const dm = wire.dm_id;
    if (pulls.has(dm)) return;
    const verdict = follower.judge(wire);
    if (verdict === "known") return;
    if (verdict === "pull") {
      pulls.add(dm);
      return;
    }
    try {
      const [message] = await reader.openAll(caller, dm, [wire]);
      if (message === undefined) return;
      await recent.put(dm, wire, verdict === "new");
      follower.shown(wire, message);
      tell(verdict === "new" ? "messageNew" : "messageChanged", { message });
    } catch (error) {
      follower.fallBehind(dm);
      throw error;
    }
  }

  async #deleted(id: number): Promise<void> {
    const { follower, reader, recent, replays, tell } = this.#parts;
    const dm = follower.place(id) ?? (await reader.place(id));
    if (!follower.delete(dm, id)) return;
    if (dm !== undefined) {
      await recent.remove(dm, [id]);
      await replays.forget(dm, id);
    }
    tell("messageDeleted", { dm: dm ?? null, id });
  }

  async #dmChanged(dm: protocol.Dm, pulls: Set<number>): Promise<void> {
    const { caller, dms, follower, groups, reader, tell } = this.#parts;
    if (!follower.follows(dm.id)) {
      await this.tryGroup(dm.id);
      return this.#newDm(dm.id, pulls);
    }
    await dms.put(dm);
    tell("dmChanged", { dm: await reader.viewOf(dm, await orLocked(groups.group(caller, dm.id))) });
  }

  /** Another device created, joined or left DMs. */
  async #ownDms(pulls: Set<number>): Promise<void> {
    const { caller, follower } = this.#parts;
    const now = await caller.patient("get_dms", {});
    const before = follower.dms();
    for (const dm of before) if (!now.includes(dm)) await this.gone(dm);
    for (const dm of now) {
      if (before.includes(dm)) continue;
      await this.tryGroup(dm);
      await this.#newDm(dm, pulls);
    }
  }

  /** The user is no longer in a DM. */
  async gone(dm: number): Promise<void> {
    const { dms, follower, recent, tell } = this.#parts;
    await follower.dropDm(dm);
    await dms.drop(dm);
    await recent.dropDm(dm);
    tell("dmGone", { dm });
  }

  /** Reads a DM that this device has no key for, which accepts the invitation if there is one. */
  async tryGroup(dm: number): Promise<void> {
    const { caller, groups, tell } = this.#parts;
    let details: protocol.DmDetails;
    try {
      details = await groups.details(caller, dm);
    } catch (error) {
      // Left in the meantime.
      if (error instanceof SottoError && error.isRefusal("no_access")) return;
      throw error;
    }
    try {
      await groups.of(caller, details);
    } catch (error) {
      // One DM that the server does not let be joined must not keep the others from being served.
      if (!mustNotBe(error) && !(error instanceof SottoError && error.kind === "refused")) throw error;
      const sender = details.x3dh?.sender ?? details.users[0] ?? "";
      tell("invitationRefused", { dm, sender, error });
    }
  }

  /** Reads `own_storage` anew, and tells what the user should know of it. */
  async lookAtVault(): Promise<void> {
    const { caller, tell, vault } = this.#parts;
    const { conflicts, length } = await vault.refresh(caller);
    for (const { username, pinned, other } of conflicts) tell("keyChanged", { username, pinned, seen: other });
    const percent = Math.floor((100 * length) / LIMIT);
    if (percent >= NEARLY_FULL) {
      tell("warning", { text: `The storage for keys is ${String(percent)} % full; leave DMs that are not needed before it is.` });
    }
  }

  async #signal(signal: protocol.CallSignalNotice): Promise<void> {
    const { calls, caller, tell } = this.#parts;
    try {
      const body = await calls.open(caller, signal);
      if (body !== undefined) tell("callSignal", { dm: signal.id, username: signal.username, body });
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
      // Too late: this device has left.
      if (error.kind === "invalid") return;
      tell("warning", { text: `A call signal that claims to be of ${signal.username} is refused: ${error.message}` });
    }
  }
}

/** What stops something for its own sake, whatever the network does: safety, no sense in it, or no room for its key. */
const STOPS: readonly SottoErrorKind[] = ["security", "invalid", "storage"];

/** Whether something is stopped for its own sake rather than for the network's. */
export function mustNotBe(error: unknown): error is SottoError {
  return error instanceof SottoError && STOPS.includes(error.kind);
}
