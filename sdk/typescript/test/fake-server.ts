/**
 * A server that says what a test tells it to: Socket.IO 5 over Engine.IO 4 by long-polling alone, so that it also shows a client
 * whose websockets do not get through.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a test's server does with an event: answers by `ack`, says something, or keeps silent. */
export type Handler = (event: string, params: unknown, peer: Peer, ack: (answer: unknown) => void) => void;

/** One client of the server. */
export class Peer {
  /** The ids of the notices that the client has acked. */
  readonly acked: number[] = [];
  #queue: string[] = [];
  #poll: ServerResponse | undefined;

  /** Sends a notice; with an id, one that waits for an ack. */
  notify(name: string, payload: unknown, id?: number): void {
    this.push(`42${id === undefined ? "" : String(id)}${JSON.stringify([name, payload])}`);
  }

  /** Sends a raw packet. */
  push(packet: string): void {
    this.#queue.push(packet);
    this.#flush();
  }

  poll(response: ServerResponse): void {
    this.#poll = response;
    this.#flush();
  }

  #flush(): void {
    if (this.#poll === undefined || this.#queue.length === 0) return;
    this.#poll.end(this.#queue.join("\u001e"));
    this.#poll = undefined;
    this.#queue = [];
  }
}

/** A scripted server. */
export class FakeServer {
  readonly peers: Peer[] = [];
  /** How often a websocket was asked for, and denied. */
  upgrades = 0;
  /** The port it listens on. */
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Starts one; `handshake` changes what it announces, and what answers the request for the namespace. */
  static async start(
    handle: Handler,
    handshake: { maxPayload?: number; pingInterval?: number; pingTimeout?: number; connect?: string | null } = {},
  ): Promise<FakeServer> {
    const { connect = '40{"sid":"x"}', ...announced } = handshake;
    const open = { sid: "s", upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1_000_000, ...announced };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeServer(server);
    server.on("upgrade", (_request, socket) => {
      fake.upgrades += 1;
      socket.destroy();
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const sid = new URL(request.url ?? "", "http://x").searchParams.get("sid");
      if (sid === null) {
        const peer = fake.peers.push(new Peer()) - 1;
        response.end(`0${JSON.stringify({ ...open, sid: String(peer) })}`);
        return;
      }
      const peer = fake.peers[Number(sid)];
      if (peer === undefined) response.writeHead(400).end();
      else if (request.method === "GET") peer.poll(response);
      else void body(request).then((text) => {
        response.end("ok");
        for (const packet of text.split("\u001e")) take(packet, peer, handle, connect);
      });
    });
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function body(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function take(packet: string, peer: Peer, handle: Handler, connect: string | null): void {
  if (packet === "40" && connect !== null) peer.push(connect);
  const ack = /^43(\d+)/.exec(packet)?.[1];
  if (ack !== undefined) peer.acked.push(Number(ack));
  const event = /^42(\d*)(\[.*)$/s.exec(packet);
  if (event === null) return;
  const [name, params] = JSON.parse(event[2] ?? "[]") as [string, unknown];
  handle(name, params, peer, (answer) => {
    peer.push(`43${event[1] ?? ""}${JSON.stringify([answer])}`);
  });
}
