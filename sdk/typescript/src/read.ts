/** Reading: DMs, history in both directions, pins, scheduled messages. Everything is verified and opened on the way. */

import { decodeHex, openEnvelope, Refusal } from "./crypto/index.js";
import type { ConnectionState } from "./engine.js";
import { SottoError, type Unreadable } from "./errors.js";
import { type Group, type Groups, orLocked } from "./groups.js";
import type { KnownDms } from "./known-dms.js";
import type { Caller } from "./link.js";
import type { Dm, Message, Opened, Page, Scheduled } from "./model.js";
import type { Platform } from "./platform/platform.js";
import type * as protocol from "./protocol.js";
import { asSecurity, checked } from "./refused.js";
import type { Recent } from "./recent.js";
import { type Replays, unopened } from "./replays.js";
import { EPOCH, micros } from "./time.js";
import { Breather } from "./turns.js";

/** Messages of a page where the app does not say. */
const PAGE = 50;

/** Messages of a page at most. */
const LONGEST_PAGE = 200;

/** How many messages' DMs are remembered. */
const PLACES = 50_000;

/** DMs that are read at once. */
const AT_ONCE = 8;

/** What reading is made of. */
export interface ReaderParts {
  readonly username: string;
  readonly platform: Platform;
  readonly caller: Caller;
  readonly groups: Groups;
  readonly replays: Replays;
  readonly recent: Recent;
  readonly dms: KnownDms;
  readonly state: () => ConnectionState;
  /** A message was opened. */
  readonly opened: (message: Message) => void;
}

/** The newest message of a DM as the server answered it, and when. */
interface Newest {
  readonly wire: protocol.Message | null;
  readonly mark: number;
}

/** Reads. A caller that is undefined stands for no network. */
export class Reader {
  readonly #parts: ReaderParts;
  /** Which DM a message is in: notices of deletion name the message alone. */
  readonly #places = new Map<number, number>();
  /** What this connection has told of the newest messages. */
  readonly #newest = new Map<number, Newest>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** The connection is lost: what it told may be out of date. */
  disconnected(): void {
    this.#newest.clear();
  }

  /** The DM of a message that was seen. */
  async place(message: number): Promise<number | undefined> {
    return this.#places.get(message) ?? (await this.#parts.recent.find(message));
  }

  /** Opens a message. One that seems older than what was seen may have been overtaken on its way, so it is asked for once more. */
  async open(caller: Caller | undefined, group: Group, wire: protocol.Message): Promise<Message> {
    const message = await this.#openOnce(group, wire);
    if (caller === undefined || message.content.ok || message.content.why.code !== "E_REPLAY_MSG") return message;
    try {
      return await this.#openOnce(group, await this.fetch(caller, wire.id));
    } catch (error) {
      if (error instanceof SottoError && error.isRefusal("no_access")) return message;
      throw error;
    }
  }

  /** Asks for one message. What is written to it must reach its readers alone, so another one than that is no answer. */
  async fetch(caller: Caller, id: number): Promise<protocol.Message> {
    const wire = await caller.patient("get_message", { id });
    if (wire.id !== id) throw new SottoError("protocol", "The server answered get_message for another message.");
    const place = await this.place(id);
    if (place !== undefined && place !== wire.dm_id) throw asSecurity(new Refusal("E_REPLAY_MSG"));
    return wire;
  }

  async #openOnce(group: Group, wire: protocol.Message): Promise<Message> {
    if (wire.dm_id !== group.dm) {
      return unopened(wire, { code: "E_EPOCH", sentence: "The envelope belongs to no known epoch of this DM." });
    }
    // A message stays in its DM.
    const place = this.#places.get(wire.id);
    if (place !== undefined && place !== wire.dm_id) {
      return unopened(wire, { code: "E_REPLAY_MSG", sentence: new Refusal("E_REPLAY_MSG").message });
    }
    this.#places.set(wire.id, wire.dm_id);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= PLACES) break;
      this.#places.delete(oldest);
    }
    const message = await this.#parts.replays.message(group, wire);
    this.#parts.opened(message);
    return message;
  }

  /** Opens messages that the server sent, in order, whether or not the DM can be read. */
  async openAll(caller: Caller | undefined, dm: number, wire: readonly protocol.Message[]): Promise<Message[]> {
    const group = await orLocked(this.#group(caller, dm));
    const breather = new Breather();
    const messages: Message[] = [];
    for (const each of wire) {
      messages.push(group.ok ? await this.open(caller, group.value, each) : unopened(each, group.why));
      await breather.breathe();
    }
    return messages;
  }

  /** The group behind a DM by what this device has kept, where that is enough. */
  async recall(dm: number): Promise<Group | undefined> {
    const { dms, groups } = this.#parts;
    const info = dms.get(dm)?.info ?? undefined;
    return groups.known(dm) ?? (info === undefined ? undefined : groups.restore(undefined, dm, info));
  }

  async #group(caller: Caller | undefined, dm: number): Promise<Group> {
    if (caller !== undefined) return this.#parts.groups.group(caller, dm);
    const known = await this.recall(dm);
    if (known !== undefined) return known;
    throw new SottoError("security", `The key of DM ${String(dm)} is not on this device yet.`, { code: "E_EPOCH" });
  }

  /** A page of history as the server sent it. */
  async page(caller: Caller, dm: number, page: Page, count: number): Promise<protocol.Message[]> {
    const request: protocol.GetMessageHistory = { id: dm, count };
    if ("before" in page) request.cursor = page.before;
    if ("after" in page) request.after = page.after;
    const messages = await caller.patient("get_message_history", request);
    // Paging relies on the order, so a server that breaks it is not followed round in circles.
    const times = messages.map((message) => message.timestamp);
    const rising = "after" in page ? [page.after, ...times] : times.reverse();
    if ("before" in page) rising.push(page.before);
    const ordered = rising.every((time, at) => at === 0 || time > (rising[at - 1] ?? ""));
    if (ordered && messages.every((message) => message.dm_id === dm)) return messages;
    throw new SottoError("protocol", "The server's answer to get_message_history has messages of another DM or out of order.");
  }

  /** A DM as an app sees it. */
  async view(caller: Caller, details: protocol.DmDetails): Promise<Dm> {
    await this.#parts.dms.put(details, details.info);
    return this.viewOf(details, await orLocked(this.#parts.groups.of(caller, details)));
  }

  /** {@link Reader.view} where the group is at hand. */
  async viewOf(dm: protocol.Dm, group: Opened<Group>): Promise<Dm> {
    let users: readonly string[] = dm.users;
    let locked: Unreadable | null = group.ok ? null : group.why;
    if (group.ok) {
      const signed = (name: string): boolean => group.value.context.position(name) !== undefined;
      if (!users.every(signed)) {
        // A member whom no signed list names: nobody seals for such a one, and the user must not believe it.
        users = users.filter(signed);
        locked = { code: "E_GI", sentence: "The server lists a member whom the creator never signed for." };
      }
    }
    const name = dm.name === null ? null : await this.#name(group, dm.name);
    return { id: dm.id, users, name, createdAt: dm.created_at, usersInCall: dm.users_in_call, locked };
  }

  /** An empty name is none. */
  async #name(group: Opened<Group>, sealed: string): Promise<Opened<string> | null> {
    if (!group.ok) return group;
    const name = await this.#parts.replays.name(group.value, sealed);
    if (!name.ok) return name;
    return name.value.text === "" ? null : { ok: true, value: name.value.text };
  }

  /** From the server where the session is online; else, or where the connection is lost over it, from what is kept. */
  async #either<T>(ask: (caller: Caller) => Promise<T>, recall: () => Promise<T | undefined>): Promise<T> {
    const { caller, state } = this.#parts;
    // A session that has ended says so.
    const kept = state() === "online" || state() === "ended" ? undefined : await recall();
    if (kept !== undefined) return kept;
    try {
      return await ask(caller);
    } catch (error) {
      if (!(error instanceof SottoError) || !error.outcomeUnknown || state() === "ended") throw error;
      const recalled = await recall();
      if (recalled === undefined) throw error;
      return recalled;
    }
  }

  /** All DMs that the user is in, by id. */
  dms(): Promise<Dm[]> {
    return this.#either(
      async (caller) => {
        const ids = await caller.patient("get_dms", {});
        await this.#parts.dms.keepOnly(ids);
        const found: (Dm | undefined)[] = [];
        for (let at = 0; at < ids.length; at += AT_ONCE) {
          found.push(...(await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => this.#seen(caller, id)))));
        }
        return found.filter((dm) => dm !== undefined);
      },
      async () => {
        const known = this.#parts.dms.list();
        if (known === undefined) return undefined;
        return Promise.all(known.map(({ dm }) => this.#recalled(dm)));
      },
    );
  }

  /** One DM of a list, unless it was left in the meantime. */
  async #seen(caller: Caller, dm: number): Promise<Dm | undefined> {
    try {
      return await this.#read(caller, dm);
    } catch (error) {
      if (error instanceof SottoError && error.isRefusal("no_access")) return undefined;
      throw error;
    }
  }

  async #read(caller: Caller, dm: number): Promise<Dm> {
    const mark = this.#parts.recent.mark();
    const details = await this.#parts.groups.details(caller, dm);
    this.#newest.set(dm, { wire: details.latest_message, mark });
    return this.view(caller, details);
  }

  async #recalled(dm: protocol.Dm): Promise<Dm> {
    return this.viewOf(dm, await orLocked(this.#group(undefined, dm.id)));
  }

  /** One DM. */
  dm(id: number): Promise<Dm> {
    return this.#either(
      (caller) => this.#read(caller, id),
      async () => {
        const known = this.#parts.dms.get(id);
        return known && this.#recalled(known.dm);
      },
    );
  }

  /** One page. */
  async messages(dm: number, page: Page = {}): Promise<Message[]> {
    const count = page.count ?? PAGE;
    if (!Number.isInteger(count) || count < 1) throw new SottoError("invalid", "A page has at least one message.");
    const { recent } = this.#parts;
    return this.#either(
      async (caller) => {
        const mark = recent.mark();
        const wire = await this.page(caller, dm, page, Math.min(count, LONGEST_PAGE));
        await recent.take(dm, page, wire, mark);
        return this.#current(caller, dm, await this.openAll(caller, dm, wire), mark);
      },
      async () => {
        const wire = await recent.page(dm, page, count);
        return wire && this.#live(dm, await this.openAll(undefined, dm, wire));
      },
    );
  }

  /** Messages as they are now, where events have overtaken the answer in which they came. */
  async #current(caller: Caller, dm: number, messages: Message[], mark: number): Promise<Message[]> {
    const { recent } = this.#parts;
    const changed = (message: Message): boolean => recent.since(mark, message.id) !== undefined;
    for (let current = messages, since = mark; ; ) {
      if (!current.some((message) => recent.since(since, message.id) !== undefined)) return current;
      since = recent.mark();
      const next: Message[] = [];
      for (const message of current) {
        if (recent.since(mark, message.id) === "removed") continue;
        const wire = changed(message) ? await recent.message(dm, message.id) : undefined;
        next.push(...(wire === undefined ? [message] : await this.openAll(caller, dm, [wire])));
      }
      current = next;
    }
  }

  /** Without those that have destroyed themselves. */
  async #live(dm: number, messages: Message[]): Promise<Message[]> {
    const now = this.#parts.platform.now() * 1000;
    const over = messages.filter((message) => message.expires !== null && micros(message.expires) <= now);
    await this.#parts.recent.remove(dm, over.map((message) => message.id));
    return messages.filter((message) => !over.includes(message));
  }

  /** The whole history, page by page as it is read. */
  async *history(dm: number, page: Page = {}): AsyncIterableIterator<Message> {
    const count = page.count ?? LONGEST_PAGE / 2;
    const forward = "after" in page;
    for (let next: Page = { ...page, count }; ; ) {
      const messages = await this.messages(dm, next);
      yield* messages;
      const last = messages.at(-1);
      // Only an empty page is the end.
      if (last === undefined) return;
      next = forward ? { after: last.timestamp, count } : { before: last.timestamp, count };
    }
  }

  /** One message. */
  async message(id: number): Promise<Message> {
    const { caller, recent } = this.#parts;
    const mark = recent.mark();
    const wire = await this.fetch(caller, id);
    const [message] = await this.#current(caller, wire.dm_id, await this.openAll(caller, wire.dm_id, [wire]), mark);
    if (message === undefined) throw new SottoError("refused", "The message is gone.", { code: "no_access" });
    return message;
  }

  /** The newest message of a DM, or null. */
  latest(dm: number): Promise<Message | null> {
    const { recent } = this.#parts;
    return this.#either(
      async (caller) => {
        const known = await this.#newestNow(dm);
        if (known !== undefined) return known === null ? null : ((await this.openAll(caller, dm, [known]))[0] ?? null);
        const mark = recent.mark();
        const { latest_message: wire } = await this.#parts.groups.details(caller, dm);
        this.#newest.set(dm, { wire, mark });
        if (wire === null) return null;
        return (await this.#current(caller, dm, await this.openAll(caller, dm, [wire]), mark))[0] ?? null;
      },
      async () => {
        const wire = await recent.page(dm, {}, 1);
        return wire && ((await this.#live(dm, await this.openAll(undefined, dm, wire)))[0] ?? null);
      },
    );
  }

  /** The user has written: the notice of it comes after the answer, and who asks in between must see it all the same. */
  wrote(dm: number): void {
    this.#newest.delete(dm);
  }

  /** The newest message by what this connection has told so far; undefined where that does not say. */
  async #newestNow(dm: number): Promise<protocol.Message | null | undefined> {
    const { recent } = this.#parts;
    const told = this.#newest.get(dm);
    if (told === undefined) return undefined;
    const here = (await recent.page(dm, {}, 1))?.[0];
    if (here !== undefined && here.timestamp >= (told.wire?.timestamp ?? EPOCH)) return here;
    if (told.wire === null) return null;
    return recent.since(told.mark, told.wire.id) === undefined ? told.wire : undefined;
  }

  /** The pinned messages of a DM, newest first. */
  async pinned(dm: number): Promise<Message[]> {
    const { caller } = this.#parts;
    const all: Message[] = [];
    for (let cursor: string | undefined; ; ) {
      const wire = await caller.patient("get_pinned", { id: dm, count: LONGEST_PAGE, ...(cursor === undefined ? {} : { cursor }) });
      const last = wire.at(-1)?.timestamp;
      if (last === undefined) return all;
      if (cursor !== undefined && last >= cursor) {
        throw new SottoError("protocol", "The server's answer to get_pinned has messages out of order.");
      }
      cursor = last;
      all.push(...(await this.openAll(caller, dm, wire)));
    }
  }

  /** The user's own messages that wait for their hour in a DM, by due time. */
  async scheduled(dm: number): Promise<Scheduled[]> {
    const { caller, groups } = this.#parts;
    const details = await groups.details(caller, dm);
    const group = await groups.of(caller, details);
    const waiting: Scheduled[] = [];
    for (const [name, each] of Object.entries(details.scheduled_messages)) {
      const id = Number(name);
      if (!Number.isSafeInteger(id) || id < 1) throw new SottoError("protocol", "The server's answer to get_dm names a message by no id.");
      waiting.push({ dm, id, due: each.timestamp, text: await orLocked(this.#scheduledText(group, each)) });
    }
    return waiting.sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.id - b.id));
  }

  async #scheduledText(group: Group, waiting: protocol.ScheduledMessage): Promise<string> {
    const { platform, username } = this.#parts;
    const [envelope, signature] = checked(() => [decodeHex(waiting.message), decodeHex(waiting.signature)] as const);
    const incoming = { slot: { slot: "message" }, sender: username, envelope, signature } as const;
    return (await openEnvelope(platform, group.context, incoming)).body;
  }
}
