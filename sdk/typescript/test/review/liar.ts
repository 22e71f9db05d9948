/** A server that lies: it passes everything on to a real one, and changes what a test wants changed on the way. */

import { Manager, type Socket } from "socket.io-client";
import { FakeServer, type Peer } from "../fake-server.js";
import type { TestServer } from "../server.js";

/** What a real server answered: `{success, result, …}`. */
export interface Answer {
  readonly success: boolean;
  readonly result: unknown;
}

/** A liar before a real server. */
export class Liar {
  /** Changes what is asked. */
  ask: (event: string, params: unknown) => unknown = (_, params) => params;
  /** Changes what is answered; `again` asks the real server something else in the client's name. Undefined: no answer. */
  answer: (
    event: string,
    params: unknown,
    answer: Answer,
    again: (event: string, params: unknown) => Promise<Answer>,
  ) => unknown = (_event, _params, answer) => answer;
  /** Changes a notice; undefined: it is withheld. */
  notice: (name: string, payload: unknown) => unknown = (_, payload) => payload;
  readonly #fake: FakeServer;
  readonly #real: TestServer;
  readonly #far = new Map<Peer, Socket>();

  private constructor(fake: FakeServer, real: TestServer) {
    this.#fake = fake;
    this.#real = real;
  }

  static async start(real: TestServer): Promise<Liar> {
    let liar: Liar | undefined = undefined as Liar | undefined;
    const fake = await FakeServer.start((event, params, peer, ack) => void liar?.pass(event, params, peer, ack));
    liar = new Liar(fake, real);
    return liar;
  }

  get url(): string {
    return this.#fake.url;
  }

  get peers(): readonly Peer[] {
    return this.#fake.peers;
  }

  async pass(event: string, params: unknown, peer: Peer, ack: (answer: unknown) => void): Promise<void> {
    const far = this.#socket(peer);
    const ask = (name: string, what: unknown): Promise<Answer> =>
      new Promise((resolve) => {
        far.emit(name, what, resolve);
      });
    const answer = await ask(event, this.ask(event, params));
    const told = await this.answer(event, params, answer, ask);
    if (told !== undefined) ack(told);
  }

  #socket(peer: Peer): Socket {
    const known = this.#far.get(peer);
    if (known !== undefined) return known;
    // The login is for the origin that the client has dialled.
    const extraHeaders = { host: new URL(this.url).host };
    const manager = new Manager(this.#real.url, { transports: ["websocket"], forceNew: true, reconnection: false, extraHeaders });
    const socket = manager.socket("/");
    this.#far.set(peer, socket);
    let id = 0;
    const acks = new Map<number, () => void>();
    socket.onAny((name: string, payload: unknown, ack: unknown) => {
      const changed = this.notice(name, payload);
      if (changed === undefined) return;
      if (typeof ack === "function") {
        id += 1;
        acks.set(id, ack as () => void);
      }
      peer.notify(name, changed, typeof ack === "function" ? id : undefined);
    });
    return socket;
  }

  async stop(): Promise<void> {
    for (const socket of this.#far.values()) {
      socket.disconnect();
      socket.io.engine.close();
    }
    await this.#fake.stop();
  }
}

/** A result changed within an answer. */
export function lied(answer: Answer, change: Record<string, unknown>): Answer {
  return { ...answer, result: { ...(answer.result as Record<string, unknown>), ...change } };
}
