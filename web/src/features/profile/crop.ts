/** Which square of a picture becomes the profile picture: a zoom and a centre, and the rectangle that follows from them. */

/** How a picture is cropped. */
export interface Crop {
  /** 1: the largest square that fits; up to {@link MAX_ZOOM}. */
  readonly zoom: number;
  /** The centre of the square, as a share of the picture's width and height, 0 to 1. */
  readonly x: number;
  readonly y: number;
}

/** A rectangle in the picture's own pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The largest zoom. */
export const MAX_ZOOM = 4;
/** The middle of the picture, as large as it goes. */
export const CENTRE: Crop = { zoom: 1, x: 0.5, y: 0.5 };

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The square that a crop means; always inside of the picture. */
export function squareOf(crop: Crop, width: number, height: number): Square {
  const side = Math.min(width, height) / clamp(crop.zoom, 1, MAX_ZOOM);
  return {
    left: clamp(crop.x * width - side / 2, 0, width - side),
    top: clamp(crop.y * height - side / 2, 0, height - side),
    side,
  };
}

/** The same crop with its centre moved as far as the picture allows, so that further steps have effect at once. */
export function settled(crop: Crop, width: number, height: number): Crop {
  const square = squareOf(crop, width, height);
  return {
    zoom: clamp(crop.zoom, 1, MAX_ZOOM),
    x: (square.left + square.side / 2) / width,
    y: (square.top + square.side / 2) / height,
  };
}

/** Moves what is seen by a share of the shown square: positive `dx` drags the picture to the right. */
export function dragged(crop: Crop, dx: number, dy: number, width: number, height: number): Crop {
  const { side } = squareOf(crop, width, height);
  return settled({ zoom: crop.zoom, x: crop.x - (dx * side) / width, y: crop.y - (dy * side) / height }, width, height);
}
