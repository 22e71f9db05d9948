/** The client: everything that an app does, on one account. DRAFT of the signatures; the real class takes its place. */

import type { Account } from "./account.js";
import type { SottoEvents } from "./events.js";
import type { Dm, Message, Page, Person, ProfileChange, Scheduled, SendOptions, Sent, StorageUse } from "./model.js";
import type { Platform } from "./platform/platform.js";
import type { FullUser, IceServer, User } from "./protocol.js";
import type { Store } from "./store/store.js";

/** Settings of a client. */
export interface SottoOptions {
  /** Where the device keeps its state; default: IndexedDB where there is one, else memory. */
  readonly store?: Store;
  /** Default: {@link webPlatform}. */
  readonly platform?: Platform;
  /** How long an answer may take, in milliseconds; default 20,000. */
  readonly requestTimeoutMs?: number;
}

/** Where the connection stands. */
export type ConnectionState = "connecting" | "online" | "offline" | "ended";

export declare class Sotto {
  /**
   * Starts a session from what this device knows, without waiting for the network: cached DMs and messages can be read at once, and
   * the connection is made (and made again) in the background. Rejects only for the local store, or without a secure context.
   */
  static open(server: string, account: Account, options?: SottoOptions): Promise<Sotto>;
  /** {@link Sotto.open}, then waits for the first login. */
  static connect(server: string, account: Account, options?: SottoOptions): Promise<Sotto>;
  /** Registers a new account and connects. The words are shown once, by the app, and confirmed by the user. */
  static register(server: string, username: string, options?: SottoOptions): Promise<{ sotto: Sotto; account: Account; words: string }>;
  /** Logs in to an existing account from its 24 words. */
  static recover(server: string, username: string, words: string, options?: SottoOptions): Promise<{ sotto: Sotto; account: Account }>;

  readonly username: string;
  readonly server: string;
  readonly account: Account;
  get state(): ConnectionState;
  /** Resolves after the first login has settled; rejects where it never will (`no_such_user`, `E_ROLLBACK`, …). */
  ready(): Promise<void>;

  /** Subscribes; answers the function that ends it. Events come in order; a throwing listener harms no other. */
  on<E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): () => void;

  /** All DMs, newest activity unspecified; from the server, or (offline) as last seen. */
  dms(): Promise<Dm[]>;
  dm(id: number): Promise<Dm>;
  /** One page, opened and verified. Offline: from the newest messages kept on this device; throws `disconnected` beyond them. */
  messages(dm: number, page?: Page): Promise<Message[]>;
  /** The whole history, newest first, page by page as it is read; `after`/`before` as in {@link Page}. */
  history(dm: number, page?: Page): AsyncIterableIterator<Message>;
  message(id: number): Promise<Message>;
  pinned(dm: number): Promise<Message[]>;
  /** The newest message of a DM, or null. */
  latest(dm: number): Promise<Message | null>;
  /** The user's own messages that wait for their hour, by due time. */
  scheduled(dm: number): Promise<Scheduled[]>;

  send(dm: number, text: string, options?: SendOptions): Promise<Sent>;
  edit(message: number, text: string): Promise<void>;
  delete(message: number): Promise<void>;
  pin(message: number, pinned: boolean): Promise<void>;
  react(message: number, text: string): Promise<number>;
  unreact(reaction: number): Promise<void>;
  cancel(dm: number, scheduled: number): Promise<void>;
  typing(dm: number): Promise<void>;

  /** With one other friend, or a group. A name is sealed. */
  createDm(usernames: readonly string[], name?: string): Promise<Dm>;
  rename(dm: number, name: string | null): Promise<void>;
  leave(dm: number): Promise<void>;

  me(): Promise<FullUser>;
  setProfile(change: ProfileChange): Promise<void>;
  storage(): Promise<StorageUse>;
  person(username: string): Promise<Person>;
  /** The directory, by folded name. */
  people(options?: { prefix?: string; after?: string; limit?: number }): Promise<User[]>;
  usernameExists(username: string): Promise<boolean>;
  friends(): Promise<string[]>;
  friendRequests(): Promise<string[]>;
  outgoingRequests(): Promise<string[]>;
  blocked(): Promise<string[]>;
  addFriend(username: string): Promise<void>;
  answerFriend(username: string, accept: boolean): Promise<void>;
  unfriend(username: string): Promise<void>;
  block(username: string): Promise<void>;
  unblock(username: string): Promise<void>;

  /** 12 groups of 5 digits, separated by spaces; the same on both sides (C-407). */
  safetyNumber(username: string): Promise<string>;
  /** 60 digits in 12 groups for a whole group (C-408). */
  groupCode(dm: number): Promise<string>;
  /** Accepts the key that the server shows now in place of the pinned one. */
  trust(username: string): Promise<void>;
  /** Remembers that the user has compared safety numbers. */
  verify(username: string): Promise<void>;

  /** Joins a DM's call with this device; answers who is in it, the user included. */
  joinCall(dm: number): Promise<string[]>;
  leaveCall(dm: number): Promise<void>;
  /** Sends a signal (an offer, an answer, a candidate) to a member's device in the call; up to 16,204 bytes of UTF-8. */
  sendCallSignal(dm: number, username: string, body: string): Promise<void>;
  iceServers(): Promise<IceServer[]>;

  /** Ends the session and keeps what was learnt. */
  close(): Promise<void>;
  /** {@link Sotto.close}, then forgets everything that this device keeps of the account (the store; not the account at the server). */
  wipe(): Promise<void>;
}
