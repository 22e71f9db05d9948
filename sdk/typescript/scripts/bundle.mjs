/** The SDK as an app ships it: one minified file for browsers, everything that it needs included. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** The bytes, minified and gzipped, that the whole package must stay below. */
export const LIMIT = 100_000;

/**
 * Bundles a module.
 *
 * @param {string} entry The module, seen from the package's folder.
 * @returns {Promise<{ code: string, inputs: string[], imports: string[], minified: number, gzipped: number }>} The code, the
 *   files it was made of, what it still imports, and its bytes.
 */
export async function bundle(entry) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    metafile: true,
    legalComments: "none",
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${entry} became no file`);
  const { contents, text } = file;
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const gzipped = gzipSync(contents, { level: 9 }).length;
  return { code: text, inputs: Object.keys(metafile.inputs), imports, minified: contents.length, gzipped };
}
