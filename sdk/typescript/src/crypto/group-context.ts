/** What a member holds of a group at one epoch: the roster, the secret and the transcript that binds them. */
import { equal, utf8 } from "./bytes.js";
import { t, u32 } from "./encode.js";
import { groupCode } from "./fingerprint.js";
import { type GroupInfo, type Member, type SignedInfo, parseSignedInfo } from "./group-info.js";
import { NO_SALT, kdf } from "./kdf.js";
import { type GroupSecret, borrow } from "./keys.js";
import { refuse } from "./refusal.js";
import { unhurried } from "./steps.js";

/** `sender_key_j`, under which member j's envelopes are sealed (C-301); undefined where there is no such member. */
export let senderKey: (context: GroupContext, position: number) => Uint8Array | undefined;

/** A group that was made, joined or restored. */
export class GroupContext {
  /** The signed description. */
  readonly groupInfo: GroupInfo;
  /** The members in the order of the key tree, the creator first. */
  readonly roster: readonly Member[];
  /** The secret, to be kept in `own_storage`. */
  readonly secret: GroupSecret;
  /** The epoch, 0 throughout `sotto/1`. */
  readonly epoch = 0;
  readonly #senderKeys = new Map<number, Uint8Array>();

  static {
    senderKey = (context, position) => {
      const known = context.#senderKeys.get(position);
      const member = context.roster[position];
      if (known !== undefined || member === undefined) {
        return known;
      }
      const info = t("sender-key", u32(position), utf8(member.name), member.ik.toBytes(), context.giHash);
      const key = kdf(NO_SALT, borrow(context.secret), info);
      context.#senderKeys.set(position, key);
      return key;
    };
  }

  /** For this folder: take `createGroup`, `receiveGroup` or {@link GroupContext.restore}. */
  constructor(groupInfo: GroupInfo, roster: readonly Member[], secret: GroupSecret) {
    this.groupInfo = groupInfo;
    this.roster = roster;
    this.secret = secret;
  }

  /**
   * Restores a context from the server's `info` and what `own_storage` kept (C-220).
   *
   * @throws Refusal `E_GI` for the layout, `E_EPOCH` if `info` is not the one with `giHash`, `E_NAME` and `E_IK` for its members,
   * `E_CONFIRM` if the secret is another's
   */
  static async restore(info: Uint8Array, giHash: Uint8Array, secret: GroupSecret): Promise<GroupContext> {
    const parsed = parseSignedInfo(info);
    if (!equal(parsed.group.giHash, giHash)) {
      refuse("E_EPOCH");
    }
    return GroupContext.confirmed(parsed, await unhurried(parsed.group.rosterInSteps()), secret);
  }

  /**
   * The context of a group whose `confirm` fits the secret.
   *
   * @throws Refusal `E_CONFIRM`
   */
  static confirmed(info: SignedInfo, roster: readonly Member[], secret: GroupSecret): GroupContext {
    if (!equal(confirmTag(secret, info.group.giHash), info.confirm)) {
      refuse("E_CONFIRM");
    }
    return new GroupContext(info.group, roster, secret);
  }

  /** `gi_hash`, to be kept in `own_storage`. */
  get giHash(): Uint8Array {
    return this.groupInfo.giHash;
  }

  /** The group's lasting name: the `gi_hash` of epoch 0. */
  get groupId(): Uint8Array {
    return this.groupInfo.giHash;
  }

  /** The position of `username`, if a member. */
  position(username: string): number | undefined {
    const at = this.roster.findIndex((member) => member.name === username);
    return at < 0 ? undefined : at;
  }

  /** 60 digits that all members compare (C-408). */
  groupCode(): string {
    return groupCode(this.giHash);
  }
}

/** `confirm = KDF("", group_secret, T("confirm", gi_hash))`. */
export function confirmTag(secret: GroupSecret, giHash: Uint8Array): Uint8Array {
  return kdf(NO_SALT, borrow(secret), t("confirm", giHash));
}
