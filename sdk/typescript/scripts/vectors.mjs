/**
 * Writes `crypto/vectors/*.json` from TypeScript, byte for byte as the Rust generator does; with `--check` fails if one differs.
 *
 * It bundles `scripts/vectors/main.ts` first, since Node runs no TypeScript.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = join(import.meta.dirname, "..");
const made = mkdtempSync(join(folder, "node_modules/.vectors-"));
try {
  const outfile = join(made, "main.mjs");
  await build({
    absWorkingDir: folder,
    entryPoints: ["scripts/vectors/main.ts"],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile,
    logLevel: "warning",
  });
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main(process.argv.includes("--check"));
} finally {
  rmSync(made, { recursive: true, force: true });
}
