/** A real Sotto server and the real command-line client as processes, for the browser tests. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const PATIENCE_MS = 30_000;

function binary(name: string): string {
  const path = process.env["SOTTO_TEST_BINARIES"] ?? join(root, "target/debug");
  const found = join(path, name);
  if (!existsSync(found)) {
    throw new Error(`${found} is missing: build it with \`cargo build --workspace --bins --tests\``);
  }
  return found;
}

/** A server on a port of its own, with its data in a folder of its own; it can be killed and started again. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "sotto-browser-"));
  private child: ChildProcess | undefined;
  private port = 0;
  private output = "";

  constructor(private readonly settings: Record<string, string> = {}) {}

  /** Where people open it. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Starts it, on the port it had before if it had one, and waits until it serves. */
  async start(): Promise<void> {
    const child = spawn(binary("sotto"), [], {
      env: {
        SOTTO_LISTEN: `127.0.0.1:${this.port}`,
        SOTTO_DATABASE_URL: `sqlite://${join(this.folder, "sotto.db")}`,
        SOTTO_METRICS_LISTEN: "off",
        SOTTO_LIMITS: "off",
        ...this.settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    this.output = "";
    this.port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start: ${this.output}`)), PATIENCE_MS);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${this.output}`)));
      child.stderr.on("data", (text: Buffer) => (this.output += text.toString()));
      child.stdout.on("data", (text: Buffer) => {
        this.output += text.toString();
        const port = /listens on \S+:(\d+)\n/.exec(this.output)?.[1];
        if (port !== undefined) {
          clearTimeout(late);
          resolve(Number(port));
        }
      });
    });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Asks it to end and deletes its data. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }
}

/** A member at the terminal: `sotto-cli` with a profile of its own. */
export class CliMember {
  private constructor(
    readonly name: string,
    private readonly server: Server,
    private readonly profile: string,
  ) {}

  static async register(server: Server, name: string): Promise<CliMember> {
    const member = new CliMember(name, server, mkdtempSync(join(server.folder, `${name}-`)));
    await member.run("--no-passphrase", "register", name, "--yes");
    return member;
  }

  /** Runs one command; answers what it printed. Throws with its sentence where it fails. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(binary("sotto-cli"), ["--profile", this.profile, "--server", this.server.url, ...args], {
      env: {},
      timeout: PATIENCE_MS,
    });
    return stdout;
  }
}
