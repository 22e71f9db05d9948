/** Writes `licences.txt`: every package whose code is in the build, with its terms. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

interface Package {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** The folder of the package that a module is from; null for this project's own. */
function packageOf(module: string): string | null {
  const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/@][^/]*)\//.exec(module.split("?")[0]?.replace(/^\0/, "") ?? "");
  return found?.[1] ?? null;
}

/** The package's own text of its terms, where it brings one (its folder, or one above for packages in a monorepo). */
function terms(folder: string): string | null {
  const file = readdirSync(folder).find((name) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(name));
  return file === undefined ? null : readFileSync(join(folder, file), "utf8").trim();
}

/** Collects from what was really bundled; a package without a licence fails the build. */
export function licences(): Plugin {
  return {
    name: "sotto:licences",
    apply: "build",
    generateBundle() {
      const folders = new Set([...this.getModuleIds()].map(packageOf).filter((folder) => folder !== null));
      const parts: string[] = [];
      for (const folder of [...folders].sort()) {
        const path = join(folder, "package.json");
        if (!existsSync(path)) continue;
        const { name, version, license } = JSON.parse(readFileSync(path, "utf8")) as Package;
        if (name === undefined || license === undefined) throw new Error(`${dirname(path)} says no licence`);
        parts.push(
          [
            `${name} ${version ?? ""}`.trim(),
            `Licence: ${license}`,
            "",
            terms(folder) ?? "(The package brings no text of its own.)",
          ].join("\n"),
        );
      }
      const head = "Sotto’s web client contains work of others, under these terms.";
      this.emitFile({ type: "asset", fileName: "licences.txt", source: `${[head, ...parts].join(`\n\n${"-".repeat(80)}\n\n`)}\n` });
    },
  };
}
