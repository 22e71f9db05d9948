/** How the SDK's tests run. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    environment: "node",
    // Key agreement for hundreds of members, on a machine that does other things too.
    testTimeout: 300_000,
  },
});
