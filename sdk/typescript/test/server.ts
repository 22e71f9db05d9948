/** A real Sotto server as a process, for tests: a free port, a database of its own, and it can be stopped and started again. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "../../..");
const PATIENCE_MS = 30_000;

/** A program of this repository. Throws with what to do where it has not been built. */
export function binary(name: string): string {
  const folder = process.env["SOTTO_TEST_BINARIES"] ?? join(REPOSITORY, "target/debug");
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const crate = name === "sotto" ? "sotto-server" : name;
  throw new Error(`${name} is not built: run \`cargo build -p ${crate}\` first`);
}

/** A server with its data in a folder of its own. `settings` are further `SOTTO_…` variables. */
export class TestServer {
  readonly folder = mkdtempSync(join(tmpdir(), "sotto-sdk-"));
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings;
  }

  /** Starts one and waits until it listens. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
    const server = new TestServer(settings);
    try {
      await server.up();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Its address, the same across restarts. */
  get url(): string {
    return `http://localhost:${String(this.#port)}`;
  }

  /** Starts it again, on the port that it had. */
  async up(): Promise<void> {
    const child = spawn(binary("sotto"), [], {
      env: {
        SOTTO_LISTEN: `127.0.0.1:${String(this.#port)}`,
        SOTTO_DATABASE_URL: `sqlite://${join(this.folder, "sotto.db")}`,
        SOTTO_METRICS_LISTEN: "off",
        SOTTO_LIMITS: "off",
        ...this.#settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let output = "";
    this.#port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`the server did not start: ${output}`));
      }, PATIENCE_MS);
      child.once("exit", (code) => {
        clearTimeout(late);
        reject(new Error(`the server ended with ${String(code)}: ${output}`));
      });
      child.stderr.on("data", (text: Buffer) => {
        output += text.toString();
      });
      child.stdout.on("data", (text: Buffer) => {
        output += text.toString();
        const port = /listens on \S+:(\d+)\n/.exec(output)?.[1];
        if (port === undefined) return;
        clearTimeout(late);
        resolve(Number(port));
      });
    });
  }

  /** Ends it, by default at once and without a goodbye; its data stay. */
  async down(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  /** Ends it and deletes its data. */
  async stop(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until `look` answers something other than undefined or false, looking every few milliseconds. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`${what} did not come about within ${String(PATIENCE_MS / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
