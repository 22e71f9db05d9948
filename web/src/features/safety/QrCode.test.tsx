/** The drawn code is the encoded one, module by module. */

import { cleanup, render, screen } from "@testing-library/react";
import { encode } from "uqr";
import { afterEach, describe, expect, it } from "vitest";
import { safetyPayload } from "./payload";
import { pathOf, QrCode } from "./QrCode";

afterEach(cleanup);

/** Paints a path of {@link pathOf} back into modules. */
function painted(path: string, size: number): boolean[][] {
  const modules = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  for (const [, x = "", y = "", width = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/gu)) {
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(width));
  }
  return modules;
}

describe("the drawing", () => {
  it("has exactly the dark modules", () => {
    expect(
      pathOf([
        [true, true, false],
        [false, false, false],
        [false, true, true],
      ]),
    ).toBe("M0 0h2v1h-2zM1 2h2v1h-2z");
    const code = encode(safetyPayload("alice", "bob", "0".repeat(60)), { ecc: "M", border: 4 });
    expect(painted(pathOf(code.data), code.size)).toEqual(code.data);
  });

  it("has a name and a quiet zone of four modules", () => {
    render(<QrCode text="sotto" label="QR code of the safety number" />);
    const drawing = screen.getByRole("img", { name: "QR code of the safety number" });
    const size = Number(drawing.getAttribute("viewBox")?.split(" ")[2]);
    const rows = painted(drawing.querySelector("path")?.getAttribute("d") ?? "", size);
    expect(rows.slice(0, 4).flat()).not.toContain(true);
    expect(rows[4]?.indexOf(true)).toBe(4);
  });
});
