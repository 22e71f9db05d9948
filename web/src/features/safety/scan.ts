/**
 * Reading a QR code by the browser's own `BarcodeDetector`, from the camera or a picture. Not every browser has one (Chromium on
 * Android, ChromeOS and macOS has); where there is none, people compare the digits.
 */

/** The part of the Shape Detection API that this needs; TypeScript's library does not have it. */
export interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const isDetectorClass = (value: unknown): value is DetectorClass => typeof value === "function" && "getSupportedFormats" in value;

/** A detector of QR codes, or null where this browser has none. */
export async function qrDetector(scope: object = globalThis): Promise<Detector | null> {
  const found: unknown = "BarcodeDetector" in scope ? scope.BarcodeDetector : undefined;
  if (!isDetectorClass(found)) return null;
  try {
    const formats = await found.getSupportedFormats();
    return formats.includes("qr_code") ? new found({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** The texts of the codes in a picture; none where it cannot be read. */
export async function codesIn(detector: Detector, source: ImageBitmapSource): Promise<readonly string[]> {
  try {
    return (await detector.detect(source)).map((code) => code.rawValue);
  } catch {
    return [];
  }
}

/** Why the camera did not start, as a sentence. */
export function cameraSentence(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "The camera may not be used here. Allow it in the browser's settings for this page, or compare the digits.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "There is no camera here. Choose a picture of the code, or compare the digits.";
    case "NotReadableError":
      return "The camera is in use by something else. Close that, or compare the digits.";
    default:
      return "The camera could not be started. Choose a picture of the code, or compare the digits.";
  }
}
