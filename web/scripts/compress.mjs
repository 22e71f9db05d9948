/**
 * After the build: writes `.br` and `.gz` beside every text file, prints what each file weighs, and fails where the first load (all
 * that the page and the chat list need after the log-in) is 300 kB or more, compressed with Brotli.
 */

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET = 300_000;
const TEXT = /\.(?:js|css|html|svg|json|webmanifest|txt)$/;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/** The features that the shell loads by itself once somebody is logged in (app/routes.tsx). */
const SHELL = ["DmList", "NothingOpen", "CallOverlay", "Notifier", "UnreadSigns", "KeyChangeBanner"];

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const names = entries
  .filter((entry) => entry.isFile() && !/\.(?:br|gz)$/.test(entry.name))
  .map((entry) => relative(dist, `${entry.parentPath}/${entry.name}`))
  .filter((name) => !name.startsWith(".vite"))
  .sort();

const sizes = new Map();
for (const name of names) {
  const bytes = await readFile(dist + name);
  if (!TEXT.test(name)) {
    sizes.set(name, { raw: bytes.length, gzip: bytes.length, brotli: bytes.length });
    continue;
  }
  const hint = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const brotli = brotliCompressSync(bytes, { params: hint });
  const gzip = gzipSync(bytes, { level: 9 });
  await writeFile(`${dist}${name}.br`, brotli);
  await writeFile(`${dist}${name}.gz`, gzip);
  sizes.set(name, { raw: bytes.length, gzip: gzip.length, brotli: brotli.length });
}

const manifestPath = `${dist}.vite/manifest.json`;
const manifest = JSON.parse(await readFile(manifestPath, "utf8"));
const first = new Set(["index.html", "theme.js"]);
const seen = new Set();
const follow = (key) => {
  if (seen.has(key)) return;
  seen.add(key);
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the build has no ${key}`);
  first.add(chunk.file);
  for (const css of chunk.css ?? []) first.add(css);
  for (const other of chunk.imports ?? []) follow(other);
};
follow("index.html");
for (const feature of SHELL) {
  // A chunk that others share has no source of its own in the manifest, but keeps the feature's name.
  const key = Object.keys(manifest).find((each) => manifest[each].name === feature && manifest[each].file.endsWith(".js"));
  if (key === undefined) throw new Error(`the page loads no ${feature}`);
  follow(key);
}
// It served its purpose, and is nothing to be served.
await rm(`${dist}.vite`, { recursive: true });

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
console.log(`${"".padEnd(52)}      kB    gzip  brotli`);
for (const [name, { raw, gzip, brotli }] of sizes) {
  console.log(`${first.has(name) ? "•" : " "} ${name.padEnd(50)}${kb(raw)}${kb(gzip)}${kb(brotli)}`);
}
const total = (which) => [...first].reduce((sum, name) => sum + (sizes.get(name)?.[which] ?? 0), 0);
console.log(
  `\n• first load: ${kb(total("brotli")).trim()} kB with Brotli, ${kb(total("gzip")).trim()} kB with gzip (budget ${BUDGET / 1000} kB)`,
);
if (total("brotli") >= BUDGET) {
  console.error("The first load is over its budget.");
  process.exit(1);
}
