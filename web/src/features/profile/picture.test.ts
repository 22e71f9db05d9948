/** Choosing an encoding that the browser makes and the server takes. */

import { describe, expect, it } from "vitest";
import { dataUrlLength, PICTURE_LIMIT } from "./limits";
import { decodePicture, encodeWithin, PictureError, type Encode } from "./picture";

const blobOf = (type: string, bytes: number): Blob => new Blob([new Uint8Array(bytes)], { type });

describe("R-134 encoding", () => {
  it("takes WebP where the browser makes it", async () => {
    const blob = await encodeWithin((type) => Promise.resolve(blobOf(type, 1000)));
    expect(blob.type).toBe("image/webp");
  });

  it("takes JPEG where the browser answers a wish for WebP with PNG", async () => {
    const blob = await encodeWithin((type) => Promise.resolve(blobOf(type === "image/webp" ? "image/png" : type, 1000)));
    expect(blob.type).toBe("image/jpeg");
  });

  it("lowers the quality until it fits", async () => {
    const asked: number[] = [];
    const encode: Encode = (type, quality) => {
      asked.push(quality);
      return Promise.resolve(blobOf(type, quality > 0.6 ? PICTURE_LIMIT : 1000));
    };
    const blob = await encodeWithin(encode);
    expect(asked).toEqual([0.85, 0.7, 0.5]);
    expect(dataUrlLength(blob.type, blob.size)).toBeLessThanOrEqual(PICTURE_LIMIT);
  });

  it("says so where nothing fits or nothing is made", async () => {
    await expect(encodeWithin((type) => Promise.resolve(blobOf(type, PICTURE_LIMIT)))).rejects.toThrow(PictureError);
    await expect(encodeWithin(() => Promise.resolve(null))).rejects.toThrow(PictureError);
  });
});

describe("decoding", () => {
  it("refuses a huge file before it is read", async () => {
    const huge = { size: 33 * 1024 * 1024 } as Blob;
    await expect(decodePicture(huge)).rejects.toThrow("larger than 32 MiB");
  });
});
