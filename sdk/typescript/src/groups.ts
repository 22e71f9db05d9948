/** Making and joining groups: keys are kept in `own_storage` before anyone is told that they exist. */

import { type Account, identityOf } from "./account.js";
import {
  type Bundle,
  checkBundle,
  checkPin,
  createGroup,
  decodeHex,
  encodeHex,
  GroupContext,
  GroupRandom,
  GroupSecret,
  type Invitation,
  isOldPrekey,
  type KnownGroups,
  parseInvitation,
  parseSignedInfo,
  type Pins,
  Refusal,
  receiveGroup,
} from "./crypto/index.js";
import { SottoError, type Unreadable } from "./errors.js";
import type { Caller } from "./link.js";
import type { Opened } from "./model.js";
import type { Platform } from "./platform/platform.js";
import type { CreateDm, DmDetails, User, X3dhNotice } from "./protocol.js";
import { asSecurity, checked, checkedAsync } from "./refused.js";
import type { Replays } from "./replays.js";
import { prekeyOf, type Vault } from "./vault.js";
import * as content from "./vault/content.js";

/** A group that this device can read and write. */
export interface Group {
  readonly dm: number;
  readonly context: GroupContext;
  /** The user's own place in it. */
  readonly position: number;
}

/** Others' prekeys change while a DM is being made; how often it is begun anew. */
const ATTEMPTS = 3;

/** What groups are made of. */
export interface GroupsParts {
  readonly account: Account;
  readonly platform: Platform;
  readonly vault: Vault;
  readonly replays: Replays;
}

/** The groups behind the DMs. */
export class Groups {
  readonly #parts: GroupsParts;
  readonly #known = new Map<number, Group>();

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** The group behind a DM, from memory, from `own_storage`, or from an invitation that is still to be read. */
  async group(caller: Caller, dm: number): Promise<Group> {
    return this.#known.get(dm) ?? this.of(caller, await this.details(caller, dm));
  }

  /** The group behind a DM, where it is at hand. */
  known(dm: number): Group | undefined {
    return this.#known.get(dm);
  }

  /** Reads a DM. */
  async details(caller: Caller, dm: number): Promise<DmDetails> {
    const details = await caller.patient("get_dm", { id: dm });
    if (details.id !== dm) throw new SottoError("protocol", "The server answered get_dm for another DM.");
    return details;
  }

  /** {@link Groups.group} where the DM was just read. */
  async of(caller: Caller, details: DmDetails): Promise<Group> {
    const known = this.#known.get(details.id) ?? (await this.restore(caller, details.id, details.info));
    if (known !== undefined) return known;
    // Another device may have joined in the meantime.
    await this.#parts.vault.refresh(caller);
    const restored = await this.restore(caller, details.id, details.info);
    if (restored !== undefined) return restored;
    if (details.x3dh !== null) {
      // One group under two ids: whatever was written to the one could be shown in the other (C-919).
      if (details.x3dh.id !== details.id) throw asSecurity(new Refusal("E_REPLAY_GROUP"));
      return this.join(caller, details.x3dh);
    }
    throw new SottoError("security", `No device of this account has the key of DM ${String(details.id)}.`, { code: "E_EPOCH" });
  }

  /**
   * Builds the group from what `own_storage` holds: bound to this DM, or created and never heard of again. Without a caller only
   * from what is bound.
   */
  async restore(caller: Caller | undefined, dm: number, info: string | null): Promise<Group | undefined> {
    if (info === null) {
      throw new SottoError("security", `DM ${String(dm)} was made by a client without signed group info.`, { code: "E_DOWNGRADE" });
    }
    const bytes = checked(() => decodeHex(info));
    const { vault } = this.#parts;
    const bound = content.newestEpoch(vault.content, dm);
    if (bound !== undefined) return this.#remember(dm, await contextOf(bytes, bound.giHash, bound.secret));
    const giHash = checked(() => encodeHex(parseSignedInfo(bytes).group.giHash));
    const pending = vault.content.pending.get(giHash);
    if (pending === undefined || caller === undefined) return undefined;
    const context = await contextOf(bytes, giHash, pending.secret);
    await this.#bind(caller, dm, context);
    return this.#remember(dm, context);
  }

  /** Accepts an invitation: every check of C-216, then the key into `own_storage` (C-217). The caller acks afterwards. */
  async join(caller: Caller, notice: X3dhNotice): Promise<Group> {
    const { vault } = this.#parts;
    const { context } = await this.#receive(caller, notice);
    const [creator, ...others] = context.roster;
    const partner = creator !== undefined && others.length === 1 ? creator : undefined;
    const seen = partner && (await this.#firstSight(caller, partner.name, partner.ik.toBytes()));
    const keys = keysOf(context);
    const now = this.#seconds();
    await vault.change(caller, (old) => {
      // Another device may have bound the id or the group in the meantime.
      checkUnbound(old, notice.id, keys);
      const kept = content.keepGroup(old, notice.id, keys);
      return partner === undefined || seen === undefined ? kept : content.notePin(kept, partner.name, seen, now);
    });
    return this.#remember(notice.id, context);
  }

  async #receive(caller: Caller, notice: X3dhNotice): Promise<{ context: GroupContext }> {
    const { account, vault } = this.#parts;
    const receive = (): Promise<{ context: GroupContext }> => {
      const prekeys = vault.content.spks.map(prekeyOf);
      const me = { identity: identityOf(account), name: account.username, prekeys };
      return receiveGroup(me, invitationOf(notice), pinsOf(vault.content), knownGroupsOf(vault.content)).finally(() => {
        for (const prekey of prekeys) prekey.wipe();
      });
    };
    try {
      try {
        return await receive();
      } catch (error) {
        if (!(error instanceof Refusal && error.code === "E_SPK")) throw error;
        // The prekey may be one that another device has published.
        await vault.refresh(caller);
        return await receive();
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const whose = `The invitation to DM ${String(notice.id)} by ${notice.sender} is refused`;
      throw new SottoError("security", `${whose}: ${error.message}`, { code: error.code, cause: error });
    }
  }

  /** Takes the user's key from the server and holds it against the one that a group names: only the former is ever pinned (C-218). */
  async #firstSight(caller: Caller, username: string, inGroup: Uint8Array): Promise<content.SeenKey> {
    const user = await this.fetchUser(caller, username).catch((error: unknown) => {
      if (!(error instanceof SottoError && error.isRefusal("no_such_user"))) throw error;
      throw new SottoError("security", `The server knows no ${username} any more.`, { code: "E_NAME", cause: error });
    });
    if (user.public_key !== encodeHex(inGroup)) throw keyChanged(username);
    return this.checkBundle(user).seen;
  }

  /** What the server says of a user. */
  async fetchUser(caller: Caller, username: string): Promise<User> {
    const user = await caller.patient("get_user", { username });
    if (user.username !== username) {
      throw new SottoError("security", `The server answered for another user than ${username}.`, { code: "E_NAME" });
    }
    return user;
  }

  /** Checks someone's keys against the pin. The prekey's age is told in words, where it is worth a warning (C-405). */
  checkBundle(user: User): { warning: string | undefined; seen: content.SeenKey } {
    const name = user.username;
    try {
      const { spk, pin } = checkBundle(bundleOf(user), pinsOf(this.#parts.vault.content));
      const old = isOldPrekey(spk, this.#seconds());
      const why = `${name} has not been here for long, or the server holds back a newer one.`;
      return {
        warning: old ? `${name}'s prekey is over 60 days old: ${why}` : undefined,
        seen: { ik: encodeHex(pin.ik), spkCreatedAt: pin.spkCreatedAt },
      };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === "E_KEY_CHANGED") throw keyChanged(name);
      throw new SottoError("security", `The keys of ${name} are refused: ${error.message}`, { code: error.code, cause: error });
    }
  }

  /** Creates a DM. Answers warnings for the user along with it. */
  async create(caller: Caller, usernames: readonly string[]): Promise<{ group: Group; warnings: string[] }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#tryCreate(caller, usernames);
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof SottoError && error.isRefusal("stale_prekey"))) throw error;
      }
    }
  }

  async #tryCreate(caller: Caller, usernames: readonly string[]): Promise<{ group: Group; warnings: string[] }> {
    const { account, platform, vault } = this.#parts;
    if (usernames.length < 1 || usernames.length > 255) throw new SottoError("invalid", "A DM has 2 to 256 members.");
    const users: User[] = [];
    const warnings: string[] = [];
    const seen: { username: string; key: content.SeenKey }[] = [];
    for (const username of usernames) {
      const user = await this.fetchUser(caller, username);
      const bundle = this.checkBundle(user);
      if (bundle.warning !== undefined) warnings.push(bundle.warning);
      seen.push({ username, key: bundle.seen });
      users.push(user);
    }
    const now = this.#seconds();
    const random = GroupRandom.generate(platform, users.length + 1);
    const bundles = users.map(bundleOf);
    const created = await checkedAsync(createGroup(identityOf(account), account.username, now, bundles, pinsOf(vault.content), random));
    const keys = keysOf(created.context);
    await vault.change(caller, (old) => {
      let next = content.keepPending(old, keys.giHash, keys.secret, now);
      for (const { username, key } of seen) {
        // Of larger groups only those are remembered who were pinned before (C-508).
        if (users.length === 1 || old.pins.has(username)) next = content.notePin(next, username, key, now);
      }
      return next;
    });
    const request: CreateDm = {
      usernames: [...usernames],
      messages: created.messages.map((message) => ({ ek: encodeHex(message.ek), spk: encodeHex(message.spk) })),
      key_tree: created.keyTree.map(encodeHex),
      info: encodeHex(created.info),
    };
    let dm: number;
    try {
      // The same `info` once more is answered with the first DM's id, so a lost answer is simply asked for again.
      dm = await caller.untilKnown("create_dm", request);
    } catch (error) {
      if (error instanceof SottoError && error.kind === "refused") {
        await vault.change(caller, (old) => content.dropPending(old, keys.giHash));
      }
      throw error;
    }
    await this.#bind(caller, dm, created.context);
    return { group: this.#remember(dm, created.context), warnings };
  }

  /** Leaves a DM: at the server first, then a tombstone in `own_storage`. */
  async leave(caller: Caller, dm: number): Promise<void> {
    try {
      await caller.untilKnown("leave_dm", { id: dm });
    } catch (error) {
      // Where the answer to the first attempt was lost, and it had worked.
      const gone = error instanceof SottoError && error.isRefusal("no_access") && (await this.#isGone(caller, dm));
      if (!gone) throw error;
    }
    await this.bury(caller, dm);
  }

  async #isGone(caller: Caller, dm: number): Promise<boolean> {
    return this.#parts.vault.content.dms.has(dm) && !(await caller.patient("get_dms", {})).includes(dm);
  }

  /** Forgets a DM that the user is no longer in. */
  async bury(caller: Caller, dm: number): Promise<void> {
    this.#known.delete(dm);
    await this.#parts.replays.forgetDm(dm);
    const now = this.#seconds();
    await this.#parts.vault.change(caller, (old) => content.bury(old, dm, now));
  }

  /** Holds a key (hex) that the server shows against the pin. Throws `security` `E_KEY_CHANGED`. */
  checkPin(username: string, ik: string): void {
    try {
      checkPin(pinsOf(this.#parts.vault.content), username, decodeHex(ik));
    } catch (error) {
      if (error instanceof Refusal) throw keyChanged(username);
      throw error;
    }
  }

  /** Binds a group to its DM in `own_storage`. */
  async #bind(caller: Caller, dm: number, context: GroupContext): Promise<void> {
    const keys = keysOf(context);
    await this.#parts.vault.change(caller, (old) => {
      // The id is the server's word: what is written to one DM must not be sealed for another's members.
      checkUnbound(old, dm, keys);
      return content.keepGroup(old, dm, keys);
    });
  }

  #remember(dm: number, context: GroupContext): Group {
    const position = context.position(this.#parts.account.username);
    if (position === undefined) throw asSecurity(new Refusal("E_POSITION"));
    const group = { dm, context, position };
    this.#known.set(dm, group);
    return group;
  }

  #seconds(): bigint {
    return BigInt(Math.trunc(this.#parts.platform.now() / 1000));
  }
}

/** A DM id belongs to one group for ever, and a group to one DM id. Throws `security` `E_REPLAY_GROUP`. */
function checkUnbound(kept: content.Content, dm: number, { groupId }: content.GroupKeys): void {
  const other = [...kept.dms].some(([id, { groupId: known }]) => (id === dm) !== (known === groupId));
  if (other) throw asSecurity(new Refusal("E_REPLAY_GROUP"));
}

/** What a security refusal says to a person, or a store that cannot take the key; undefined for any other error. */
export function unreadable(error: unknown): Unreadable | undefined {
  const seen = asSecurity(error);
  if (seen instanceof SottoError && seen.kind === "storage") return { code: "E_FULL", sentence: seen.message };
  if (!(seen instanceof SottoError) || seen.kind !== "security") return undefined;
  return { code: seen.code ?? "", sentence: seen.message };
}

/** The outcome, or why it must not be. Other errors stay errors. */
export async function orLocked<T>(work: Promise<T>): Promise<Opened<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    const why = unreadable(error);
    if (why === undefined) throw error;
    return { ok: false, why };
  }
}

/** The refusal that stops everything until the user has decided. */
export function keyChanged(username: string): SottoError {
  const advice = "compare safety numbers, then trust the new key or not.";
  const sentence = `The identity key of ${username} is not the one that was seen before: ${advice}`;
  return new SottoError("security", sentence, { code: "E_KEY_CHANGED" });
}

async function contextOf(info: Uint8Array, giHash: string, secret: string): Promise<GroupContext> {
  const bytes = decodeHex(secret, 32);
  try {
    return await checkedAsync(GroupContext.restore(info, decodeHex(giHash, 32), GroupSecret.fromBytes(bytes)));
  } finally {
    bytes.fill(0);
  }
}

function keysOf(context: GroupContext): content.GroupKeys {
  return {
    groupId: encodeHex(context.groupId),
    giHash: encodeHex(context.giHash),
    epoch: context.epoch,
    secret: encodeHex(context.secret.expose()),
  };
}

function invitationOf(notice: X3dhNotice): Invitation {
  return parseInvitation({
    sender: notice.sender,
    ik: notice.ik,
    spk: notice.spk,
    ek: notice.ek,
    keyTree: notice.key_tree,
    position: notice.position,
    dmId: notice.id,
    info: notice.info ?? undefined,
  });
}

/** A user's keys, as bytes. Throws `security` `E_SPK` where there is no prekey (C-111). */
function bundleOf(user: User): Bundle {
  if (user.spk === null || user.sig === null) {
    throw new SottoError("security", `${user.username} has not published a prekey yet.`, { code: "E_SPK" });
  }
  const [spk, sig] = [user.spk, user.sig];
  return checked(() => ({ username: user.username, ik: decodeHex(user.public_key), spk: decodeHex(spk), sig: decodeHex(sig) }));
}

function pinsOf(from: content.Content): Pins {
  return {
    pin(username) {
      const pin = from.pins.get(username);
      return pin && { ik: decodeHex(pin.ik, 32), spkCreatedAt: pin.spkCreatedAt, verified: pin.verified };
    },
  };
}

function knownGroupsOf(from: content.Content): KnownGroups {
  return {
    dmOf(groupId) {
      const hex = encodeHex(groupId);
      return [...from.dms].find(([, dm]) => dm.groupId === hex)?.[0];
    },
    groupOf(dmId) {
      const kept = from.dms.get(dmId);
      return kept && decodeHex(kept.groupId, 32);
    },
  };
}
