/** What runs behind a client: settles in after each login, takes the server's notices one by one, and comes back after a loss. */

import { SottoError } from "./errors.js";
import type { SottoEvents } from "./events.js";
import type { ServerAddress } from "./address.js";
import { Backoff, dial, isFinal, type Link } from "./link.js";
import { mustNotBe, Notices, type NoticesParts, type Tell } from "./notices.js";
import type { FailedSend, Outbox } from "./outbox.js";
import { pinFriend } from "./people.js";
import type { Platform } from "./platform/platform.js";
import type { Connection, Notice, TransportOptions } from "./transport.js";
import { Alarm } from "./turns.js";

/** How many waiting notices are taken together. */
const BATCH = 256;

/** How often at most what was learnt is kept, in milliseconds: a crash repeats what was told since. */
const SAVE_EVERY_MS = 2_000;

/** How long a client that is closed may take to finish what it is at, in milliseconds. */
const GRACE_MS = 2_000;

/** Where the connection stands. */
export type ConnectionState = "connecting" | "online" | "offline" | "ended";

/** What the engine is made of. */
export interface EngineParts extends Omit<NoticesParts, "tell"> {
  readonly server: ServerAddress;
  readonly platform: Platform;
  readonly link: Link;
  readonly outbox: Outbox;
  /** Tells of a send that was given up. */
  readonly sendFailed: (failed: FailedSend) => Promise<void>;
  readonly transport: TransportOptions;
  readonly tell: Tell;
}

/** Runs until it is stopped, or until there is no use in going on. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #notices: Notices;
  readonly #stop = new AbortController();
  readonly #ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #isNot: (error: SottoError) => void = () => undefined;
  #done: Promise<void> = Promise.resolve();
  #state: ConnectionState = "connecting";
  #queue: Notice[] = [];
  /** Ends the wait for something to do. */
  #poke: () => void = () => undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #saveDue = false;
  #complained = false;
  /** Why it ends. */
  #end: SottoError | undefined;
  readonly #expiry: Alarm;
  readonly #backoff = new Backoff();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#notices = new Notices(parts);
    this.#ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNot = reject;
    });
    // Whoever asks is told; that nobody asks is no error.
    this.#ready.catch(() => undefined);
    this.#expiry = new Alarm(
      () => parts.platform.now(),
      () => void this.#expire(),
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Resolves after the first login has settled; rejects where it never will. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Begins to connect. */
  start(): void {
    const hide = onHide(() => {
      this.#saveSoon(0);
    });
    this.#done = this.#run().finally(() => {
      hide();
      this.#expiry.set(undefined);
      clearTimeout(this.#saveTimer);
      this.#parts.follower.release();
      this.#parts.outbox.release();
    });
  }

  /** Finishes what it is at, keeps what was learnt and ends. */
  async stop(closed = new SottoError("disconnected", "The client was closed.")): Promise<void> {
    this.#end ??= closed;
    this.#stop.abort(closed);
    this.#poke();
    // It may wait for an answer, which then will not come.
    const late = setTimeout(() => {
      this.#parts.link.end(closed);
    }, GRACE_MS);
    await this.#done;
    clearTimeout(late);
  }

  /** A message is shown that may destroy itself. */
  watchEnds(): void {
    if (!this.#stopped) this.#expiry.set(this.#parts.follower.nextExpiry());
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    const { calls, link, reader, tell } = this.#parts;
    for (;;) {
      const connection = await this.#comeBack();
      if (connection === undefined) break;
      if (connection instanceof SottoError) {
        this.#end = connection;
        break;
      }
      this.#isReady();
      const since = performance.now();
      await this.#serve(connection);
      this.#backoff.lasted(performance.now() - since);
      await this.#save();
      if (this.#stopped) break;
      this.#state = "offline";
      link.offline();
      calls.disconnected();
      reader.disconnected();
      tell("disconnected", { why: await connection.closed });
    }
    const end = this.#end ?? new SottoError("disconnected", "The client was closed.");
    this.#state = "ended";
    link.end(end);
    this.#isNot(end);
    tell("ended", { error: end });
  }

  /** Dials until logged in and settled. Undefined where it was stopped meanwhile, an error where there is no use in trying. */
  async #comeBack(): Promise<Connection | SottoError | undefined> {
    const { account, link, server, tell, transport } = this.#parts;
    const first = this.#state === "connecting";
    const backoff = this.#backoff;
    let last: unknown;
    for (let attempt = 0; ; attempt += 1) {
      try {
        // The very first attempt waits for nothing.
        if (!first || attempt > 0) await backoff.pause(last, this.#stop.signal);
        this.#state = "connecting";
        const connection = await dial(server, account, transport, this.#stop.signal);
        link.online(connection);
        try {
          await this.#settleIn();
          return connection;
        } catch (error) {
          link.offline();
          connection.close();
          throw error;
        }
      } catch (error) {
        if (this.#stopped) return undefined;
        if (isFinal(error) && error instanceof SottoError) return error;
        this.#state = "offline";
        const why = error instanceof Error ? error.message : String(error);
        if (first && attempt === 0) tell("disconnected", { why });
        last = error;
      }
    }
  }

  /** What is due after each login, before anything is told of DMs. */
  async #settleIn(): Promise<void> {
    const { caller, dms: known, follower, groups, outbox, reader, tell, vault } = this.#parts;
    await this.#notices.lookAtVault();
    try {
      await vault.rotate(caller);
    } catch (error) {
      if (!(error instanceof SottoError && error.kind === "storage")) throw error;
      // Without room for a new prekey the old one stays; the user must be able to come in and make room.
      tell("warning", { text: error.message });
    }
    const dms = await caller.patient("get_dms", {});
    for (const dm of known.ids()) if (!dms.includes(dm)) await this.#notices.gone(dm);
    await known.keepOnly(dms);
    for (const dm of dms) if (!vault.content.dms.has(dm)) await this.#notices.tryGroup(dm);
    for (const failed of await outbox.flush(caller)) {
      await this.#parts.sendFailed(failed);
    }
    for (const dm of await follower.begin(dms)) {
      try {
        tell("invited", { dm: await reader.view(caller, await groups.details(caller, dm)) });
      } catch (error) {
        // Left in the meantime, or told of as one that must not be joined.
        if (!mustNotBe(error) && !(error instanceof SottoError && error.kind === "refused")) throw error;
      }
    }
    await this.#pinFriends();
  }

  /** Pins the keys of friends who were made on another device or while away. */
  async #pinFriends(): Promise<void> {
    const { caller, people, tell, vault } = this.#parts;
    for (const friend of await caller.patient("get_friends", {})) {
      if (vault.content.pins.has(friend)) continue;
      try {
        await pinFriend(people, friend);
      } catch (error) {
        if (mustNotBe(error)) tell("warning", { text: error.message });
        // Gone in the meantime.
        else if (!(error instanceof SottoError && error.kind === "refused")) throw error;
      }
    }
  }

  /** Serves one connection until it ends or the app does. */
  async #serve(connection: Connection): Promise<void> {
    const { follower, tell } = this.#parts;
    this.#queue = [];
    connection.listen((notice) => {
      this.#queue.push(notice);
      this.#poke();
    });
    void connection.closed.then(() => {
      this.#poke();
    });
    this.#state = "online";
    tell("connected", {});
    await this.#pullAll(follower.dms());
    this.#saveSoon();
    while (!this.#stopped) {
      const batch = this.#queue.splice(0, BATCH);
      if (batch.length > 0) {
        await this.#takeAll(batch);
      } else if (this.#saveDue) {
        await this.#save();
      } else if (connection.isClosed) {
        return;
      } else {
        await this.#something(connection);
      }
    }
  }

  /** Waits until there is something to do. */
  #something(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      this.#poke = resolve;
      if (this.#stopped || this.#saveDue || this.#queue.length > 0 || connection.isClosed) resolve();
    });
  }

  async #takeAll(batch: readonly Notice[]): Promise<void> {
    const { follower, tell } = this.#parts;
    const pulls = new Set<number>();
    for (const notice of batch) {
      try {
        await this.#notices.take(notice, pulls);
      } catch (error) {
        // What the network or a refusal prevented is caught up with; anything else is a notice of no form that is known.
        if (!(error instanceof SottoError)) tell("warning", { text: `The server sent a ${notice.name} that cannot be read.` });
      }
    }
    for (const dm of follower.overdue()) pulls.add(dm);
    await this.#pullAll(pulls);
    this.watchEnds();
    this.#saveSoon();
  }

  async #pullAll(dms: Iterable<number>): Promise<void> {
    const { follower, tell } = this.#parts;
    for (const dm of dms) {
      try {
        for (let more = true; more && !this.#stopped; ) {
          const pulled = await follower.pull(dm);
          for (const { event, payload } of pulled.happenings) tell(event, payload as SottoEvents[typeof event]);
          more = pulled.more;
          if (more) await this.#save();
        }
      } catch (error) {
        // The connection is gone, or the server is in trouble: the next notice or login pulls again.
        follower.fallBehind(dm);
        if (!(error instanceof SottoError)) tell("warning", { text: `The changes of DM ${String(dm)} cannot be read.` });
      }
    }
    this.watchEnds();
  }

  async #expire(): Promise<void> {
    const { follower, recent, replays, tell } = this.#parts;
    for (const { dm, id } of follower.takeExpired()) {
      tell("messageDeleted", { dm, id });
      try {
        await recent.remove(dm, [id]);
        await replays.forget(dm, id);
      } catch (error) {
        this.#complain(error);
      }
    }
    this.watchEnds();
  }

  #saveSoon(ms = SAVE_EVERY_MS): void {
    if (this.#stopped || (this.#saveTimer !== undefined && ms > 0)) return;
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => {
      this.#saveTimer = undefined;
      this.#saveDue = true;
      this.#poke();
    }, ms);
  }

  /** Keeps what was learnt, the cursors last: what they stand for is kept before. Beside another tab that follows, that one keeps it. */
  async #save(): Promise<void> {
    const { follower, recent, replays } = this.#parts;
    this.#saveDue = false;
    try {
      if (!(await follower.isOwner())) return;
      await recent.save();
      await replays.save();
      await follower.saveAll();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** The device's store fails: said once. */
  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    const why = error instanceof Error ? error.message : String(error);
    this.#parts.tell("warning", { text: `What was seen cannot be kept on this device: ${why}` });
  }
}

/** Calls back when the page is about to be left, where there are pages. Answers what ends it. */
function onHide(hidden: () => void): () => void {
  const page = typeof document === "undefined" ? undefined : document;
  const look = (): void => {
    if (page?.visibilityState === "hidden") hidden();
  };
  page?.addEventListener("visibilitychange", look);
  return () => page?.removeEventListener("visibilitychange", look);
}
