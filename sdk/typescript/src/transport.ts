/** One Socket.IO connection: dial, requests with acks, notices in order. It ends once and never comes back by itself. */

import { Manager } from "socket.io-client";
import type { ServerAddress } from "./address.js";
import { readReply } from "./call.js";
import { throwIfAborted } from "./cancel.js";
import { misfit } from "./check.js";
import { SottoError } from "./errors.js";
import type { Notices, Replies, Requests } from "./protocol.js";
import { NOTICES } from "./shapes.js";

/** Settings of a connection. */
export interface TransportOptions {
  /** From the first byte to the open namespace, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** From a request to its ack, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** Settings that fit most. */
export const TRANSPORT_DEFAULTS: TransportOptions = { connectTimeoutMs: 10_000, requestTimeoutMs: 20_000 };

/** Something that the server told, in the order sent. */
export type Notice = {
  [N in keyof Notices]: {
    readonly name: N;
    readonly payload: Notices[N];
    /** Where the server waits for an ack: tells it that the notice is kept. On a connection that has ended nothing happens. */
    readonly ack: (() => void) | undefined;
  };
}[keyof Notices];

/** A wait for an answer. */
interface Waiter {
  fail(error: SottoError): void;
}

/** An open connection. */
export class Connection {
  readonly #send: (event: string, params: unknown, ack: (answer: unknown) => void) => void;
  readonly #hangUp: () => void;
  readonly #options: TransportOptions;
  readonly #maxPayload: number;
  readonly #waiting = new Set<Waiter>();
  readonly #early: Notice[] = [];
  #listener: ((notice: Notice) => void) | undefined;
  #why: string | undefined;
  readonly #closed: Promise<string>;
  #tellClosed: (why: string) => void = () => undefined;

  private constructor(
    options: TransportOptions,
    maxPayload: number,
    send: (event: string, params: unknown, ack: (answer: unknown) => void) => void,
    hangUp: () => void,
  ) {
    this.#options = options;
    this.#maxPayload = maxPayload;
    this.#send = send;
    this.#hangUp = hangUp;
    this.#closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  /** Dials `server` and opens the main namespace. Throws `connect`; the signal's reason where it is aborted meanwhile. */
  static async open(server: ServerAddress, options: TransportOptions, signal?: AbortSignal): Promise<Connection> {
    throwIfAborted(signal);
    const manager = new Manager(server.origin, {
      autoConnect: false,
      reconnection: false,
      forceNew: true,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      timeout: options.connectTimeoutMs,
      // A server has no business in the cookies of its host.
      withCredentials: false,
    });
    const socket = manager.socket("/");
    const { promise, resolve, reject } = later<Connection>();
    let connection: Connection | undefined;
    let maxPayload = Number.POSITIVE_INFINITY;

    const give = (why: string): void => {
      if (connection === undefined) {
        socket.disconnect();
        manager.engine?.close();
        reject(new SottoError("connect", `Cannot connect to ${server.origin}: ${why}.`));
      } else {
        connection.#end(why);
      }
    };
    const aborted = (): void => {
      give("it was closed");
    };
    const timer = setTimeout(() => {
      give(`no answer within ${String(options.connectTimeoutMs / 1000)} s`);
    }, options.connectTimeoutMs);
    signal?.addEventListener("abort", aborted, { once: true });

    socket.onAny((name: string, payload: unknown, ack: unknown) => {
      const shape = Object.hasOwn(NOTICES, name) ? NOTICES[name as keyof Notices] : undefined;
      // What this version does not know, and what has not the form that it knows, is as if it were not said.
      if (connection === undefined || shape === undefined || misfit(payload, shape) !== undefined) return;
      connection.#take({ name, payload, ack: typeof ack === "function" ? ack : undefined } as Notice);
    });
    socket.on("connect", () => {
      // A second greeting would leave the first connection without an end.
      if (connection !== undefined) return;
      connection = new Connection(
        options,
        maxPayload,
        (event, params, answered) => socket.emit(event, params, answered),
        () => {
          socket.disconnect();
          manager.engine?.close();
        },
      );
      resolve(connection);
    });
    socket.on("connect_error", (error) => {
      give(reason(error));
    });
    socket.on("disconnect", (why, details) => {
      give(details instanceof Error ? reason(details) : (ENDS[why] ?? why));
    });
    manager.open((error) => {
      if (error !== undefined) give(reason(error));
    });
    manager.engine.on("handshake", (handshake) => {
      maxPayload = handshake.maxPayload;
    });
    socket.connect();

    try {
      return await promise;
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** Gives every notice to `listener`, first those that came before. There is one listener; a later one takes its place. */
  listen(listener: (notice: Notice) => void): void {
    for (const notice of this.#early.splice(0)) listener(notice);
    this.#listener = listener;
  }

  /**
   * Sends a request and reads its reply. Throws `refused` where the server says no; `timeout`, `disconnected`, `protocol`; and
   * `invalid` for a request over the server's frame limit.
   */
  call<E extends keyof Requests>(event: E, params: Requests[E]): Promise<Replies[E]> {
    if (this.#why !== undefined) return Promise.reject(lost(this.#why));
    const tooLarge = this.#tooLarge(event, params);
    if (tooLarge !== undefined) return Promise.reject(tooLarge);
    const { promise, resolve, reject } = later<unknown>();
    const waiter: Waiter = { fail: reject };
    this.#waiting.add(waiter);
    const ms = this.#options.requestTimeoutMs;
    const timer = setTimeout(() => {
      reject(new SottoError("timeout", `The server did not answer ${event} within ${String(ms / 1000)} s.`));
    }, ms);
    this.#send(event, params, resolve);
    return promise
      .finally(() => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
      })
      .then((answer) => readReply(event, answer));
  }

  /** Ends the connection; what waits for an answer fails with `disconnected`. */
  close(): void {
    this.#end("it was closed");
    this.#hangUp();
  }

  get isClosed(): boolean {
    return this.#why !== undefined;
  }

  /** Resolves when the connection has ended, with the reason for a person. */
  get closed(): Promise<string> {
    return this.#closed;
  }

  #take(notice: Notice): void {
    if (this.#listener === undefined) this.#early.push(notice);
    else this.#listener(notice);
  }

  #tooLarge(event: string, params: unknown): SottoError | undefined {
    // The frame is `42`, an ack id of up to 16 digits, and a JSON array.
    const text = JSON.stringify([event, params]);
    // No text takes more than three bytes per UTF-16 unit: most requests need not be encoded to know.
    if (text.length * 3 + 18 <= this.#maxPayload) return undefined;
    const bytes = new TextEncoder().encode(text).length + 18;
    if (bytes <= this.#maxPayload) return undefined;
    const limit = String(this.#maxPayload);
    return new SottoError("invalid", `${event} would take ${String(bytes)} bytes, and the server takes ${limit} in one frame.`);
  }

  #end(why: string): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    for (const waiter of [...this.#waiting]) waiter.fail(lost(why));
    this.#tellClosed(why);
  }
}

const ENDS: Readonly<Record<string, string>> = {
  "io server disconnect": "the server closed it",
  "io client disconnect": "it was closed",
  "ping timeout": "the server fell silent",
  "transport close": "the server hung up",
  "transport error": "the network failed",
  "parse error": "the server sent what is no Socket.IO",
};

function lost(why: string): SottoError {
  return new SottoError("disconnected", `The connection to the server was lost: ${why}.`);
}

/** What browsers and Node have to say of a network that fails: nothing, in these words. */
const NOTHING_SAID: ReadonlySet<string> = new Set(["", "websocket error", "xhr poll error", "xhr post error"]);

/** What the network said, as a clause. */
function reason(error: Error): string {
  return NOTHING_SAID.has(error.message) ? "the network failed, or nothing answers there" : error.message.replace(/\.$/, "");
}

/** A promise and its ends. */
function later<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
