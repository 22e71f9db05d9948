/** One member's place in a call as this device sees it: the connection, and the watch that mends it. */

import { PeerLink, type LinkHost } from "./peer-link";
import type { Signal } from "./signals";

/** How long a connection may take to come about before it is helped, in milliseconds. */
const FIRST_WATCH = 15_000;
/** How long one that was there may be gone before it is helped; shorter breaks mend themselves. */
const LATER_WATCH = 4_000;
/** The longest wait between two helps. */
const LAST_WATCH = 60_000;
/** How long one who has left by the server's word may come back while media still flow: longer than clients wait between two tries. */
const LINGER = 60_000;

/** What a seat needs of the call, beside what its link needs. */
export interface SeatHost extends Pick<LinkHost, "connect" | "tracks" | "state"> {
  write(signal: Signal, theirs: string | null): string[];
  send(username: string, body: string): Promise<void>;
  unsent(seat: Seat, error: unknown): void;
  /** The connection needs fresh ICE servers and another try. */
  help(seat: Seat): void;
  changed(seat: Seat): void;
  /** The member is gone for good. */
  gone(seat: Seat): void;
}

/** A member's place. */
export class Seat {
  readonly username: string;
  readonly link: PeerLink;
  /** The member's session in this call, once it is known. */
  theirs: string | null = null;
  /** The connection does not come about, or not again, although it was helped. */
  trouble = false;

  readonly #host: SeatHost;
  #watch: ReturnType<typeof setTimeout> | null = null;
  #linger: ReturnType<typeof setTimeout> | null = null;
  #helps = 0;
  #closed = false;

  constructor(username: string, polite: boolean, host: SeatHost) {
    this.username = username;
    this.#host = host;
    this.link = new PeerLink(polite, {
      connect: () => host.connect(),
      write: (signal) => host.write(signal, this.theirs),
      send: (body) => host.send(username, body),
      tracks: () => host.tracks(),
      state: () => host.state(),
      changed: () => {
        this.#linkChanged();
      },
      troubled: () => {
        host.help(this);
      },
      gone: () => {
        host.gone(this);
      },
      unsent: (error) => {
        host.unsent(this, error);
      },
    });
    this.#setWatch(FIRST_WATCH);
  }

  /** The member is (again) in the call by the server's word. */
  present(): void {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    this.link.lingering = false;
  }

  /** The member is not in the call by the server's word. Answers whether the connection outlives that for a while. */
  absent(): boolean {
    if (!this.link.flowing) return false;
    this.link.lingering = true;
    this.#linger ??= setTimeout(() => {
      this.#host.gone(this);
    }, LINGER);
    return true;
  }

  /** Ends the connection. */
  close(): void {
    this.#closed = true;
    if (this.#watch !== null) clearTimeout(this.#watch);
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.link.close();
  }

  #linkChanged(): void {
    if (this.#closed) return;
    if (this.link.flowing) {
      if (this.#watch !== null) clearTimeout(this.#watch);
      this.#watch = null;
      this.#helps = 0;
      this.trouble = false;
    } else if (this.link.lingering) {
      this.#host.gone(this);
      return;
    } else if (this.#watch === null) {
      this.#setWatch(LATER_WATCH);
    }
    this.#host.changed(this);
  }

  #setWatch(ms: number): void {
    this.#watch = setTimeout(() => {
      this.trouble = true;
      this.#helps += 1;
      this.#setWatch(Math.min(FIRST_WATCH * 2 ** (this.#helps - 1), LAST_WATCH));
      this.#host.changed(this);
      this.#host.help(this);
    }, ms);
  }
}
