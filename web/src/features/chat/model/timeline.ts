/** One DM's messages as the screen shows them: what is loaded, what is on its way out, and the events that change both. */

import { SottoError, type Message, type MessageRef, type SendOptions, type Sent, type Sotto } from "@sotto/sdk";
import { asError } from "./errors";
import { isShown, outgoingOf, type SendFailed } from "./outgoing";
import { justAfter, toMs, toTimestamp } from "./time";
import { Quotes, type Quoted } from "./quotes";
import type { Anchor, Outgoing, Target, TimelineState } from "./timelineState";
import * as history from "./window";
import type { HistoryWindow } from "./window";

/** What a timeline needs of a session. */
export type TimelineSession = Pick<Sotto, "messages" | "queued" | "send" | "on" | "username">;

/** The timeline of one DM; {@link Timeline.close} ends it. */
export class Timeline {
  readonly dm: number;
  /** Answers where the view stands; the list sets it. */
  anchor: (() => Anchor | null) | null = null;
  readonly #session: TimelineSession;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  readonly #quotes = new Quotes();
  /** Own messages that have come back, by reference. */
  readonly #returned = new Set<MessageRef>();
  /** Own messages that were given up, with why. */
  readonly #refused = new Map<MessageRef, SottoError>();
  readonly #gone = new Set<number>();
  /** What events tell while a page is under way, which may be older or newer than the page. */
  readonly #logs = new Set<Message[]>();
  #generation = 0;
  #nextKey = 1;
  /** What is shown is out of date, and could not be read again yet. */
  #stale = false;
  #expiry: ReturnType<typeof setTimeout> | null = null;
  #state: TimelineState = {
    phase: "loading",
    error: null,
    window: history.nothing,
    outgoing: [],
    keys: new Map(),
    gaps: new Map(),
    epoch: 0,
    moves: 0,
    target: { at: "end" },
    moving: false,
    older: "idle",
    newer: "idle",
  };

  /** `failed`: what was given up while nobody showed it. */
  constructor(session: TimelineSession, dm: number, failed: readonly SendFailed[] = []) {
    this.#session = session;
    this.dm = dm;
    this.#ends.push(
      session.on("messageNew", ({ message }) => {
        if (message.dm === dm) this.#arrived(message);
      }),
      session.on("messageChanged", ({ message }) => {
        if (message.dm === dm) this.#changed(message);
      }),
      session.on("messageDeleted", (gone) => {
        if (gone.dm === dm || gone.dm === null) this.#deleted(gone.id);
      }),
      session.on("historyReset", (reset) => {
        if (reset.dm === dm) void this.reload();
      }),
      session.on("sendFailed", (given) => {
        if (given.dm === dm) this.#givenUp(given);
      }),
      session.on("connected", () => {
        this.#reconnected();
      }),
    );
    for (const given of failed) this.#givenUp(given);
    void this.toNewest();
    void this.#takeUp();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): TimelineState => this.#state;

  /** What a reply quotes; null: never seen here. */
  quoted(reference: MessageRef): Quoted | null {
    return this.#quotes.get(reference);
  }

  /** Ends the subscription to the session. */
  close(): void {
    this.#generation += 1;
    for (const end of this.#ends) end();
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#listeners.clear();
  }

  /** Goes to the newest message, reading it where it is not loaded; answers whether that went well. */
  async toNewest(): Promise<boolean> {
    if (this.#state.phase !== "ready" || this.#state.window.hasNewer) return this.#replace(() => this.#newest(), { at: "end" });
    this.#move({ at: "end" });
    return true;
  }

  /** Goes to a message, reading what lies around it where it is not loaded; answers whether that went well. */
  async jumpTo({ id, timestamp }: { readonly id: number; readonly timestamp: string }): Promise<boolean> {
    const target: Target = { at: "message", id };
    if (this.#gone.has(id)) return false;
    if (!this.#holds(id)) return this.#replace(() => this.#around(timestamp), target);
    this.#move(target);
    return true;
  }

  /** Reads what is shown again, and stays where the view stands. */
  async reload(): Promise<void> {
    const anchor = this.anchor?.() ?? null;
    const kept =
      anchor === null || anchor.atEnd
        ? this.#replace(() => this.#newest(), { at: "end" })
        : this.#replace(() => this.#around(anchor.timestamp), { at: "keep", id: anchor.id, offset: anchor.offset });
    this.#stale = true;
    this.#stale = !(await kept);
  }

  /** Reads the page before what is loaded; after a failure only if asked `again`. */
  async loadOlder(again = false): Promise<void> {
    const first = this.#state.window.messages[0];
    if (this.#state.older === "failed" && !again) return;
    if (!this.#idle() || !this.#state.window.hasOlder || first === undefined) return;
    this.#set({ older: "loading" });
    const went = await this.#read(
      () => this.#session.messages(this.dm, { before: first.timestamp, count: history.PAGE }),
      (page, settle) => {
        this.#set({ window: settle(history.older(this.#state.window, page)), older: "idle" });
        this.#set({ window: history.trimNewer(this.#state.window) });
      },
    );
    if (went instanceof SottoError) this.#set({ older: "failed", error: went });
  }

  /** Reads the page after what is loaded; not after a failure, until the connection is there again. */
  async loadNewer(): Promise<void> {
    const last = this.#state.window.messages.at(-1);
    if (this.#state.newer === "failed" || !this.#idle() || !this.#state.window.hasNewer || last === undefined) return;
    this.#set({ newer: "loading" });
    const went = await this.#read(
      () => this.#session.messages(this.dm, { after: last.timestamp, count: history.PAGE }),
      (page, settle) => {
        this.#set({ window: settle(history.newer(this.#state.window, page)), newer: "idle" });
        this.#set({ window: history.trimOlder(this.#state.window) });
      },
    );
    if (went instanceof SottoError) this.#set({ newer: "failed", error: went });
  }

  /** Sends at once; the message is shown before the server has it. Scheduled ones do not belong here. */
  async send(text: string, options: SendOptions): Promise<void> {
    const key = `own-${String(this.#nextKey)}`;
    this.#nextKey += 1;
    const entry: Outgoing = { key, text, options, startedMs: Date.now(), state: "sending", reference: null, error: null };
    this.#set({ outgoing: [...this.#state.outgoing, entry] });
    void this.toNewest();
    await this.#attempt(entry);
  }

  /** Sends again what failed. */
  async resend(key: string): Promise<void> {
    const entry = this.#failed(key);
    if (entry !== undefined) await this.#attempt(entry);
  }

  /** Forgets what failed; answers its text, so that it can be mended. */
  discard(key: string): string | null {
    const entry = this.#failed(key);
    if (entry === undefined) return null;
    this.#drop(key);
    return entry.text;
  }

  #failed(key: string): Outgoing | undefined {
    return this.#state.outgoing.find((one) => one.key === key && one.state === "failed");
  }

  #holds(id: number): boolean {
    return this.#state.window.messages.some((message) => message.id === id);
  }

  #idle(): boolean {
    const { phase, older, newer, moving } = this.#state;
    return phase === "ready" && !moving && older !== "loading" && newer !== "loading";
  }

  async #attempt({ key, text, options }: Outgoing): Promise<void> {
    this.#patch(key, { state: "sending", reference: null, error: null });
    try {
      const sent = await this.#session.send(this.dm, text, options);
      // What goes out at its hour, sent again, is shown among the scheduled ones.
      if (options.at === undefined) this.#sent(key, sent);
      else this.#drop(key);
    } catch (error) {
      this.#patch(key, { state: "failed", error: asError(error) });
    }
  }

  #sent(key: string, { reference, queued }: Sent): void {
    const refused = this.#refused.get(reference) ?? null;
    this.#patch(key, { reference, state: refused !== null ? "failed" : queued ? "queued" : "sending", error: refused });
    const there = this.#own(reference);
    if (there !== undefined) this.#match(there);
    else if (this.#returned.has(reference)) this.#drop(key);
  }

  #own(reference: MessageRef): Message | undefined {
    return this.#state.window.messages.find(
      ({ sender, content }) => sender === this.#session.username && content.ok && content.value.reference === reference,
    );
  }

  /** Shows what was written before the page was loaded and still waits. Scheduled ones do not belong here. */
  async #takeUp(): Promise<void> {
    // Where the store fails they are not shown; they go out and come back as messages all the same.
    const waiting = await this.#session.queued(this.dm).catch(() => []);
    const rows = waiting
      .filter(({ due, reference }) => due === null && !this.#refused.has(reference) && !this.#returned.has(reference))
      .filter((queued) => this.#own(queued.reference) === undefined && !isShown(this.#state.outgoing, queued))
      .map((queued) => outgoingOf(queued, null))
      .filter((row) => row !== null);
    if (rows.length === 0) return;
    this.#set({ outgoing: [...rows, ...this.#state.outgoing] });
    if (this.#state.phase === "ready" && this.anchor?.()?.atEnd !== false) this.#move({ at: "end" });
  }

  #givenUp({ reference, error, queued }: SendFailed): void {
    this.#refused.set(reference, error);
    const entry = this.#state.outgoing.find((one) => one.reference === reference);
    if (entry !== undefined) this.#patch(entry.key, { state: "failed", error });
    if (isShown(this.#state.outgoing, queued)) return;
    const row = outgoingOf(queued, error);
    if (row !== null) this.#set({ outgoing: [...this.#state.outgoing, row] });
  }

  #patch(key: string, change: Partial<Outgoing>): void {
    this.#set({ outgoing: this.#state.outgoing.map((one) => (one.key === key ? { ...one, ...change } : one)) });
  }

  #drop(key: string): void {
    this.#set({ outgoing: this.#state.outgoing.filter((one) => one.key !== key) });
  }

  /** Ends the wait of the outgoing message that a message is. */
  #match({ id, sender, content }: Message): void {
    if (sender !== this.#session.username || !content.ok) return;
    const entry = this.#state.outgoing.find(({ reference }) => reference === content.value.reference);
    if (entry === undefined) return;
    this.#set({ keys: new Map(this.#state.keys).set(id, entry.key), outgoing: this.#state.outgoing.filter((one) => one !== entry) });
  }

  async #newest(): Promise<HistoryWindow> {
    return history.newest(await this.#session.messages(this.dm, { count: history.PAGE }));
  }

  async #around(timestamp: string): Promise<HistoryWindow> {
    const count = history.PAGE / 2;
    const [before, after] = await Promise.all([
      this.#session.messages(this.dm, { before: justAfter(timestamp), count }),
      this.#session.messages(this.dm, { after: timestamp, count }),
    ]);
    return history.around(before, after, count);
  }

  /** Puts other messages in place of those loaded, and goes to the target. */
  async #replace(read: () => Promise<HistoryWindow>, target: Target): Promise<boolean> {
    this.#generation += 1;
    this.#set({ older: "idle", newer: "idle", moving: true, ...(this.#state.phase === "failed" ? { phase: "loading" as const } : {}) });
    const went = await this.#read(read, (found, settle) => {
      const window = settle(found);
      this.#set({ window, phase: "ready", error: null, moving: false, epoch: this.#state.epoch + 1, target, moves: this.#state.moves + 1 });
      for (const message of window.messages) this.#match(message);
    });
    if (went instanceof SottoError)
      this.#set({ moving: false, error: went, ...(this.#state.phase === "ready" ? {} : { phase: "failed" as const }) });
    return went === true;
  }

  /**
   * Reads something and takes it over, brought up to what events have told meanwhile. Answers true, the error, or false where nobody
   * waits for it
   * any more.
   */
  async #read<T>(
    read: () => Promise<T>,
    take: (found: T, settle: (window: HistoryWindow) => HistoryWindow) => void,
  ): Promise<boolean | SottoError> {
    const generation = this.#generation;
    const log: Message[] = [];
    this.#logs.add(log);
    try {
      const found = await read();
      if (generation !== this.#generation) return false;
      take(found, (window) => this.#settle(window, log));
      return true;
    } catch (error) {
      return generation === this.#generation ? asError(error) : false;
    } finally {
      this.#logs.delete(log);
    }
  }

  #settle(window: HistoryWindow, log: readonly Message[]): HistoryWindow {
    let next: HistoryWindow = { ...window, messages: window.messages.filter(({ id }) => !this.#gone.has(id)) };
    this.#quotes.fill(next.messages);
    for (const message of log) if (!this.#gone.has(message.id)) next = history.put(next, message);
    return history.expire(next, toTimestamp(Date.now()));
  }

  #arrived(message: Message): void {
    if (this.#gone.has(message.id)) return;
    for (const log of this.#logs) log.push(message);
    if (message.sender === this.#session.username && message.content.ok) this.#returned.add(message.content.value.reference);
    this.#quotes.put(message);
    if (this.#state.phase === "ready") {
      const gap = message.missingBefore > 0 && this.#state.window.messages.some(({ sender }) => sender === message.sender);
      const gaps = gap ? new Map(this.#state.gaps).set(message.id, message.missingBefore) : this.#state.gaps;
      this.#set({ gaps, window: this.#bounded(history.arrive(this.#state.window, message)) });
    }
    this.#match(message);
  }

  /** Keeps a long stay at the newest message from piling up; what someone reads further up is left alone. */
  #bounded(window: HistoryWindow): HistoryWindow {
    if (window.messages.length <= history.KEEP + history.PAGE || this.anchor?.()?.atEnd === false) return window;
    return history.trimOlder(window);
  }

  #changed(message: Message): void {
    if (this.#gone.has(message.id)) return;
    for (const log of this.#logs) log.push(message);
    this.#quotes.put(message);
    if (this.#state.phase === "ready") this.#set({ window: history.put(this.#state.window, message) });
  }

  #deleted(id: number): void {
    this.#gone.add(id);
    this.#quotes.forget(id);
    this.#set({ window: history.remove(this.#state.window, id) });
    this.#refill();
  }

  /** A stretch that has become empty has lost its place in history. */
  #refill(): void {
    const { phase, window, moving } = this.#state;
    if (phase === "ready" && !moving && window.messages.length === 0 && (window.hasOlder || window.hasNewer)) {
      void this.#replace(() => this.#newest(), { at: "end" });
    }
  }

  #reconnected(): void {
    if (this.#state.phase === "failed") void this.toNewest();
    else if (this.#stale) void this.reload();
    if (this.#state.older === "failed") this.#set({ older: "idle" });
    if (this.#state.newer === "failed") this.#set({ newer: "idle" });
  }

  #move(target: Target): void {
    this.#set({ target, moves: this.#state.moves + 1 });
  }

  #set(change: Partial<TimelineState>): void {
    const before = this.#state.window;
    this.#state = { ...this.#state, ...change };
    if (this.#state.window !== before) this.#watchExpiry();
    for (const listener of this.#listeners) listener();
  }

  #watchExpiry(): void {
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = null;
    const next = history.nextExpiry(this.#state.window);
    if (next === null) return;
    const wait = Math.min(Math.max(0, toMs(next) - Date.now() + 1), 2 ** 31 - 1);
    this.#expiry = setTimeout(() => {
      this.#expiry = null;
      const before = this.#state.window;
      const window = history.expire(before, toTimestamp(Date.now()));
      if (window === before) {
        this.#watchExpiry();
        return;
      }
      for (const { id } of before.messages) if (!window.messages.some((message) => message.id === id)) this.#quotes.forget(id);
      this.#set({ window });
      this.#refill();
    }, wait);
  }
}
