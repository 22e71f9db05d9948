/** Using the browser's detector only where it is there and reads QR codes. */

import { describe, expect, it } from "vitest";
import { cameraSentence, codesIn, qrDetector, type Detector } from "./scan";

function withFormats(formats: string[] | Error) {
  return {
    BarcodeDetector: class {
      static getSupportedFormats(): Promise<string[]> {
        return formats instanceof Error ? Promise.reject(formats) : Promise.resolve(formats);
      }
      detect(): Promise<{ rawValue: string }[]> {
        return Promise.resolve([{ rawValue: "sotto:1:…" }]);
      }
    },
  };
}

describe("the detector", () => {
  it("is used where it reads QR codes", async () => {
    const detector = await qrDetector(withFormats(["ean_13", "qr_code"]));
    expect(detector).not.toBeNull();
    if (detector !== null) expect(await codesIn(detector, {} as ImageBitmapSource)).toEqual(["sotto:1:…"]);
  });

  it("is none where it is missing, reads other codes only or fails", async () => {
    expect(await qrDetector({})).toBeNull();
    expect(await qrDetector({ BarcodeDetector: 1 })).toBeNull();
    expect(await qrDetector(withFormats([]))).toBeNull();
    expect(await qrDetector(withFormats(new Error("no service")))).toBeNull();
  });

  it("finds nothing in what it cannot read", async () => {
    const broken: Detector = { detect: () => Promise.reject(new DOMException("x", "InvalidStateError")) };
    expect(await codesIn(broken, {} as ImageBitmapSource)).toEqual([]);
  });
});

describe("a camera that does not start", () => {
  it("is explained, with a way on", () => {
    for (const name of ["NotAllowedError", "NotFoundError", "NotReadableError", "AbortError"]) {
      expect(cameraSentence(new DOMException("x", name))).toContain("compare the digits");
    }
    expect(cameraSentence(new DOMException("x", "NotAllowedError"))).toContain("Allow it");
  });
});
