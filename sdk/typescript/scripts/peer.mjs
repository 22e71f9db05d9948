/** Bundles `test/peer.ts` into `target/peer.mjs`, which the Rust tests run: Node 20 runs no TypeScript. */

import { join } from "node:path";
import { build } from "esbuild";

await build({
  absWorkingDir: join(import.meta.dirname, ".."),
  entryPoints: ["test/peer.ts"],
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // `ws`, which socket.io-client takes in Node, is CommonJS and asks for Node's own modules by `require`.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  outfile: "../../target/peer.mjs",
  logLevel: "warning",
});
