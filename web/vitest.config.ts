/** How the web client's unit tests run: in jsdom, with the SDK from its sources. */

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { alias } from "./vite.config.ts";

export default defineConfig({
  plugins: [react()],
  resolve: { alias },
  define: { __VERSION__: '"test"' },
  test: {
    environment: "jsdom",
    setupFiles: ["test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
    css: false,
  },
});
