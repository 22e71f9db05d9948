/**
 * Messages on their way: sealed once and kept until the server has answered, so that none is lost or sent twice. The server
 * recognises a send that it has taken by (DM, sender, signature) for 7 days.
 */

import { SottoError, type SottoErrorKind } from "./errors.js";
import type { Caller, Link } from "./link.js";
import type { Platform } from "./platform/platform.js";
import type { SendMessage } from "./protocol.js";
import type { Store } from "./store/store.js";

const PREFIX = "outbox-";

/** For how long the server recognises what it has taken, in milliseconds, less an hour for clocks that differ. */
const RECOGNISED_MS = (7 * 24 - 1) * 3_600_000;

/** Answers that may be missing before the connection is given up. */
const SILENCES = 2;

/** A send that waits. */
export interface Kept {
  /** When it was written, in milliseconds since 1970 UTC. */
  readonly at: number;
  readonly request: SendMessage;
}

/** A send of an earlier run that was refused, came too late, or cannot be read any more. */
export interface FailedSend {
  /** Null where it cannot be read. */
  readonly dm: number | null;
  readonly kept: Kept | null;
  readonly why: SottoError;
}

/** What one tab tells the others of a send that failed. */
interface Told extends Kept {
  readonly failed: string;
  readonly kind: SottoErrorKind;
  readonly sentence: string;
  readonly code?: string;
}

/** What waits to be sent. */
export class Outbox {
  readonly #store: Store;
  readonly #platform: Platform;
  #last = 0;
  /** Sends whose callers wait for the outcome, with why they failed elsewhere meanwhile. */
  readonly #live = new Map<string, SottoError | undefined>();
  /** Those of which the app was told that they wait. */
  readonly #awaited = new Set<string>();
  /** Those of which it was told that they failed. */
  readonly #told = new Set<string>();
  #failed: (failed: FailedSend) => void = () => undefined;
  #deafen: () => void = () => undefined;

  constructor(store: Store, platform: Platform) {
    this.#store = store;
    this.#platform = platform;
  }

  /** Keeps a send; answers its key. */
  async keep(request: SendMessage): Promise<string> {
    const at = this.#platform.now();
    // The time first, in microseconds that rise, so that what waits goes out in the order written; the signature names it.
    this.#last = Math.max(Math.trunc(at) * 1000, this.#last + 1);
    const key = `${PREFIX}${this.#last.toString(16).padStart(16, "0")}-${request.signature.slice(0, 16)}`;
    const kept: Kept = { at, request };
    const bytes = new TextEncoder().encode(JSON.stringify(kept));
    await this.#store.update(key, () => bytes);
    return key;
  }

  /** The server has answered. */
  async drop(key: string): Promise<void> {
    this.#awaited.delete(key);
    await this.#store.update(key, () => undefined);
  }

  /** Calls back with what fails beside {@link Outbox.flush}: in another tab, or for a caller who is not the only one to wait for it. */
  listen(failed: (failed: FailedSend) => void): void {
    this.#failed = failed;
    this.#deafen = this.#store.onTold?.((what) => { this.#hear(what); }) ?? this.#deafen;
  }

  /** Listens no more. */
  release(): void {
    this.#deafen();
  }

  /** What waits to be sent to a DM, in the order written. */
  async list(dm: number): Promise<Kept[]> {
    const waiting: Kept[] = [];
    for (const key of await this.#store.keys(PREFIX)) {
      const bytes = await this.#store.read(key);
      const kept = bytes && read(bytes);
      if (kept?.request.id !== dm) continue;
      this.#awaited.add(key);
      waiting.push(kept);
    }
    return waiting;
  }

  /** A send has failed for good, which its caller is told; the others who wait for it, here. */
  async refuse(key: string, why: unknown): Promise<void> {
    const bytes = await this.#store.read(key);
    const kept = bytes && read(bytes);
    if (kept === undefined || !(why instanceof SottoError)) return this.drop(key);
    if (this.#awaited.has(key)) this.#tellOnce(key, { dm: kept.request.id, kept, why });
    return this.#giveUp(key, kept, why);
  }

  /** Lets go of a send, and tells other tabs why. */
  async #giveUp(key: string, kept: Kept, why: SottoError): Promise<void> {
    await this.drop(key);
    const code = why.code === undefined ? {} : { code: why.code };
    const told: Told = { ...kept, failed: key, kind: why.kind, sentence: why.message, ...code };
    this.#store.tell?.(JSON.stringify(told));
  }

  #hear(what: string): void {
    const kept = parsed(what);
    if (kept === undefined) return;
    const { failed, kind, sentence, code, at, request } = kept as Told;
    const why = new SottoError(kind, sentence, code === undefined ? {} : { code });
    if (this.#live.has(failed)) this.#live.set(failed, why);
    // Who has never heard that it waits need not hear that it failed.
    if (!this.#awaited.delete(failed)) return;
    this.#tellOnce(failed, { dm: request.id, kept: { at, request }, why });
  }

  #tellOnce(key: string, failed: FailedSend): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#failed(failed);
  }

  /**
   * Sends until the outcome is known or the server cannot be reached; then what was kept goes out with the next connection. A
   * wait before the send shrinks with the time it takes.
   */
  async deliver(link: Link, request: SendMessage, key = ""): Promise<void> {
    this.#live.set(key, undefined);
    try {
      await this.#deliver(link, request);
    } catch (error) {
      // What was refused where it went out along with the others waits no more.
      const refused = this.#live.get(key);
      if (!(error instanceof SottoError) || !error.outcomeUnknown) throw error;
      if (refused !== undefined) throw refused;
      this.#awaited.add(key);
      throw error;
    } finally {
      this.#live.delete(key);
    }
  }

  async #deliver(link: Link, request: SendMessage): Promise<void> {
    const since = this.#platform.now();
    for (let silent = 0; ; ) {
      await link.ready();
      try {
        await link.patient("send_message", waited(request, this.#platform.now() - since));
        return;
      } catch (error) {
        if (!(error instanceof SottoError) || !error.outcomeUnknown) throw error;
        if (error.kind === "timeout") {
          silent += 1;
          if (silent === SILENCES) {
            // A server that reads and does not answer: a new connection, which sends what is kept.
            link.renew();
            throw error;
          }
        }
      }
    }
  }

  /** Sends what an earlier connection left behind, oldest first. Answers what cannot be sent any more. */
  async flush(link: Caller): Promise<FailedSend[]> {
    const failed: FailedSend[] = [];
    for (const key of await this.#store.keys(PREFIX)) {
      const bytes = await this.#store.read(key);
      // Another tab has sent it.
      if (bytes === undefined) continue;
      const kept = read(bytes);
      if (kept === undefined) {
        // It must not keep all others waiting for ever.
        failed.push({ dm: null, kept: null, why: new SottoError("storage", "A message that waited to be sent is damaged.") });
        await this.drop(key);
        continue;
      }
      const age = Math.max(0, this.#platform.now() - kept.at);
      if (age > RECOGNISED_MS) {
        const why = new SottoError("invalid", "It waited for over a week, and sending it now could double it.");
        await this.#failOnFlush(key, kept, why, failed);
        continue;
      }
      try {
        await link.patient("send_message", waited(kept.request, age));
      } catch (error) {
        if (!(error instanceof SottoError)) throw error;
        if (error.kind !== "refused" && error.kind !== "invalid") {
          // It stays for the next connection.
          if (failed.length > 0) return failed;
          throw error;
        }
        await this.#failOnFlush(key, kept, error, failed);
        continue;
      }
      await this.drop(key);
    }
    return failed;
  }

  async #failOnFlush(key: string, kept: Kept, why: SottoError, failed: FailedSend[]): Promise<void> {
    // Whoever waits for the outcome hears it as its own.
    const isCallers = this.#live.has(key) && !this.#awaited.has(key);
    if (this.#live.has(key)) this.#live.set(key, why);
    if (!isCallers && !this.#told.has(key)) {
      this.#told.add(key);
      failed.push({ dm: kept.request.id, kept, why });
    }
    await this.#giveUp(key, kept, why);
  }
}

function read(bytes: Uint8Array): Kept | undefined {
  return parsed(new TextDecoder().decode(bytes));
}

function parsed(json: string): Kept | undefined {
  try {
    const kept = JSON.parse(json) as { at?: unknown; request?: Partial<SendMessage> | null } | null;
    const { id, message, signature } = kept?.request ?? {};
    const whole = typeof kept?.at === "number" && typeof id === "number" && typeof message === "string" && typeof signature === "string";
    return whole ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** The request after so many milliseconds. */
function waited(request: SendMessage, ms: number): SendMessage {
  if (request.schedule === undefined) return request;
  return { ...request, schedule: Math.max(0, request.schedule - Math.floor(Math.max(0, ms) / 1000)) };
}
