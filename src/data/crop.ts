import { ConfigError } from "../core/errors";
import type { Plane } from "./types";

/** A part of a plane: `height` × `width` pixels from `[top, left]`. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

function makePlane<T extends Float32Array | Uint8Array>(
  like: Plane<T>,
  height: number,
  width: number,
): Plane<T> {
  const data =
    like.data instanceof Uint8Array
      ? new Uint8Array(height * width)
      : new Float32Array(height * width);
  return { height, width, data: data as T };
}

function checkBox(where: string, box: Box, height: number, width: number): void {
  const isInside =
    box.top >= 0 &&
    box.left >= 0 &&
    box.height >= 1 &&
    box.width >= 1 &&
    box.top + box.height <= height &&
    box.left + box.width <= width;
  if (!isInside) {
    throw new ConfigError({
      where,
      expected: `a box inside ${height} x ${width}`,
      got: `${box.height} x ${box.width} at ${box.top}, ${box.left}`,
    });
  }
}

/** The pixels inside a box. */
export function cropPlane<T extends Float32Array | Uint8Array>(
  plane: Plane<T>,
  box: Box,
): Plane<T> {
  checkBox("cropPlane.box", box, plane.height, plane.width);
  const cropped = makePlane(plane, box.height, box.width);
  for (let row = 0; row < box.height; row++) {
    const from = (box.top + row) * plane.width + box.left;
    cropped.data.set(plane.data.subarray(from, from + box.width), row * box.width);
  }
  return cropped;
}

/**
 * Puts a cropped plane back into a plane of the original size, filled with `fill` elsewhere.
 * The inverse of {@link cropPlane} if everything outside the box was `fill`.
 */
export function uncropPlane<T extends Float32Array | Uint8Array>(
  cropped: Plane<T>,
  box: Box,
  height: number,
  width: number,
  fill = 0,
): Plane<T> {
  checkBox("uncropPlane.box", box, height, width);
  const plane = makePlane(cropped, height, width);
  plane.data.fill(fill);
  for (let row = 0; row < box.height; row++) {
    const source = cropped.data.subarray(row * box.width, (row + 1) * box.width);
    plane.data.set(source, (box.top + row) * width + box.left);
  }
  return plane;
}

/**
 * The smallest box that contains every pixel brighter than the frame; the whole plane if no pixel is.
 *
 * @param frameValue pixels up to this value belong to the frame
 */
export function findFrame(image: Plane<Float32Array>, frameValue: number): Box {
  const { height, width, data } = image;
  let top = height;
  let bottom = -1;
  let left = width;
  let right = -1;
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      if (!(data[row * width + col] > frameValue)) continue;
      if (row < top) top = row;
      bottom = row;
      if (col < left) left = col;
      if (col > right) right = col;
    }
  }
  if (bottom < 0) return { top: 0, left: 0, height, width };
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}
