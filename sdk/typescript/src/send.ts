/** Writing: messages, edits, reactions, names. Each is sealed once; a lost answer is asked for again with the same bytes. */

import { type Account, identityOf } from "./account.js";
import { decodeHex, type Draft, encodeHex, type Kind, MAX_BODY, type Sealed, sealEnvelope, type Stamp, toName } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { Group, Groups } from "./groups.js";
import type { Link } from "./link.js";
import type { Content, Queued, SendOptions, Sent } from "./model.js";
import type { Outbox } from "./outbox.js";
import type { Platform } from "./platform/platform.js";
import type { SendMessage } from "./protocol.js";
import { openQueued } from "./queued.js";
import type { Reader } from "./read.js";
import { checkedAsync } from "./refused.js";
import type { Replays } from "./replays.js";
import { timestamp } from "./time.js";
import { Mutex } from "./turns.js";

const NO_TARGET = new Uint8Array(32);

/** A year in seconds: what the protocol takes at most. */
const YEAR = 31_536_000;

/** Session and number of the next envelope of each DM. */
class Sequencer {
  readonly #platform: Platform;
  readonly #sessions = new Map<number, { readonly sid: Uint8Array; seq: number }>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The next stamp of the DM's running session. */
  next(dm: number): Stamp {
    const session = this.#sessions.get(dm) ?? { sid: this.#platform.randomBytes(8), seq: 0 };
    this.#sessions.set(dm, session);
    const stamp = { sid: session.sid, seq: session.seq, salt: this.#platform.randomBytes(32) };
    session.seq += 1;
    if (session.seq > 0xffff_ffff) this.#sessions.delete(dm);
    return stamp;
  }

  /** A stamp of a session of its own, for what does not come in the order in which it is written. */
  single(): Stamp {
    return { sid: this.#platform.randomBytes(8), seq: 0, salt: this.#platform.randomBytes(32) };
  }

  /** An envelope did not arrive: its number stays free, and others would see a gap in what follows. */
  restart(dm: number): void {
    this.#sessions.delete(dm);
  }
}

/** What writing is made of. */
export interface WriterParts {
  readonly account: Account;
  readonly platform: Platform;
  readonly link: Link;
  readonly groups: Groups;
  readonly replays: Replays;
  readonly reader: Reader;
  readonly outbox: Outbox;
}

/** Writes. */
export class Writer {
  readonly #parts: WriterParts;
  readonly #sequencer: Sequencer;
  /** Sealing takes its time: what was sent first in a DM also goes first. */
  readonly #turns = new Map<number, Mutex>();

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#sequencer = new Sequencer(parts.platform);
  }

  /** Seals and signs. `single`: in a session of its own. */
  async seal(group: Group, single: boolean, draft: Draft): Promise<Sealed> {
    const bytes = new TextEncoder().encode(draft.body).length;
    const limit = MAX_BODY[draft.kind];
    if (bytes > limit) {
      throw new SottoError("invalid", `The text has ${String(bytes)} bytes, and ${String(limit)} are the most that can be sent.`);
    }
    const { account, platform } = this.#parts;
    const stamp = single ? this.#sequencer.single() : this.#sequencer.next(group.dm);
    return checkedAsync(sealEnvelope(platform, group.context, identityOf(account), group.position, stamp, draft));
  }

  /** What a person wrote just now. */
  draft(kind: Kind, target: Uint8Array, rev: number, body: string): Draft {
    return { kind, target, rev, sentAtMs: BigInt(Math.trunc(this.#parts.platform.now())), expireS: 0, body };
  }

  /** Keeps the DM's session free of gaps where an envelope was refused. */
  async #settled<T>(dm: number, outcome: Promise<T>): Promise<T> {
    try {
      return await outcome;
    } catch (error) {
      this.#sequencer.restart(dm);
      throw error;
    }
  }

  /**
   * Sends a message, now or later; messages go in the order of the calls. Resolves once the server has it for good, or once it is
   * clear that it cannot be reached.
   */
  async send(dm: number, text: string, options: SendOptions = {}): Promise<Sent> {
    const { link, groups, outbox, reader } = this.#parts;
    const when = whenOf(options);
    const target = options.replyTo === undefined ? NO_TARGET : referenceOf(options.replyTo);
    const lives = secondsOf("A message's life", options.deleteAfter, 1);
    const { reference, request, kept } = await this.#turn(dm).run(async () => {
      // What was written without the network is sealed all the same, and waits.
      const group = (link.isOnline ? undefined : await reader.recall(dm)) ?? (await groups.group(link, dm));
      const draft = { ...this.draft("message", target, 0, text), expireS: lives ?? 0 };
      const sealed = await this.seal(group, when !== undefined, draft);
      const request: SendMessage = {
        id: dm,
        message: encodeHex(sealed.envelope),
        signature: encodeHex(sealed.signature),
        ...when,
        ...(lives === undefined ? {} : { delete: lives }),
      };
      return { reference: encodeHex(sealed.msgRef), request, kept: await outbox.keep(request) };
    });
    try {
      await outbox.deliver(link, request, kept);
    } catch (error) {
      if (error instanceof SottoError && error.outcomeUnknown) return { reference, queued: true };
      await outbox.refuse(kept, error);
      this.#sequencer.restart(dm);
      throw error;
    }
    await outbox.drop(kept);
    reader.wrote(dm);
    return { reference, queued: false };
  }

  #turn(dm: number): Mutex {
    const turn = this.#turns.get(dm) ?? new Mutex();
    this.#turns.set(dm, turn);
    return turn;
  }

  /** What waits on this device to be sent to a DM, in the order written. */
  async queued(dm: number): Promise<Queued[]> {
    const { account, outbox, platform, reader } = this.#parts;
    const parts = { username: account.username, platform, reader };
    const opened: Queued[] = [];
    for (const kept of await outbox.list(dm)) {
      const queued = await openQueued(parts, kept);
      if (queued !== undefined) opened.push(queued);
    }
    return opened;
  }

  /** The message as it is now, with its group: what an edit or a reaction starts from. */
  async #current(message: number): Promise<{ group: Group; content: Content }> {
    const { link, groups, reader } = this.#parts;
    const wire = await reader.fetch(link, message);
    const group = await groups.group(link, wire.dm_id);
    const { content } = await reader.open(link, group, wire);
    if (!content.ok) throw new SottoError("security", content.why.sentence, { code: content.why.code });
    return { group, content: content.value };
  }

  /** Edits one's own message. */
  async edit(message: number, text: string): Promise<void> {
    const { group, content } = await this.#current(message);
    // What was to destroy itself still is (C-313).
    const expireS = this.#parts.replays.limit(group.dm, message);
    const draft = { ...this.draft("edit", decodeHex(content.reference), content.revision + 1, text), expireS };
    const sealed = await this.seal(group, false, draft);
    const request = { id: message, message: encodeHex(sealed.envelope), signature: encodeHex(sealed.signature) };
    await this.#settled(group.dm, this.#parts.link.untilKnown("set_message", request));
  }

  /** Pins a message or takes the pin off. */
  async pin(message: number, pinned: boolean): Promise<void> {
    await this.#parts.link.untilKnown("set_message", { id: message, pinned });
  }

  /** Deletes one's own message for everyone. */
  async delete(message: number): Promise<void> {
    await this.#parts.link.patient("delete_message", { id: message });
  }

  /** Reacts to a message; answers the reaction's id. */
  async react(message: number, text: string): Promise<number> {
    const { group, content } = await this.#current(message);
    const sealed = await this.seal(group, false, this.draft("reaction", decodeHex(content.reference), 0, text));
    const request = { id: message, reaction: encodeHex(sealed.envelope), signature: encodeHex(sealed.signature) };
    return this.#settled(group.dm, this.#parts.link.untilKnown("add_reaction", request));
  }

  /** Takes one's own reaction back. */
  async unreact(reaction: number): Promise<void> {
    await this.#parts.link.patient("remove_reaction", { id: reaction });
  }

  /** Names a DM, sealed for its members; null takes the name away. */
  async rename(dm: number, name: string | null): Promise<void> {
    const { link, groups, replays } = this.#parts;
    const details = await groups.details(link, dm);
    const group = await groups.of(link, details);
    const current = details.name === null ? undefined : await replays.name(group, details.name);
    // Taken away, or unreadable: above whatever this device has seen of names before.
    const highest = current?.ok === true ? current.value.rev : await replays.highestName(dm);
    // No name is an empty one, so that its revision stays for everyone to see.
    const sealed = await this.seal(group, false, this.draft("name", NO_TARGET, highest + 1, name ?? ""));
    await this.#settled(dm, link.untilKnown("set_dm", { id: dm, name: encodeHex(toName(sealed)) }));
  }

  /** Tells the others that the user is typing; the server passes on one a second. */
  async typing(dm: number): Promise<void> {
    await this.#parts.link.call("ping_typing", { id: dm });
  }

  /** Cancels a message that waits for its hour. */
  async cancel(dm: number, scheduled: number): Promise<void> {
    await this.#parts.link.patient("cancel_scheduled_message", { dm_id: dm, schedule_id: scheduled });
  }
}

function whenOf({ inSeconds, at }: SendOptions): Pick<SendMessage, "schedule" | "schedule_at"> | undefined {
  if (inSeconds !== undefined && at !== undefined) throw new SottoError("invalid", "A message has one time to be sent at, not two.");
  const schedule = secondsOf("The time until a message is sent", inSeconds, 0);
  if (schedule !== undefined) return { schedule };
  if (at === undefined) return undefined;
  if (Number.isNaN(at.getTime())) throw new SottoError("invalid", "That is no date.");
  return { schedule_at: timestamp(at.getTime() * 1000) };
}

/** Whole seconds up to a year. */
function secondsOf(what: string, seconds: number | undefined, least: number): number | undefined {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= least && seconds <= YEAR)) return seconds;
  throw new SottoError("invalid", `${what} is from ${String(least)} to ${String(YEAR)} whole seconds.`);
}

function referenceOf(hex: string): Uint8Array {
  try {
    return decodeHex(hex, 32);
  } catch (cause) {
    throw new SottoError("invalid", "That is no reference to a message.", { cause });
  }
}
