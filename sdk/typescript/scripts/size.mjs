/** Prints how large the built SDK is in an app, socket.io-client included, and fails where that is too much. */

import { bundle, LIMIT } from "./bundle.mjs";

/** @param {number} bytes */
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const { minified, gzipped } = await bundle("dist/index.js");
console.log(`@sotto/sdk with all it needs: ${kB(minified)} minified, ${kB(gzipped)} gzipped (limit ${kB(LIMIT)})`);
if (gzipped >= LIMIT) {
  console.error("That is too large.");
  process.exitCode = 1;
}
