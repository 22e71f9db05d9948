/** The server's STUN and TURN servers, kept fresh while a call lasts. */

import type { Sotto } from "@sotto/sdk";

/** Credentials last 10 minutes; new ones are fetched before. */
const LIFE = 8 * 60_000;

/** How long until the next try, where one failed; in milliseconds like the other. */
const RETRY = 30_000;

/** The ICE servers of a call. */
export class IceServers {
  readonly #fetch: Sotto["iceServers"];
  readonly #renewed: () => void;
  #servers: RTCIceServer[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  /** `renewed` is told when new credentials came while the old ones were in use. */
  constructor(fetch: Sotto["iceServers"], renewed: () => void) {
    this.#fetch = fetch;
    this.#renewed = renewed;
  }

  /** The server's own list and nothing else: a stranger's STUN server would learn who calls. Without one there is the local network. */
  get configuration(): RTCConfiguration {
    return { iceServers: this.#servers, bundlePolicy: "max-bundle" };
  }

  /** Whether there is a relay, without which some networks cannot be crossed. */
  get relay(): boolean {
    return this.#servers.some(({ urls }) => [urls].flat().some((url) => url.startsWith("turn")));
  }

  /** Fetches them, and again before their credentials end. Throws what the client throws. */
  async renew(): Promise<void> {
    const servers = await this.#fetch();
    if (this.#closed) return;
    this.#servers = servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    }));
    this.#stop();
    if (this.#servers.some(({ credential }) => credential !== undefined)) this.#timer = setTimeout(() => void this.#renewInUse(), LIFE);
  }

  /** Fetches nothing more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  async #renewInUse(): Promise<void> {
    try {
      await this.renew();
    } catch {
      // Offline: joining again fetches them, too.
      if (!this.#closed) this.#timer = setTimeout(() => void this.#renewInUse(), RETRY);
      return;
    }
    this.#renewed();
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
