import { ConfigError } from "../core/errors";
import type { Plane } from "./types";

/** How pixels of an image are interpolated; labels always take the nearest pixel. */
export type Interpolation = "area" | "linear";

/** For each output position, the input positions it is computed from and their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
  readonly stride: number;
}

/** Two taps with half-pixel centres and edges repeated, as `cv2.INTER_LINEAR`. */
function linearTaps(from: number, to: number): Taps {
  const first = new Int32Array(to);
  const count = new Int32Array(to).fill(2);
  const weights = new Float64Array(2 * to);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const left = Math.floor(centre);
    const share = centre - left;
    if (left < 0 || left >= from - 1) {
      first[i] = Math.min(Math.max(left, 0), from - 1);
      count[i] = 1;
      weights[2 * i] = 1;
    } else {
      first[i] = left;
      weights[2 * i] = 1 - share;
      weights[2 * i + 1] = share;
    }
  }
  return { first, count, weights, stride: 2 };
}

/** Each output pixel is the mean of the input area under it, as `cv2.INTER_AREA` when shrinking. */
function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  const stride = Math.ceil(scale) + 2;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(stride * to);
  for (let i = 0; i < to; i++) {
    const start = i * scale;
    const end = Math.min(start + scale, from);
    first[i] = Math.floor(start);
    for (let j = first[i]; j < from && j < end - 1e-9; j++) {
      weights[stride * i + count[i]++] =
        (Math.min(j + 1, end) - Math.max(j, start)) / (end - start);
    }
  }
  return { first, count, weights, stride };
}

/**
 * cv2's rule when an `INTER_AREA` resize enlarges: the input pixel under the output pixel's start,
 * blended with the next only near its end.
 */
function enlargingAreaTaps(from: number, to: number): Taps {
  const scale = from / to;
  const first = new Int32Array(to);
  const count = new Int32Array(to).fill(2);
  const weights = new Float64Array(2 * to);
  for (let i = 0; i < to; i++) {
    const left = Math.floor(i * scale);
    const over = i + 1 - (left + 1) / scale;
    const share = over <= 0 ? 0 : over - Math.floor(over);
    if (left >= from - 1) {
      first[i] = from - 1;
      count[i] = 1;
      weights[2 * i] = 1;
    } else {
      first[i] = left;
      weights[2 * i] = 1 - share;
      weights[2 * i + 1] = share;
    }
  }
  return { first, count, weights, stride: 2 };
}

function tapsFor(from: number, to: number, interpolation: Interpolation, shrinks: boolean): Taps {
  if (interpolation === "linear") return linearTaps(from, to);
  return shrinks ? areaTaps(from, to) : enlargingAreaTaps(from, to);
}

function checkSize(where: string, height: number, width: number): void {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new ConfigError({
      where,
      expected: "a positive integer height and width",
      got: `${height} x ${width}`,
    });
  }
}

/**
 * Resizes an image; `"area"` equals `cv2.INTER_AREA`, `"linear"` equals `cv2.INTER_LINEAR` (both on
 * float32).
 */
export function resizeImage(
  image: Plane<Float32Array>,
  height: number,
  width: number,
  interpolation: Interpolation = "area",
): Plane<Float32Array> {
  checkSize("resizeImage", height, width);
  if (height === image.height && width === image.width) {
    return { height, width, data: image.data.slice() };
  }
  const shrinks = height <= image.height && width <= image.width;
  const columns = tapsFor(image.width, width, interpolation, shrinks);
  const rows = tapsFor(image.height, height, interpolation, shrinks);
  // Resize along columns first, then along rows.
  const narrow = new Float32Array(image.height * width);
  for (let row = 0; row < image.height; row++) {
    const source = row * image.width;
    for (let col = 0; col < width; col++) {
      const at = source + columns.first[col];
      const tap = columns.stride * col;
      let sum = 0;
      for (let k = 0; k < columns.count[col]; k++) {
        sum += image.data[at + k] * columns.weights[tap + k];
      }
      narrow[row * width + col] = sum;
    }
  }
  const data = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < rows.count[row]; k++) {
      const weight = rows.weights[rows.stride * row + k];
      const source = (rows.first[row] + k) * width;
      for (let col = 0; col < width; col++)
        data[row * width + col] += weight * narrow[source + col];
    }
  }
  return { height, width, data };
}

/**
 * Resizes labels by nearest neighbour, so that labels are never blended. Pixel centres are aligned, so
 * that enlarging and shrinking by a whole factor is exact (`cv2.INTER_NEAREST_EXACT`).
 */
export function resizeLabels(
  labels: Plane<Uint8Array>,
  height: number,
  width: number,
): Plane<Uint8Array> {
  checkSize("resizeLabels", height, width);
  const column = Int32Array.from({ length: width }, (_, col) =>
    Math.min(Math.floor(((col + 0.5) * labels.width) / width), labels.width - 1),
  );
  const data = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const source =
      Math.min(Math.floor(((row + 0.5) * labels.height) / height), labels.height - 1) *
      labels.width;
    for (let col = 0; col < width; col++)
      data[row * width + col] = labels.data[source + column[col]];
  }
  return { height, width, data };
}
