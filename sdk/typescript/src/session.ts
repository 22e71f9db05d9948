/** What is behind a client, put together: from what this device knows, and the connection in the background. */

import type { Account } from "./account.js";
import { parseServer, type ServerAddress } from "./address.js";
import { Calls } from "./calls.js";
import { Emitter } from "./emitter.js";
import { Engine } from "./engine.js";
import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
import { Follower } from "./follow.js";
import { Groups } from "./groups.js";
import { KnownDms } from "./known-dms.js";
import { Link } from "./link.js";
import { type FailedSend, Outbox } from "./outbox.js";
import type { PeopleParts } from "./people.js";
import type { Platform } from "./platform/platform.js";
import { webPlatform } from "./platform/web.js";
import { tellFailed } from "./queued.js";
import { Reader } from "./read.js";
import { Recent } from "./recent.js";
import { Replays } from "./replays.js";
import { Writer } from "./send.js";
import { hasIndexedDb } from "./store/database.js";
import { IndexedDbStore } from "./store/indexeddb.js";
import { MemoryStore } from "./store/memory.js";
import { Gate } from "./store/gate.js";
import type { Store } from "./store/store.js";
import { TRANSPORT_DEFAULTS, type TransportOptions } from "./transport.js";
import { Vault } from "./vault.js";

/** Settings of a client. */
export interface SottoOptions {
  /** Where the device keeps its state; default: IndexedDB where there is one, else memory. */
  readonly store?: Store;
  /** Default: {@link webPlatform}. */
  readonly platform?: Platform;
  /** How long an answer may take, in milliseconds; default 20,000. */
  readonly requestTimeoutMs?: number;
}

/** Everything behind a session. */
export interface Session {
  readonly server: ServerAddress;
  readonly account: Account;
  readonly store: Gate;
  readonly link: Link;
  readonly groups: Groups;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly calls: Calls;
  readonly engine: Engine;
  readonly people: PeopleParts;
  readonly events: Events;
}

/** Events, held back until whoever opened the session has had the time to listen. */
export class Events {
  readonly #emitter = new Emitter<SottoEvents>();
  #held: (() => void)[] | undefined = [];

  on<E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  readonly tell = <E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]): void => {
    if (this.#held === undefined) this.#emitter.emit(event, payload);
    else this.#held.push(() => { this.#emitter.emit(event, payload); });
  };

  /** Tells what was held back, once the code that runs now has come to its end. */
  begin(): void {
    setTimeout(() => {
      // What is told meanwhile goes to the end of the line.
      for (let next = this.#held?.shift(); next !== undefined; next = this.#held?.shift()) next();
      this.#held = undefined;
    }, 0);
  }
}

/** Settings of the connection. */
export function transportOf({ requestTimeoutMs }: SottoOptions): TransportOptions {
  return requestTimeoutMs === undefined ? TRANSPORT_DEFAULTS : { ...TRANSPORT_DEFAULTS, requestTimeoutMs };
}

/** The store of an account, the same that a {@link Keychain} names. */
function defaultStore(server: ServerAddress, account: Account): Store {
  return hasIndexedDb() ? new IndexedDbStore(`sotto/state/${server.origin}/${account.username}`) : new MemoryStore();
}

/** Puts a session together from what this device knows, and lets it connect. Its events are held back until {@link Events.begin}. */
export async function begin(address: string, account: Account, options: SottoOptions): Promise<Session> {
  const server = parseServer(address);
  const platform = options.platform ?? webPlatform();
  const store = new Gate(options.store ?? defaultStore(server, account));
  const transport = transportOf(options);
  const link = new Link(transport.requestTimeoutMs);
  const events = new Events();
  const vault = new Vault(account, store, platform);
  const replays = new Replays(store, platform);
  const groups = new Groups({ account, platform, vault, replays });
  const recent = new Recent(store, () => platform.now());
  const dms = new KnownDms(store);
  const outbox = new Outbox(store, platform);
  await Promise.all([vault.recall(), dms.recall()]);
  const reader: Reader = new Reader({
    username: account.username,
    platform,
    caller: link,
    groups,
    replays,
    recent,
    dms,
    state: () => engine.state,
    opened: (message) => {
      if (message.expires === null) return;
      follower.noteEnd(message);
      engine.watchEnds();
    },
  });
  const follower = await Follower.open(store, {
    changes: (id, since, count) => link.urgent.patient("get_message_changes", { id, since, count }),
    page: (dm, page, count) => reader.page(link.urgent, dm, page, count),
    open: (dm, wire) => reader.openAll(link.urgent, dm, wire),
    keep: (dm, wire, isNew) => recent.put(dm, wire, isNew),
    forget: async (dm, ids) => {
      await recent.remove(dm, ids);
      for (const id of ids) await replays.forget(dm, id);
    },
    reset: (dm) => recent.reset(dm),
    now: () => platform.now(),
  });
  const writer = new Writer({ account, platform, link, groups, replays, reader, outbox });
  const calls = new Calls({ username: account.username, platform, caller: link, groups, replays, writer });
  const own = { account, platform, vault, groups, compared: new Map<string, string>() };
  const sendFailed = (failed: FailedSend): Promise<void> =>
    tellFailed({ username: account.username, platform, reader, tell: events.tell }, failed);
  // Told by others, or beside the caller's own error: that the words for it could not be found harms nothing.
  outbox.listen((failed) => void sendFailed(failed).catch(() => undefined));
  const engine: Engine = new Engine({
    ...{ server, account, platform, link, outbox, sendFailed, transport, caller: link.urgent },
    ...{ vault, groups, replays, recent, dms, reader, calls, follower, tell: events.tell },
    people: { ...own, caller: link.urgent },
  });
  store.onCleared(() => {
    // Another tab has forgotten the account: this one must not write it down again.
    void store.shut();
    void engine.stop(new SottoError("disconnected", "This account was forgotten on this device."));
  });
  engine.start();
  return { server, account, store, link, groups, reader, writer, calls, engine, people: { ...own, caller: link }, events };
}
