/** How the web client is built: one page, everything from its own origin, nothing that a strict CSP would refuse. */

import { readFileSync } from "node:fs";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { licences } from "./scripts/licences.ts";

/** Where the server is during development. */
const proxy = { "/socket.io": { target: env["SOTTO_SERVER"] ?? "http://localhost:3000", ws: true } };
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };
const sdk = fileURLToPath(new URL("../sdk/typescript/src", import.meta.url));

/** The SDK is used from its sources, so that both are built and checked as one. */
export const alias = [
  { find: /^@sotto\/sdk$/, replacement: `${sdk}/index.ts` },
  { find: /^@sotto\/sdk\/crypto$/, replacement: `${sdk}/crypto/index.ts` },
  // The Markdown parser's own sets `innerHTML`, which Trusted Types refuse.
  {
    find: /^decode-named-character-reference$/,
    replacement: fileURLToPath(new URL("src/features/chat/text/characterReferences.ts", import.meta.url)),
  },
];

/** What react-aria does that this client cannot use: its own sentences in 33 languages, and an `innerHTML` that Trusted Types refuse. */
function leanReactAria(): Plugin {
  return {
    name: "sotto:lean-react-aria",
    apply: "build",
    enforce: "pre",
    load(id) {
      const path = id.split("?")[0] ?? id;
      const locale = /\/react-(?:aria|stately|aria-components)\/.*\/intl\/(?:[\w-]+\/)?([a-z]{2}-[A-Z]{2})\.mjs$/.exec(path)?.[1];
      return locale !== undefined && locale !== "en-US" ? "export default {};" : null;
    },
    transform(code, id) {
      if (!id.includes("/dist/private/live-announcer/LiveAnnouncer.mjs")) return null;
      const safe = code.replaceAll(/\.innerHTML = ''/g, ".replaceChildren()");
      if (safe === code || safe.includes("innerHTML")) throw new Error("react-aria's LiveAnnouncer has changed: see leanReactAria");
      return { code: safe, map: null };
    },
  };
}

const SHARED = /\/web\/src\/ui\/|node_modules\/(?:react-aria|react-stately|@internationalized|@tanstack|wouter)/;

export default defineConfig({
  plugins: [
    leanReactAria(),
    react(),
    licences(),
    // Only writes the list of files into our own worker: the page registers it (app/service-worker.ts), no script is added.
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectRegister: null,
      manifest: false,
      injectManifest: {
        globPatterns: ["**/*.{html,js,css,svg,png,webmanifest}"],
        globIgnores: ["sw.js"],
        dontCacheBustURLsMatching: /^assets\//,
        maximumFileSizeToCacheInBytes: 8 * 1024 * 1024,
        manifestTransforms: [
          (entries) => ({
            manifest: entries.map((entry) => ({ ...entry, url: entry.url === "index.html" ? "/" : `/${entry.url}` })),
            warnings: [],
          }),
        ],
      },
    }),
  ],
  resolve: { alias },
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    outDir: "dist",
    assetsDir: "assets",
    // An inlined font or picture would be a data: URL in the style sheet, a second copy for the cache.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What changes seldom stays cached through updates of the rest; what several parts use comes in one file instead of dozens.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(?:react|react-dom|scheduler)\// },
            { name: "sdk", test: /\/sdk\/typescript\/src\/|node_modules\/(?:@noble|@scure|socket\.io-|engine\.io-)/ },
            { name: "icons", test: /node_modules\/lucide-react\//, minShareCount: 2 },
            { name: "ui", test: SHARED, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: { proxy },
  preview: { proxy },
});
