/** A TCP proxy before a server, for losing what a test wants lost. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Passes everything on until it is told otherwise. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Looks at what the server says; where it answers true, this is lost and the connection with it. */
  cutAt: (text: string) => boolean = () => false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts one before `url`. */
  static async start(url: string): Promise<Proxy> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    const proxy = new Proxy(server);
    server.on("connection", (near) => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        proxy.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          proxy.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on("data", (data) => far.write(data));
      far.on("data", (data) => {
        if (proxy.cutAt(data.toString("latin1"))) far.destroy();
        else near.write(data);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Ends every connection through it; new ones are let in. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }
}
