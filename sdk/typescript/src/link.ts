/** The session that outlives its connections: dial, log in by signature, hand out the open connection, wait between attempts. */

import { type Account, signLogin } from "./account.js";
import type { ServerAddress } from "./address.js";
import { reasonOf, throwIfAborted } from "./cancel.js";
import { encodeHex, Refusal } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { Replies, Requests } from "./protocol.js";
import { asSecurity } from "./refused.js";
import { Connection, type TransportOptions } from "./transport.js";

/** Sends requests. */
export interface Caller {
  /** Sends a request; see {@link Connection.call}. */
  call<E extends keyof Requests>(event: E, params: Requests[E]): Promise<Replies[E]>;
  /** {@link Caller.call} for reads and for what may be repeated: waits out `rate_limited`. */
  patient<E extends keyof Requests>(event: E, params: Requests[E]): Promise<Replies[E]>;
  /** {@link Caller.patient}, and again while the outcome is not known: only for requests that may be repeated. */
  untilKnown<E extends keyof Requests>(event: E, params: Requests[E]): Promise<Replies[E]>;
}

/**
 * Dials and logs in: a signature over origin, name, key and challenge (C-401), and never anything else (C-403).
 * Throws `connect`, `refused`, or `security` `E_CHALLENGE`.
 */
export async function dial(
  server: ServerAddress,
  account: Account,
  options: TransportOptions,
  signal?: AbortSignal,
): Promise<Connection> {
  const connection = await Connection.open(server, options, signal);
  const aborted = (): void => {
    connection.close();
  };
  signal?.addEventListener("abort", aborted, { once: true });
  try {
    const response = signLogin(account, server.origin, await challenge(connection, account));
    await connection.call("login_challenge_response", { response: encodeHex(response) });
    throwIfAborted(signal);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", aborted);
  }
}

async function challenge(connection: Connection, account: Account): Promise<string> {
  try {
    return await connection.call("login", { username: account.username });
  } catch (error) {
    throw error instanceof SottoError && error.kind === "protocol" ? asSecurity(new Refusal("E_CHALLENGE")) : error;
  }
}

type State =
  | { readonly kind: "offline" }
  | { readonly kind: "online"; readonly connection: Connection }
  | { readonly kind: "ended"; readonly error: SottoError };

/** How often something without a known outcome is tried before the app is told. */
const ATTEMPTS = 4;

/** Where requests go: the open connection, or the wait for the next one. */
export class Link implements Caller {
  #state: State = { kind: "offline" };
  readonly #patience: number;
  readonly #watchers = new Set<() => void>();
  readonly #end = new AbortController();
  /** The same link for whoever makes its connections, who must never wait for one: fails at once where there is none. */
  readonly urgent: Caller;

  /** `patience`: how long a request waits for a connection, in milliseconds. */
  constructor(patience: number) {
    this.#patience = patience;
    this.urgent = callerOver(() => {
      if (this.#state.kind === "online") return Promise.resolve(this.#state.connection);
      return Promise.reject(this.#state.kind === "ended" ? this.#state.error : notConnected());
    }, this.#end.signal);
    const caller = callerOver(() => this.#connection(), this.#end.signal);
    this.call = caller.call;
    this.patient = caller.patient;
    this.untilKnown = caller.untilKnown;
  }

  readonly call: Caller["call"];
  readonly patient: Caller["patient"];
  readonly untilKnown: Caller["untilKnown"];

  /** A connection is logged in. */
  online(connection: Connection): void {
    this.#set({ kind: "online", connection });
  }

  /** It is lost, and the next one is being made. */
  offline(): void {
    this.#set({ kind: "offline" });
  }

  /** No connection will come any more. */
  end(error: SottoError): void {
    const before = this.#state;
    if (before.kind === "ended") return;
    this.#set({ kind: "ended", error });
    this.#end.abort(error);
    if (before.kind === "online") before.connection.close();
  }

  /** Aborted, with the error as its reason, when no connection will come any more. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether a request would go out at once. */
  get isOnline(): boolean {
    return this.#state.kind === "online" && !this.#state.connection.isClosed;
  }

  /** Waits for a connection, as long as a request would. */
  async ready(): Promise<void> {
    await this.#connection();
  }

  /** Ends the connection, if there is one, so that a new one is made. */
  renew(): void {
    if (this.#state.kind === "online") this.#state.connection.close();
  }

  #set(state: State): void {
    if (this.#state.kind === "ended") return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher();
  }

  #connection(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        const state = this.#state;
        // A connection that has just ended may not have been noticed yet by whoever makes the next one.
        if (state.kind === "online" && !state.connection.isClosed) resolve(state.connection);
        else if (state.kind === "ended") reject(state.error);
        else return false;
        return true;
      };
      if (settle()) return;
      const watcher = (): void => {
        if (settle()) done();
      };
      const timer = setTimeout(() => {
        reject(new SottoError("disconnected", "The server cannot be reached at the moment."));
        done();
      }, this.#patience);
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
      };
      this.#watchers.add(watcher);
    });
  }
}

function notConnected(): SottoError {
  return new SottoError("disconnected", "The connection to the server was lost: not connected.");
}

function callerOver(connection: () => Promise<Connection>, signal: AbortSignal): Caller {
  const call: Caller["call"] = async (event, params) => (await connection()).call(event, params);
  const patient: Caller["patient"] = async (event, params) => {
    for (;;) {
      try {
        return await call(event, params);
      } catch (error) {
        if (!(error instanceof SottoError) || !error.isRefusal("rate_limited")) throw error;
        await pause(1000 * Math.min(Math.max(error.retryAfter ?? 1, 1), 60), signal);
      }
    }
  };
  const untilKnown: Caller["untilKnown"] = async (event, params) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await patient(event, params);
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof SottoError) || !error.outcomeUnknown) throw error;
      }
    }
  };
  return { call, patient, untilKnown };
}

/** Waits so many milliseconds. Rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal === undefined ? undefined : reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener("abort", aborted, { once: true });
  });
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** How many times the next wait a connection must last so that the waits begin anew. */
const WORTH = 4;

/** How long to wait before each further attempt: doubling, with jitter, so that clients do not come back all at once. */
export class Backoff {
  #next = FIRST_MS;

  /** The next wait in milliseconds, after `error`: at least as long as the server asked for. */
  wait(error?: unknown): number {
    const ceiling = this.#next;
    this.#next = Math.min(ceiling * 2, LONGEST_MS);
    return ceiling * (0.5 + Math.random() / 2) + asked(error);
  }

  /** A connection has lasted so many milliseconds. Attempts begin anew after one that was worth the wait, and move on apart else. */
  lasted(ms: number): void {
    if (ms >= WORTH * this.#next) this.#next = FIRST_MS;
  }

  /** Waits that long; shorter where the device tells that it is back online or looked at, unless the server asked for the wait. */
  async pause(error: unknown, signal?: AbortSignal): Promise<void> {
    const ms = this.wait(error);
    if (asked(error) > 0) return pause(ms, signal);
    const woken = new AbortController();
    const stop = onWake(() => {
      woken.abort();
    });
    const both = (): void => {
      woken.abort();
    };
    signal?.addEventListener("abort", both, { once: true });
    try {
      if (signal?.aborted !== true) await pause(ms, woken.signal).catch(() => undefined);
    } finally {
      stop();
      signal?.removeEventListener("abort", both);
    }
    throwIfAborted(signal);
  }
}

/** Milliseconds that a refusal asks to wait. */
function asked(error: unknown): number {
  const seconds = error instanceof SottoError && error.kind === "refused" ? (error.retryAfter ?? 0) : 0;
  return seconds > 0 ? 1000 * Math.min(seconds, 3600) : 0;
}

/** Calls back when the device is online again or the page is looked at again, where there are such things. Answers what ends it. */
export function onWake(wake: () => void): () => void {
  const place = globalThis as { addEventListener?: typeof addEventListener; removeEventListener?: typeof removeEventListener };
  const page = typeof document === "undefined" ? undefined : document;
  const seen = (): void => {
    if (page?.visibilityState === "visible") wake();
  };
  place.addEventListener?.("online", wake);
  page?.addEventListener("visibilitychange", seen);
  return () => {
    place.removeEventListener?.("online", wake);
    page?.removeEventListener("visibilitychange", seen);
  };
}

/** Whether trying again cannot help: the account or its key is not the server's. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof SottoError)) return false;
  if (error.kind === "security" || error.kind === "invalid") return true;
  return error.isRefusal("no_such_user") || error.isRefusal("wrong_response") || error.isRefusal("invalid_request");
}
