/** Signals to one member, sent one after another: what waits is put together, and the server's rate limit is kept. */

import { SottoError } from "@sotto/sdk";
import { CANDIDATES_LIMIT, type Candidate, type Signal } from "./signals";

/** How an outbox sends, and whom it tells when that fails. */
export interface OutboxHost {
  /** The bodies that carry a signal. */
  write(signal: Signal): string[];
  send(body: string): Promise<void>;
  /** Something could not be sent, and what waited is dropped: the two devices must come together anew. */
  failed(error: unknown): void;
}

/** The signals to one member that are not sent yet. */
export class Outbox {
  readonly #host: OutboxHost;
  #waiting: Signal[] = [];
  #sending = false;
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(host: OutboxHost) {
    this.#host = host;
  }

  /** Sends a signal after those that wait. */
  push(signal: Signal): void {
    if (this.#closed) return;
    // Only the last state counts.
    if (signal.type === "state") this.#waiting = this.#waiting.filter((one) => one.type !== "state");
    this.#waiting.push(signal);
    if (!this.#sending) void this.#run();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  /** Sends nothing more. */
  close(): void {
    this.#closed = true;
    this.clear();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#sending = true;
    for (let signal = this.#next(); signal !== undefined; signal = this.#next()) {
      try {
        for (const body of this.#host.write(signal)) await this.#send(body);
      } catch (error) {
        this.clear();
        if (!this.#closed) this.#host.failed(error);
      }
    }
    this.#sending = false;
  }

  /** The next signal. Candidates that gathered while another was under way go as one. */
  #next(): Signal | undefined {
    const first = this.#waiting.shift();
    if (first?.type !== "candidates") return first;
    const candidates: Candidate[] = [...first.candidates];
    for (let next = this.#waiting[0]; next?.type === "candidates"; next = this.#waiting[0]) {
      if (candidates.length + next.candidates.length > CANDIDATES_LIMIT) break;
      candidates.push(...next.candidates);
      this.#waiting.shift();
    }
    return { type: "candidates", candidates };
  }

  async #send(body: string): Promise<void> {
    for (;;) {
      if (this.#closed) return;
      try {
        await this.#host.send(body);
        return;
      } catch (error) {
        // Refused is not carried out: the same body may go again. Anything else may have arrived.
        if (!(error instanceof SottoError) || !error.isRefusal("rate_limited")) throw error;
        await this.#pause((error.retryAfter ?? 1) * 1_000);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
