/** The package as it is published: built, loaded by plain Node, bundled for browsers. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, LIMIT } from "../scripts/bundle.mjs";

const PACKAGE = join(import.meta.dirname, "..");
const MODULES = join(PACKAGE, "../../node_modules");

const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
  exports: Record<string, { types: string; default: string }>;
};

/** The functions by which the protocol was first described. */
const SEED = [
  "generatePrivateKey", "signature", "verify", "generateChallengeResponse", "createGroupDM", "recvGroupDM", "encrypt", "decrypt",
  "bytesToHex", "hexToBytes",
];

describe("built", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sotto-package-"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, name: "built" }));
    symlinkSync(MODULES, join(folder, "node_modules"));
    execFileSync(process.execPath, [join(MODULES, "typescript/bin/tsc"), "-p", PACKAGE, "--outDir", join(folder, "dist")]);
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const node = (code: string): string =>
    execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: folder, encoding: "utf8" });

  it.each(Object.entries(manifest.exports))("plain Node loads %s", (name, { default: file }) => {
    const names = JSON.parse(node(`console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(file)}))))`)) as string[];
    const whole = ["Account", "Keychain", "MemoryStore", "IndexedDbStore", "Sotto", "SottoError", "webPlatform", ...SEED];
    expect(names).toEqual(expect.arrayContaining(name === "." ? whole : ["Identity"]));
  });

  it("loading it does nothing: no timer, no connection, nothing global", () => {
    const code = `
      const before = Object.getOwnPropertyNames(globalThis).sort().join();
      await import("./dist/index.js");
      console.log(before === Object.getOwnPropertyNames(globalThis).sort().join(), process.getActiveResourcesInfo().includes("Timeout"));
    `;
    expect(node(code)).toBe("true false\n");
  });

  it("makes keys in plain Node", () => {
    const code = `
      const { Account } = await import("./dist/index.js");
      console.log(Account.create("alice").words.split(" ").length);
    `;
    expect(node(code)).toBe("24\n");
  });

  it("no declaration names a type that does not come with it", () => {
    writeFileSync(join(folder, "app.ts"), 'export * from "./dist/index.js";\nexport * as crypto from "./dist/crypto/index.js";\n');
    const compilerOptions = {
      strict: true, noEmit: true, module: "NodeNext", target: "ES2023", lib: ["ES2023", "DOM"], types: [], skipLibCheck: false,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
    // Throws, with what the compiler says, where it finds anything.
    execFileSync(process.execPath, [join(MODULES, "typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  }, 60_000);
});

describe("bundled for browsers", () => {
  const builtins = new Set(builtinModules);

  it("is below its limit, socket.io-client included, and asks for nothing of Node", async () => {
    const { code, inputs, imports, gzipped } = await bundle("src/index.ts");
    expect(gzipped).toBeLessThan(LIMIT);
    expect(inputs.some((input) => input.includes("node_modules/socket.io-client/"))).toBe(true);
    expect(imports).toEqual([]);
    // What a package declares as absent in browsers is bundled as an empty module.
    expect(inputs.filter((input) => input.startsWith("(disabled)") || builtins.has(input.replace("node:", "")))).toEqual([]);
    expect(code).not.toMatch(/\beval\(|new Function\(/);
  });

  it("no source of it imports what only Node has", async () => {
    const { inputs } = await bundle("src/index.ts");
    const own = inputs.filter((input) => input.startsWith("src/"));
    expect(own.length).toBeGreaterThan(20);
    for (const file of own) {
      const text = readFileSync(join(PACKAGE, file), "utf8");
      expect([file, /from "node:|require\(|\bprocess\.|\bBuffer\b/.test(text)]).toEqual([file, false]);
    }
  });
});
