/** Theme and text size. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyAppearance, parseAppearance } from "./theme";

describe("the chosen appearance", () => {
  it("reads what was stored, and takes the default for anything else", () => {
    expect(parseAppearance('{"theme":"dark","text":"large"}')).toEqual({ theme: "dark", text: "large" });
    for (const odd of [null, "", "nonsense", "null", "[]", '"dark"', '{"theme":"pink","text":7}']) {
      expect(parseAppearance(odd)).toEqual({ theme: "system", text: "normal" });
    }
  });
  it("is on the page as attributes, and off it for the default", () => {
    const root = document.createElement("div");
    applyAppearance({ theme: "dark", text: "larger" }, root);
    expect(root.dataset).toMatchObject({ theme: "dark", text: "larger" });
    applyAppearance({ theme: "system", text: "normal" }, root);
    expect(Object.keys(root.dataset)).toEqual([]);
  });
  it("is the same before the first paint", () => {
    const early = readFileSync(join(import.meta.dirname, "../../public/theme.js"), "utf8");
    for (const [theme, text] of [
      ["dark", "small"],
      ["light", "large"],
      ["system", "normal"],
      ["pink", "huge"],
    ]) {
      localStorage.setItem("sotto.appearance", JSON.stringify({ theme, text }));
      for (const key of Object.keys(document.documentElement.dataset)) delete document.documentElement.dataset[key];
      new Function(early)();
      const root = document.createElement("div");
      applyAppearance(parseAppearance(localStorage.getItem("sotto.appearance")), root);
      expect({ ...document.documentElement.dataset }).toEqual({ ...root.dataset });
    }
    localStorage.clear();
  });
});
