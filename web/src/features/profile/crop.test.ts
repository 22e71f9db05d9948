/** The geometry of cropping: always a square, always inside of the picture. */

import { describe, expect, it } from "vitest";
import { CENTRE, dragged, MAX_ZOOM, settled, squareOf } from "./crop";

describe("cropping", () => {
  it("takes the largest square in the middle", () => {
    expect(squareOf(CENTRE, 400, 300)).toEqual({ left: 50, top: 0, side: 300 });
    expect(squareOf(CENTRE, 300, 400)).toEqual({ left: 0, top: 50, side: 300 });
  });

  it("zooms about the centre", () => {
    expect(squareOf({ ...CENTRE, zoom: 2 }, 400, 300)).toEqual({ left: 125, top: 75, side: 150 });
  });

  it("never leaves the picture, whatever is asked", () => {
    for (const zoom of [-1, 0, 1, 2.5, 4, 99]) {
      for (const x of [-3, 0, 0.3, 1, 7]) {
        for (const y of [-3, 0, 0.3, 1, 7]) {
          const { left, top, side } = squareOf({ zoom, x, y }, 640, 123);
          expect(side).toBeGreaterThanOrEqual(123 / MAX_ZOOM);
          expect(side).toBeLessThanOrEqual(123);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(left + side).toBeLessThanOrEqual(640);
          expect(top + side).toBeLessThanOrEqual(123);
        }
      }
    }
  });

  it("drags with the pointer, and comes back at once from an edge", () => {
    const right = dragged(CENTRE, 10, 0, 400, 300);
    expect(squareOf(right, 400, 300).left).toBe(0);
    const back = dragged(right, -0.1, 0, 400, 300);
    expect(squareOf(back, 400, 300).left).toBeCloseTo(30);
  });

  it("settles a crop that it does not change", () => {
    expect(settled({ zoom: 2, x: 0.5, y: 0.5 }, 400, 300)).toEqual({ zoom: 2, x: 0.5, y: 0.5 });
    expect(settled({ zoom: 1, x: 0, y: 0 }, 400, 300)).toEqual({ zoom: 1, x: 0.375, y: 0.5 });
  });
});
