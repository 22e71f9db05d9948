/** The client: everything that an app does, on one account. See {@link Sotto}. */

import { Account } from "./account.js";
import { parseServer } from "./address.js";
import { MAX_BODY } from "./crypto/index.js";
import type { ConnectionState } from "./engine.js";
import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
import type { Dm, Message, Page, Person, ProfileChange, Queued, Scheduled, SendOptions, Sent, StorageUse } from "./model.js";
import * as people from "./people.js";
import { webPlatform } from "./platform/web.js";
import type { FullUser, IceServer, User } from "./protocol.js";
import { isTaken, register } from "./register.js";
import { begin, type Session, type SottoOptions, transportOf } from "./session.js";

export type { ConnectionState } from "./engine.js";
export type { SottoOptions } from "./session.js";

/**
 * A session of one account on one device. The connection is made again by itself after a loss. Requests made meanwhile wait for as
 * long as for an answer; what must not be lost or doubled (sends, new DMs, leaving) is repeated safely until its outcome is known.
 *
 * Every function throws {@link SottoError}: `refused` where the server says no, `disconnected` and `timeout` for the network's
 * sake, `security` where going on would not be safe, `invalid` where the call makes no sense.
 */
export class Sotto {
  readonly username: string;
  /** The server's origin. */
  readonly server: string;
  readonly account: Account;
  readonly #parts: Session;
  #closing: Promise<void> | undefined;

  private constructor(parts: Session) {
    this.username = parts.account.username;
    this.server = parts.server.origin;
    this.account = parts.account;
    this.#parts = parts;
  }

  /**
   * Starts a session from what this device knows, without waiting for the network: cached DMs and messages can be read at once, and
   * the connection is made (and made again) in the background. Rejects only for the local store, a server's address that is none, or
   * without a secure context. Listeners that are added right after it miss nothing.
   */
  static async open(server: string, account: Account, options: SottoOptions = {}): Promise<Sotto> {
    const sotto = new Sotto(await begin(server, account, options));
    sotto.#parts.events.begin();
    return sotto;
  }

  /** {@link Sotto.open}, then waits for the first login. Throws what {@link Sotto.ready} throws. */
  static async connect(server: string, account: Account, options: SottoOptions = {}): Promise<Sotto> {
    const sotto = new Sotto(await begin(server, account, options));
    try {
      await sotto.ready();
    } catch (error) {
      await sotto.close();
      throw error;
    }
    sotto.#parts.events.begin();
    return sotto;
  }

  /**
   * Registers a new account and connects. The words are shown once, by the app, and confirmed by the user. Throws `refused`
   * (`username_taken`, `invalid_username`, …), `connect`, `security` `E_NAME`.
   */
  static async register(
    server: string,
    username: string,
    options: SottoOptions = {},
  ): Promise<{ sotto: Sotto; account: Account; words: string }> {
    const { account, words } = Account.create(username, options.platform ?? webPlatform());
    return { sotto: await Sotto.registerAccount(server, account, options), account, words };
  }

  /**
   * {@link Sotto.register} for keys that are there already: after `Account.create` the app shows the words and has them confirmed, and
   * only then is there an account that could be lost. Safe to repeat with the same keys.
   */
  static async registerAccount(server: string, account: Account, options: SottoOptions = {}): Promise<Sotto> {
    await register(parseServer(server), account, options.platform ?? webPlatform(), transportOf(options));
    return Sotto.connect(server, account, options);
  }

  /** Logs in to an existing account from its 24 words. Throws `security` `E_WORDS`, `refused` `no_such_user` or `wrong_response`. */
  static async recover(
    server: string,
    username: string,
    words: string,
    options: SottoOptions = {},
  ): Promise<{ sotto: Sotto; account: Account }> {
    const account = Account.recover(username, words);
    return { sotto: await Sotto.connect(server, account, options), account };
  }

  /** Whether a name can no longer be registered; asks without an account. Throws `connect`, `refused` (`rate_limited`). */
  static isTaken(server: string, username: string, options: Pick<SottoOptions, "requestTimeoutMs"> = {}): Promise<boolean> {
    return isTaken(parseServer(server), username, transportOf(options));
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#parts.engine.state;
  }

  /** Resolves after the first login has settled; rejects where it never will (`no_such_user`, `E_ROLLBACK`, …). */
  ready(): Promise<void> {
    return this.#parts.engine.ready;
  }

  /** Subscribes; answers the function that ends it. Events come in order; a throwing listener harms no other. */
  on<E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): () => void {
    return this.#parts.events.on(event, listener);
  }

  /** All DMs, newest activity unspecified; from the server, or (offline) as last seen. */
  dms(): Promise<Dm[]> {
    return this.#parts.reader.dms();
  }

  /** One DM. Throws `refused` `no_access`. */
  dm(id: number): Promise<Dm> {
    return this.#parts.reader.dm(id);
  }

  /** One page, opened and verified. Offline: from the newest messages kept on this device; throws `disconnected` beyond them. */
  messages(dm: number, page: Page = {}): Promise<Message[]> {
    return this.#parts.reader.messages(dm, page);
  }

  /** The whole history, newest first, page by page as it is read; `after`/`before` as in {@link Page}. */
  history(dm: number, page: Page = {}): AsyncIterableIterator<Message> {
    return this.#parts.reader.history(dm, page);
  }

  /** One message. Throws `refused` `no_access`. */
  message(id: number): Promise<Message> {
    return this.#parts.reader.message(id);
  }

  /** The pinned messages of a DM, newest first. */
  pinned(dm: number): Promise<Message[]> {
    return this.#parts.reader.pinned(dm);
  }

  /** The newest message of a DM, or null. */
  latest(dm: number): Promise<Message | null> {
    return this.#parts.reader.latest(dm);
  }

  /** The user's own messages that wait for their hour, by due time. */
  scheduled(dm: number): Promise<Scheduled[]> {
    return this.#parts.reader.scheduled(dm);
  }

  /**
   * Sends a message, now or later. Resolves once the server has it for good, or, `queued`, once it is clear that it cannot be reached:
   * then it goes out with the next connection, or, refused then, is told of by `sendFailed`. Throws `refused` (`not_friends`,
   * `no_access`, …), `invalid` for a text that is too long.
   */
  async send(dm: number, text: string, options: SendOptions = {}): Promise<Sent> {
    // Nothing is kept for later by a session that was closed, perhaps to be forgotten.
    if (this.#closing !== undefined) throw new SottoError("disconnected", "The client was closed.");
    return this.#parts.writer.send(dm, text, options);
  }

  /**
   * The user's own messages to a DM that wait on this device for the connection, scheduled ones too, in the order written. One is gone
   * from here when the server has it (its `messageNew` has the same reference) or when `sendFailed` tells of it.
   */
  queued(dm: number): Promise<Queued[]> {
    return this.#parts.writer.queued(dm);
  }

  /** Edits one's own message. Throws `refused` `not_owner`; `security` where the message as it is cannot be verified. */
  edit(message: number, text: string): Promise<void> {
    return this.#parts.writer.edit(message, text);
  }

  /** Deletes one's own message for everyone. Throws `refused` `not_owner`. */
  delete(message: number): Promise<void> {
    return this.#parts.writer.delete(message);
  }

  /** Pins a message or takes the pin off. Throws `refused` `too_large` beyond 100 pins. */
  pin(message: number, pinned: boolean): Promise<void> {
    return this.#parts.writer.pin(message, pinned);
  }

  /** Reacts to a message (up to 844 bytes of UTF-8); answers the reaction's id. */
  react(message: number, text: string): Promise<number> {
    return this.#parts.writer.react(message, text);
  }

  /** Takes one's own reaction back. Throws `refused` `not_owner`. */
  unreact(reaction: number): Promise<void> {
    return this.#parts.writer.unreact(reaction);
  }

  /** Cancels a message that waits for its hour. Throws `refused` `no_access` where it was sent already or never was. */
  cancel(dm: number, scheduled: number): Promise<void> {
    return this.#parts.writer.cancel(dm, scheduled);
  }

  /** Tells the others that the user is typing; the server passes on one a second. */
  typing(dm: number): Promise<void> {
    return this.#parts.writer.typing(dm);
  }

  /**
   * With one other friend, or a group. A name (up to 780 bytes of UTF-8) is sealed. Throws `refused` (`not_friends`, `cannot_invite`,
   * `dm_exists`, …); `security` (`E_KEY_CHANGED`, `E_SPK_STALE`, `E_SIG`, …) for someone's keys: then nothing was created.
   */
  async createDm(usernames: readonly string[], name?: string): Promise<Dm> {
    if (name !== undefined && new TextEncoder().encode(name).length > MAX_BODY.name) {
      throw new SottoError("invalid", "That name is too long.");
    }
    const { events, groups, link, reader, writer } = this.#parts;
    const { group, warnings } = await groups.create(link, usernames);
    for (const text of warnings) events.tell("warning", { text });
    if (name !== undefined) await writer.rename(group.dm, name);
    return reader.dm(group.dm);
  }

  /** Names a DM, sealed for its members; null takes the name away. */
  rename(dm: number, name: string | null): Promise<void> {
    return this.#parts.writer.rename(dm, name);
  }

  /** Leaves a DM and forgets its key, on all devices. */
  leave(dm: number): Promise<void> {
    return this.#parts.groups.leave(this.#parts.link, dm);
  }

  /** Oneself, as the server has it. */
  me(): Promise<FullUser> {
    return people.me(this.#parts.people);
  }

  /** Changes one's own profile. Throws `refused` `too_large`. */
  setProfile(change: ProfileChange): Promise<void> {
    return people.setProfile(this.#parts.people, change);
  }

  /** How full `own_storage` is. */
  storage(): Promise<StorageUse> {
    return people.storageUse(this.#parts.people);
  }

  /** A user, with how the key that the server shows stands to the pinned one. Throws `refused` `no_such_user`. */
  person(username: string): Promise<Person> {
    return people.person(this.#parts.people, username);
  }

  /** The directory, by folded name. */
  people(options: { prefix?: string; after?: string; limit?: number } = {}): Promise<User[]> {
    return people.people(this.#parts.people, options);
  }

  /** Whether a name can no longer be registered. */
  usernameExists(username: string): Promise<boolean> {
    return people.usernameExists(this.#parts.people, username);
  }

  /** The user's friends. */
  friends(): Promise<string[]> {
    return people.friends(this.#parts.people);
  }

  /** Who asks the user to be friends. */
  friendRequests(): Promise<string[]> {
    return people.friendRequests(this.#parts.people);
  }

  /** Whom the user asks to be friends. */
  outgoingRequests(): Promise<string[]> {
    return people.outgoingRequests(this.#parts.people);
  }

  /** Whom the user blocks. */
  blocked(): Promise<string[]> {
    return people.blocked(this.#parts.people);
  }

  /** Asks someone to be friends; lifts one's own block. Throws `refused` (`cannot_friend`, `request_exists`, `already_friends`). */
  addFriend(username: string): Promise<void> {
    return people.addFriend(this.#parts.people, username);
  }

  /** Answers a friend request; accepting pins the friend's key. Throws `refused` `no_request`, `security` `E_KEY_CHANGED`. */
  answerFriend(username: string, accept: boolean): Promise<void> {
    return people.answerFriend(this.#parts.people, username, accept);
  }

  /** Ends a friendship. Throws `refused` `not_friends`. */
  unfriend(username: string): Promise<void> {
    return people.unfriend(this.#parts.people, username);
  }

  /** Blocks someone; ends the friendship. */
  block(username: string): Promise<void> {
    return people.block(this.#parts.people, username);
  }

  /** Lifts a block. */
  unblock(username: string): Promise<void> {
    return people.unblock(this.#parts.people, username);
  }

  /** 12 groups of 5 digits, separated by spaces; the same on both sides (C-407). Throws `security` `E_KEY_CHANGED`. */
  safetyNumber(username: string): Promise<string> {
    return people.safetyNumber(this.#parts.people, username);
  }

  /** 60 digits in 12 groups for a whole group (C-408). */
  async groupCode(dm: number): Promise<string> {
    const { groups, link, reader } = this.#parts;
    const group = (await reader.recall(dm)) ?? (await groups.group(link, dm));
    return people.inFives(group.context.groupCode());
  }

  /**
   * Accepts the key that the server shows now in place of the pinned one. What had been stopped for its sake goes on. With `key`, the
   * one (hex) that the user has seen, no other is accepted: `security` `E_KEY_CHANGED`.
   */
  async trust(username: string, key?: string): Promise<void> {
    const { events, reader } = this.#parts;
    for (const id of await people.trust(this.#parts.people, username, key)) {
      events.tell("dmChanged", { dm: await reader.dm(id) });
      events.tell("historyReset", { dm: id });
    }
  }

  /**
   * Remembers that the user has compared safety numbers. Throws `security` `E_KEY_CHANGED` where the server shows another key than
   * the pinned one, or than `key` (hex); without it, than that of the last {@link Sotto.safetyNumber}.
   */
  verify(username: string, key?: string): Promise<void> {
    return people.verify(this.#parts.people, username, key);
  }

  /** Joins a DM's call with this device; answers who is in it, the user included. */
  joinCall(dm: number): Promise<string[]> {
    return this.#parts.calls.join(dm);
  }

  /** Leaves it. Throws `refused` `not_in_call`. */
  leaveCall(dm: number): Promise<void> {
    return this.#parts.calls.leave(dm);
  }

  /**
   * Sends a signal (an offer, an answer, a candidate) to a member's device in the call; up to 16,204 bytes of UTF-8. Throws `refused`
   * `not_in_call`, `invalid` where this device is in no call there.
   */
  sendCallSignal(dm: number, username: string, body: string): Promise<void> {
    return this.#parts.calls.send(dm, username, body);
  }

  /** The server's STUN and TURN servers, with credentials of 10 minutes. */
  iceServers(): Promise<IceServer[]> {
    return this.#parts.calls.iceServers();
  }

  /** Ends the session and keeps what was learnt. */
  close(): Promise<void> {
    this.#closing ??= this.#parts.engine.stop();
    return this.#closing;
  }

  /** {@link Sotto.close}, then forgets everything that this device keeps of the account (the store; not the account at the server). */
  async wipe(): Promise<void> {
    await this.close();
    // What was under way writes no more.
    await this.#parts.store.shut();
    await this.#parts.store.clear();
  }
}
