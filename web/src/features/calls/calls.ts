/** The calls of one session: the one that this device is in, and those that ring. No React in here. */

import type { Sotto } from "@sotto/sdk";
import { CallSession, type CallDevices } from "./engine/call-session";
import type { CallSnapshot } from "./engine/call-snapshot";

/** How long a call rings, in milliseconds. */
const RING = 45_000;

/** A call that someone has begun in one of the user's DMs. */
export interface Ring {
  readonly dm: number;
  readonly from: string;
}

/** What is shown of calls. */
export interface CallsView {
  /** The call that this device is in; null: none. */
  readonly call: CallSnapshot | null;
  /** Whether it is only a strip, with the chats beside it. */
  readonly small: boolean;
  /** The oldest first. */
  readonly rings: readonly Ring[];
}

/** What happened, for who wants to tell it. */
export type CallNews =
  | { readonly what: "ended"; readonly end: NonNullable<CallSnapshot["end"]>; readonly dm: number }
  | { readonly what: "missed"; readonly ring: Ring };

/** What this needs of the client. */
export type CallsSotto = ConstructorParameters<typeof CallSession>[0] & Pick<Sotto, "dms" | "blocked">;

/** The calls of a session. */
export class Calls {
  readonly #sotto: CallsSotto;
  readonly #devices: CallDevices;
  readonly #isQuiet: (dm: number) => boolean;
  readonly #listeners = new Set<() => void>();
  readonly #newsListeners = new Set<(news: CallNews) => void>();
  /** Who is in which call: a call rings when it begins, not for each who joins. */
  readonly #running = new Map<number, Set<string>>();
  readonly #rings = new Map<number, { readonly ring: Ring; readonly timer: ReturnType<typeof setTimeout> }>();
  #session: CallSession | null = null;
  #small = false;
  #view: CallsView = { call: null, small: false, rings: [] };

  /** `isQuiet`: DMs whose calls do not ring. Lives as long as the session, whose last event ends it. */
  constructor(sotto: CallsSotto, devices: CallDevices, isQuiet: (dm: number) => boolean) {
    this.#sotto = sotto;
    this.#devices = devices;
    this.#isQuiet = isQuiet;
    const leave = (): void => this.#session?.abandon();
    const ends = [
      sotto.on("callJoined", ({ dm, username }) => void this.#joined(dm, username)),
      sotto.on("callLeft", ({ dm, username }) => {
        this.#left(dm, username);
      }),
      sotto.on("dmGone", ({ dm }) => {
        this.#running.delete(dm);
        this.#silence(dm);
      }),
      sotto.on("connected", () => void this.#lookRound()),
      sotto.on("ended", () => {
        for (const end of ends) end();
        globalThis.removeEventListener("pagehide", leave);
        for (const dm of [...this.#rings.keys()]) this.#silence(dm);
      }),
    ];
    // A closed tab leaves at once, not when the server misses it.
    globalThis.addEventListener("pagehide", leave);
    void this.#lookRound();
  }

  get view(): CallsView {
    return this.#view;
  }

  /** The call that this device is in. */
  get session(): CallSession | null {
    return this.#session;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tells what happened; answers the function that ends it. */
  onNews(listener: (news: CallNews) => void): () => void {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  }

  /** Starts or joins a DM's call; leaves the one that this device is in. */
  async enter(dm: number, camera: boolean): Promise<void> {
    this.#silence(dm);
    if (this.#session?.dm === dm) {
      this.resize(false);
      return;
    }
    const before = this.#session;
    const session = new CallSession(this.#sotto, dm, this.#devices);
    this.#session = session;
    this.#small = false;
    session.subscribe(() => {
      this.#sessionChanged(session);
    });
    this.#changed();
    // One after the other: a browser may give the camera only once, and R-602 gives one place per call, not per user.
    await before?.leave();
    await session.start(camera);
  }

  /** Leaves the call. */
  async leave(): Promise<void> {
    await this.#session?.leave();
  }

  /** Does not answer a call; it goes on without the user. */
  dismiss(dm: number): void {
    this.#silence(dm);
  }

  /** Makes the call a strip, or large again. */
  resize(small: boolean): void {
    this.#small = small;
    this.#changed();
  }

  #sessionChanged(session: CallSession): void {
    if (this.#session !== session) return;
    const { end } = session.snapshot;
    if (end !== null) {
      this.#session = null;
      this.#tell({ what: "ended", end, dm: session.dm });
    }
    this.#changed();
  }

  async #joined(dm: number, username: string): Promise<void> {
    const inCall = this.#running.get(dm);
    const begins = inCall === undefined || inCall.size === 0;
    this.#running.set(dm, (inCall ?? new Set()).add(username));
    if (username === this.#sotto.username) {
      // Answered, here or on another device.
      this.#silence(dm);
      return;
    }
    if (!begins || this.#session?.dm === dm || this.#isQuiet(dm)) return;
    try {
      if ((await this.#sotto.blocked()).includes(username)) return;
    } catch {
      // Offline again: then there is nothing to answer, either.
      return;
    }
    if (!this.#running.get(dm)?.has(username) || this.#rings.has(dm) || this.#running.get(dm)?.has(this.#sotto.username)) return;
    const ring = { dm, from: username };
    const timer = setTimeout(() => {
      this.#miss(dm);
    }, RING);
    this.#rings.set(dm, { ring, timer });
    this.#changed();
  }

  #left(dm: number, username: string): void {
    const inCall = this.#running.get(dm);
    inCall?.delete(username);
    if (inCall?.size === 0) this.#miss(dm);
  }

  /** Nobody answered. */
  #miss(dm: number): void {
    const ring = this.#rings.get(dm)?.ring;
    if (ring === undefined) return;
    this.#silence(dm);
    this.#tell({ what: "missed", ring });
  }

  #silence(dm: number): void {
    const ringing = this.#rings.get(dm);
    if (ringing === undefined) return;
    clearTimeout(ringing.timer);
    this.#rings.delete(dm);
    this.#changed();
  }

  /** Which calls are running: those that began while this device was away do not ring any more, but can be joined. */
  async #lookRound(): Promise<void> {
    try {
      const dms = await this.#sotto.dms();
      this.#running.clear();
      for (const { id, usersInCall } of dms) if (usersInCall.length > 0) this.#running.set(id, new Set(usersInCall));
      for (const dm of [...this.#rings.keys()]) if (!this.#running.has(dm)) this.#miss(dm);
    } catch {
      // Asked again with the next connection.
    }
  }

  #tell(news: CallNews): void {
    for (const listener of [...this.#newsListeners]) listener(news);
  }

  #changed(): void {
    this.#view = {
      call: this.#session?.snapshot ?? null,
      small: this.#small,
      rings: [...this.#rings.values()].map(({ ring }) => ring),
    };
    for (const listener of [...this.#listeners]) listener();
  }
}
