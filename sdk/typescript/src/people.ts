/** Other people: look up, friends, blocks, pinned keys, safety numbers. And oneself: profile, storage. */

import { type Account, identityOf } from "./account.js";
import { decodeHex, decodeIk, Refusal, safetyNumber as computeSafetyNumber, type VerifyingIdentity } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import { type Groups, keyChanged } from "./groups.js";
import type { Caller } from "./link.js";
import type { KeyState, Person, ProfileChange, StorageUse } from "./model.js";
import type { Platform } from "./platform/platform.js";
import type { FullUser, GetUserList, SetUser, User } from "./protocol.js";
import { asSecurity, checked } from "./refused.js";
import type { Vault } from "./vault.js";
import { decidePin, notePin } from "./vault/content.js";
import { LIMIT } from "./vault/sealed.js";

/** What these functions work with. */
export interface PeopleParts {
  readonly account: Account;
  readonly platform: Platform;
  readonly vault: Vault;
  readonly groups: Groups;
  readonly caller: Caller;
  /** The keys (hex) behind the safety numbers that this session has shown, by username. */
  readonly compared: Map<string, string>;
}

/** Oneself, as the server has it. */
export function me({ caller }: PeopleParts): Promise<FullUser> {
  return caller.patient("get_full_user", {});
}

/** Changes one's own profile. Throws `refused` `too_large`. */
export async function setProfile({ caller }: PeopleParts, change: ProfileChange): Promise<void> {
  // One by one: what else an object holds must not reach the server.
  const request: SetUser = {};
  if (change.biography !== undefined) request.biography = change.biography;
  if (change.status !== undefined) request.status = change.status;
  if (change.profilePicture !== undefined) request.profile_picture = change.profilePicture;
  if (change.invites !== undefined) request.invites = change.invites;
  await caller.untilKnown("set_user", request);
}

/** How full `own_storage` is. Throws `security` `E_ROLLBACK` or `E_STORAGE`. */
export async function storageUse({ caller, vault }: PeopleParts): Promise<StorageUse> {
  const { length } = await vault.refresh(caller);
  return { bytes: length, percent: Math.floor((length * 100) / LIMIT) };
}

/** A user, with how the key that the server shows stands to the pinned one. Throws `refused` `no_such_user`. */
export async function person({ caller, groups, vault }: PeopleParts, username: string): Promise<Person> {
  const user = await groups.fetchUser(caller, username);
  return { user, key: keyState(vault, user) };
}

/** How the key that the server shows stands to the pinned one. */
export function keyState(vault: Vault, user: User): KeyState {
  const pin = vault.content.pins.get(user.username);
  if (pin === undefined) return { state: "unknown" };
  if (pin.ik === user.public_key) return { state: "pinned", verified: pin.verified };
  return { state: "changed", pinned: pin.ik, seen: user.public_key };
}

/** A page of the directory: names that begin with `prefix`, after the name `after`, at most `limit` (up to 1,000). */
export function people({ caller }: PeopleParts, options: { prefix?: string; after?: string; limit?: number } = {}): Promise<User[]> {
  const request: GetUserList = {};
  if (options.prefix !== undefined) request.prefix = options.prefix;
  if (options.after !== undefined) request.after = options.after;
  if (options.limit !== undefined) request.limit = options.limit;
  return caller.patient("get_user_list", request);
}

/** Whether a name can no longer be registered. */
export function usernameExists({ caller }: PeopleParts, username: string): Promise<boolean> {
  return caller.patient("username_exists", { username });
}

/** The user's friends. */
export function friends({ caller }: PeopleParts): Promise<string[]> {
  return caller.patient("get_friends", {});
}

/** Who asks the user to be friends. */
export function friendRequests({ caller }: PeopleParts): Promise<string[]> {
  return caller.patient("get_friend_requests", {});
}

/** Whom the user asks to be friends. */
export function outgoingRequests({ caller }: PeopleParts): Promise<string[]> {
  return caller.patient("get_outgoing_requests", {});
}

/** Whom the user blocks. */
export function blocked({ caller }: PeopleParts): Promise<string[]> {
  return caller.patient("get_blocked", {});
}

/** Asks someone to be friends; lifts one's own block. Throws `refused` (`cannot_friend`, `request_exists`, `already_friends`). */
export async function addFriend({ caller }: PeopleParts, username: string): Promise<void> {
  await caller.patient("send_friend_request", { username });
}

/**
 * Answers a friend request. Accepting pins the friend's key. Throws `refused` `no_request`; `security` `E_KEY_CHANGED` where
 * another key is pinned for the name: then nothing was answered.
 */
export async function answerFriend(parts: PeopleParts, username: string, accept: boolean): Promise<void> {
  if (accept) await pinFriend(parts, username);
  await parts.caller.patient("ack_friend_request", { username, accept });
}

/** Ends a friendship. Throws `refused` `not_friends`. */
export async function unfriend({ caller }: PeopleParts, username: string): Promise<void> {
  await caller.patient("unfriend", { username });
}

/** Blocks someone; ends the friendship. Throws `refused` `no_such_user`. */
export async function block({ caller }: PeopleParts, username: string): Promise<void> {
  await caller.untilKnown("block_user", { username });
}

/** Lifts a block. Throws `refused` `no_such_user`. */
export async function unblock({ caller }: PeopleParts, username: string): Promise<void> {
  await caller.untilKnown("unblock", { username });
}

/** Pins a new friend's key at first sight; someone pinned before is only held against the pin. */
export async function pinFriend({ caller, groups, vault, platform }: PeopleParts, username: string): Promise<void> {
  const user = await groups.fetchUser(caller, username);
  if (user.spk === null) {
    // Nothing yet that could be pinned: a key without a signature of its own.
    keyOf(user);
    groups.checkPin(username, user.public_key);
    return;
  }
  const { seen } = groups.checkBundle(user);
  const now = seconds(platform);
  await vault.change(caller, (content) => notePin(content, username, seen, now));
}

/**
 * 60 digits, in groups of 5, that both people see if nobody stands between them (C-407). Throws `security` `E_KEY_CHANGED` where
 * the server shows another key than the pinned one; `E_IK` for no key at all.
 */
export async function safetyNumber({ account, caller, compared, groups }: PeopleParts, username: string): Promise<string> {
  const user = await groups.fetchUser(caller, username);
  const theirs = keyOf(user);
  groups.checkPin(username, user.public_key);
  compared.set(username, user.public_key);
  const mine = identityOf(account).public;
  return inFives(checked(() => computeSafetyNumber(account.username, mine, username, theirs)));
}

/** Digits for people: groups of 5, separated by spaces. */
export function inFives(digits: string): string {
  return digits.replace(/(\d{5})(?=\d)/g, "$1 ");
}

/**
 * The user accepts the key that the server now shows for someone. Then what had been stopped for its sake goes on: answers the
 * DMs that this device can read from now on. Throws `security` `E_IK` for no key at all; `E_KEY_CHANGED` where it is another one
 * than `key`, which the user has seen.
 */
export async function trust(parts: PeopleParts, username: string, key?: string): Promise<number[]> {
  const user = await parts.groups.fetchUser(parts.caller, username);
  if (key !== undefined && user.public_key !== key) throw keyChanged(username);
  await decide(parts, user, false);
  const opened: number[] = [];
  for (const dm of await parts.caller.patient("get_dms", {})) {
    if (parts.vault.content.dms.has(dm)) continue;
    try {
      await parts.groups.group(parts.caller, dm);
      opened.push(dm);
    } catch (error) {
      // Stopped for another reason, which was told; or left in the meantime.
      const expected = error instanceof SottoError && (error.kind === "security" || error.isRefusal("no_access"));
      if (!expected) throw error;
    }
  }
  return opened;
}

/**
 * The user has compared safety numbers: the key is marked as verified. Throws `security` `E_KEY_CHANGED` where the server shows
 * another key than the pinned one, or than the one that was compared: `key`, else that of the number that was shown last.
 */
export async function verify(parts: PeopleParts, username: string, key?: string): Promise<void> {
  const user = await parts.groups.fetchUser(parts.caller, username);
  const compared = key ?? parts.compared.get(username) ?? user.public_key;
  if (user.public_key !== compared || keyState(parts.vault, user).state === "changed") throw keyChanged(username);
  await decide(parts, user, true);
}

async function decide({ account, caller, vault, platform }: PeopleParts, user: User, verified: boolean): Promise<void> {
  if (user.username === account.username) throw new SottoError("security", "That is you.", { code: "E_NAME" });
  const ik = keyOf(user).hex;
  const now = seconds(platform);
  await vault.change(caller, (content) => decidePin(content, user.username, ik, verified, now));
}

/** The identity key that the server shows. Throws `security` `E_IK`. */
function keyOf(user: User): VerifyingIdentity {
  try {
    return decodeIk(decodeHex(user.public_key, 32));
  } catch (error) {
    throw asSecurity(error instanceof Refusal && error.code === "E_HEX" ? new Refusal("E_IK") : error);
  }
}

function seconds(platform: Platform): bigint {
  return BigInt(Math.trunc(platform.now() / 1000));
}
