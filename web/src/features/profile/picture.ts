/**
 * Making a profile picture out of a file, in the browser: decoded, turned upright, cropped, drawn small and encoded anew. Nothing of
 * the file but its pixels survives, so no place, camera or name of a thumbnail leaves the device.
 */

import { squareOf, type Crop } from "./crop";
import { dataUrlLength, PICTURE_LIMIT, PICTURE_SIDE } from "./limits";

/** Larger files are refused before they are decoded. */
const FILE_LIMIT = 32 * 1024 * 1024;
/** Tried in order until the picture fits. */
const QUALITIES = [0.85, 0.7, 0.5, 0.3] as const;
const TYPES = ["image/webp", "image/jpeg"] as const;

/** Why a file cannot be a profile picture; `message` is one sentence for a person. */
export class PictureError extends Error {
  override readonly name = "PictureError";
}

/** Decodes a file, upright. The caller closes the bitmap. */
export async function decodePicture(file: Blob): Promise<ImageBitmap> {
  if (file.size > FILE_LIMIT) throw new PictureError("That file is larger than 32 MiB. Choose a smaller one.");
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (cause) {
    throw new PictureError("This browser cannot read that file as a picture. Choose a JPEG, PNG or WebP file.", { cause });
  }
}

/** Draws the cropped square on a canvas of any size. */
export function drawCrop(canvas: HTMLCanvasElement, bitmap: ImageBitmap, crop: Crop): void {
  const context = canvas.getContext("2d");
  if (context === null) throw new PictureError("This browser cannot draw pictures.");
  const { left, top, side } = squareOf(crop, bitmap.width, bitmap.height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  // JPEG knows no transparency: what is clear becomes white, here as there, so that both formats look the same.
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, left, top, side, side, 0, 0, canvas.width, canvas.height);
}

/** Encodes with a type and quality; a browser that does not know the type answers with another one. */
export type Encode = (type: string, quality: number) => Promise<Blob | null>;

/** The first encoding that the browser really makes and that fits the limit. */
export async function encodeWithin(encode: Encode, limit: number = PICTURE_LIMIT): Promise<Blob> {
  for (const type of TYPES) {
    for (const quality of QUALITIES) {
      const blob = await encode(type, quality);
      if (blob === null || blob.type !== type) break;
      if (dataUrlLength(type, blob.size) <= limit) return blob;
    }
  }
  throw new PictureError("That picture could not be made small enough. Choose another one.");
}

/** A `data:` URL of a blob. */
export function dataUrlOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      if (typeof reader.result === "string") resolve(reader.result);
      else reject(new PictureError("That picture could not be read."));
    };
    reader.onerror = () => {
      reject(new PictureError("That picture could not be read."));
    };
    reader.readAsDataURL(blob);
  });
}

/** The profile picture: 256 × 256 pixels as a `data:` URL within the limit, without any metadata of the file. */
export async function profilePicture(bitmap: ImageBitmap, crop: Crop): Promise<string> {
  const canvas = document.createElement("canvas");
  canvas.width = PICTURE_SIDE;
  canvas.height = PICTURE_SIDE;
  drawCrop(canvas, bitmap, crop);
  const blob = await encodeWithin(
    (type, quality) =>
      new Promise((resolve) => {
        canvas.toBlob(resolve, type, quality);
      }),
  );
  return dataUrlOf(blob);
}
