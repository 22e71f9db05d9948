/** Statuses: known words and free text. */

import { describe, expect, it } from "vitest";
import { presenceLabel, statusText } from "./status";

describe("R-211 a status", () => {
  it("is read as written, the known words with a capital", () => {
    expect(statusText("online")).toBe("Online");
    expect(statusText("offline")).toBe("Offline");
    expect(statusText("At the sea")).toBe("At the sea");
    expect(statusText("  ")).toBe("Online");
  });

  it("says presence by its word; any other text is that of somebody there", () => {
    expect(presenceLabel("busy")).toBe("Busy");
    expect(presenceLabel("At the sea")).toBe("Online");
  });
});
