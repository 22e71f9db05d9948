/**
 * Messages on their way: sealed once and kept until the server has answered, so that none is lost or sent twice. The server
 * recognises a send that it has taken by (DM, sender, signature) for 7 days.
 */

import { SottoError } from "./errors.js";
import type { Caller, Link } from "./link.js";
import type { Platform } from "./platform/platform.js";
import type { SendMessage } from "./protocol.js";
import type { Store } from "./store/store.js";

const PREFIX = "outbox-";

/** For how long the server recognises what it has taken, in milliseconds, less an hour for clocks that differ. */
const RECOGNISED_MS = (7 * 24 - 1) * 3_600_000;

/** Answers that may be missing before the connection is given up. */
const SILENCES = 2;

interface Kept {
  readonly at: number;
  readonly request: SendMessage;
}

/** A send of an earlier run that was refused, came too late, or cannot be read any more. */
export interface FailedSend {
  /** Null where it cannot be read. */
  readonly dm: number | null;
  readonly why: SottoError;
}

/** What waits to be sent. */
export class Outbox {
  readonly #store: Store;
  readonly #platform: Platform;
  #last = 0;

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
    await this.#store.update(key, () => undefined);
  }

  /**
   * Sends until the outcome is known or the server cannot be reached; then what was kept goes out with the next connection. A
   * wait before the send shrinks with the time it takes.
   */
  async deliver(link: Link, request: SendMessage): Promise<void> {
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
        failed.push({ dm: null, why: new SottoError("storage", "A message that waited to be sent is damaged.") });
        await this.drop(key);
        continue;
      }
      const age = Math.max(0, this.#platform.now() - kept.at);
      if (age > RECOGNISED_MS) {
        const why = new SottoError("invalid", "It waited for over a week, and sending it now could double it.");
        failed.push({ dm: kept.request.id, why });
        await this.drop(key);
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
        failed.push({ dm: kept.request.id, why: error });
      }
      await this.drop(key);
    }
    return failed;
  }
}

function read(bytes: Uint8Array): Kept | undefined {
  try {
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as { at?: unknown; request?: Partial<SendMessage> | null } | null;
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
