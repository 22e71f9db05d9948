/** README.md says what works: every snippet is compiled strictly against the package, and run against a real server. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Context } from "./readme-context.js";
import { TestServer, until } from "./server.js";

const PACKAGE = join(import.meta.dirname, "..");
const FOLDER = join(PACKAGE, ".readme");
const WRITTEN_FOR = "https://chat.example.org";

interface Snippet {
  readonly heading: string;
  readonly code: string;
}

/** Every snippet with the heading that it stands under. */
function snippets(text: string): Snippet[] {
  const found: Snippet[] = [];
  let heading = "";
  for (const [, title, code] of text.matchAll(/^#+ (.*)$|^```ts\n([^]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (code !== undefined) found.push({ heading, code });
  }
  return found;
}

/** A snippet as a function: its imports before it, the names of the context around it. */
function asModule(code: string): string {
  const imports = code.match(/^import [^;]*;$/gm) ?? [];
  const body = imports.reduce((rest, line) => rest.replace(line, ""), code);
  return [
    ...imports,
    'import type { Context } from "../test/readme-context.js";',
    "export async function run({ sotto, account, words, dm, message }: Context): Promise<void> {",
    `{\n${body}\n}`,
    "}",
  ].join("\n");
}

interface Bundle {
  readonly snippets: readonly { run(context: Context): Promise<void> }[];
  setUp(url: string): Promise<Context>;
  another(sotto: Context["sotto"], dm: Context["dm"]): Promise<Context["message"]>;
  tearDown(): Promise<void>;
}

const all = snippets(readFileSync(join(PACKAGE, "README.md"), "utf8"));

it("there is a snippet under every heading that tells of something to do", () => {
  const headings = new Set(all.map(({ heading }) => heading));
  const expected = [
    "Ten lines to a message", "Accounts and keys", "The connection", "Events", "People", "DMs", "Messages", "History",
    "Safety numbers", "Calls", "Errors", "Where it runs", "The protocol itself",
  ];
  expect([...headings]).toEqual(expected);
});

it("the first one is ten lines at most, its imports and comments aside", () => {
  const lines = all[0]?.code.split("\n").filter((line) => line !== "" && !/^import |^\s*\/\/|^\}\);$/.test(line));
  expect(lines?.length).toBeLessThanOrEqual(10);
});

describe("the snippets", () => {
  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER);
    all.forEach(({ code }, i) => {
      writeFileSync(join(FOLDER, `snippet${String(i)}.ts`), asModule(code));
    });
  });
  afterAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
  });

  it("compile strictly against what the package exports", () => {
    const config = {
      extends: "../tsconfig.test.json",
      compilerOptions: {
        noUnusedLocals: false, noUnusedParameters: false, rootDir: "..", types: [],
        paths: { "@sotto/sdk": ["../src/index.ts"], "@sotto/sdk/crypto": ["../src/crypto/index.ts"] },
      },
      include: ["*.ts"],
    };
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(PACKAGE, "../../node_modules/typescript/bin/tsc");
    let said = "";
    try {
      execFileSync(process.execPath, [tsc, "-p", FOLDER], { encoding: "utf8" });
    } catch (error) {
      said = (error as { stdout: string }).stdout;
    }
    expect(said).toBe("");
  });

  describe("run", () => {
    let server: TestServer;
    let bundle: Bundle;
    let context: Context;
    const errors = vi.spyOn(console, "error");
    beforeAll(async () => {
      vi.spyOn(console, "log").mockImplementation(() => undefined);
      server = await TestServer.start();
      for (const [i, { code }] of all.entries()) {
        writeFileSync(join(FOLDER, `snippet${String(i)}.ts`), asModule(code.replaceAll(WRITTEN_FOR, server.url)));
      }
      const lines = all.map((_, i) => `import * as s${String(i)} from "./snippet${String(i)}.js";`);
      const list = `export const snippets = [${all.map((_, i) => `s${String(i)}`).join()}];`;
      writeFileSync(join(FOLDER, "entry.ts"), [...lines, list, 'export * from "../test/readme-context.js";'].join("\n"));
      await build({
        absWorkingDir: PACKAGE,
        entryPoints: [join(FOLDER, "entry.ts")],
        outfile: join(FOLDER, "entry.cjs"),
        bundle: true,
        format: "cjs",
        platform: "node",
        target: "node20",
        alias: { "@sotto/sdk": "./src/index.ts", "@sotto/sdk/crypto": "./src/crypto/index.ts" },
        logLevel: "silent",
      });
      bundle = createRequire(import.meta.url)(join(FOLDER, "entry.cjs")) as Bundle;
      context = await bundle.setUp(server.url);
    }, 120_000);
    afterAll(async () => {
      await bundle.tearDown();
      await server.stop();
      vi.restoreAllMocks();
    });

    it.each(all.map(({ heading }, i) => [`${heading} (${String(i)})`, i] as const))("%s", async (name, i) => {
      const { bob, sotto, dm } = context;
      const heard: string[] = [];
      bob.on("messageNew", ({ message }) => {
        if (message.content.ok) heard.push(`${message.sender}: ${message.content.value.text}`);
      });
      bob.on("callSignal", ({ username, body }) => heard.push(`${username} calls: ${body}`));
      if (name.startsWith("Calls")) await bob.joinCall(dm.id);
      const message = await bundle.another(sotto, dm);
      await bundle.snippets[i]?.run({ ...context, message });
      const expected = EXPECTED[all[i]?.heading ?? ""];
      if (expected !== undefined) await until(`${expected} at Bob's`, () => heard.includes(expected));
      expect(errors).not.toHaveBeenCalled();
    });
  });
});

/** What Bob hears where a snippet's purpose is that he hears it. */
const EXPECTED: Readonly<Record<string, string>> = {
  "Ten lines to a message": "alice: Hello, Bob.",
  Calls: `ada calls: ${JSON.stringify({ type: "offer", sdp: "…" })}`,
};
