import { encode } from "fast-png";
import { dataUri } from "./base64";

interface GreyPlane {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

/** The intensities shown as black and white; values outside are clipped. */
export interface GreyWindow {
  readonly low: number;
  readonly high: number;
}

/** A picture, and how many slice pixels one of its pixels covers along each axis. */
export interface ScanPicture {
  readonly dataUri: string;
  readonly factor: number;
}

// Panels are about 230 pixels wide: a larger picture adds bytes without visible detail.
const MAX_SIDE = 384;

/**
 * A slice as an 8-bit grey PNG in a `data:` URL, which keeps a page self-contained; reduced by
 * means over square blocks if it is larger than a panel can show.
 *
 * @param image row-major intensities
 * @param window the intensities drawn black and white; default: the 0.5 and 99.5 percentiles
 */
export function scanPicture(
  image: GreyPlane,
  window: GreyWindow = percentileWindow(image),
): ScanPicture {
  const factor = Math.ceil(Math.max(image.height, image.width) / MAX_SIDE);
  const { height, width, data } = factor === 1 ? image : blockMeans(image, factor);
  const scale = window.high > window.low ? 255 / (window.high - window.low) : 0;
  const bytes = Uint8Array.from(data, (value) =>
    Math.max(0, Math.min(255, Math.round((value - window.low) * scale))),
  );
  const png = encode({ width, height, data: bytes, channels: 1, depth: 8 });
  return { dataUri: dataUri("image/png", png), factor };
}

/** Means over blocks; the last block of a row or column may be smaller. */
export function blockMeans(image: GreyPlane, factor: number): GreyPlane {
  const height = Math.ceil(image.height / factor);
  const width = Math.ceil(image.width / factor);
  const sums = new Float64Array(height * width);
  const counts = new Uint32Array(height * width);
  for (let row = 0; row < image.height; row++) {
    for (let column = 0; column < image.width; column++) {
      const block = Math.floor(row / factor) * width + Math.floor(column / factor);
      sums[block] += image.data[row * image.width + column];
      counts[block]++;
    }
  }
  return { height, width, data: sums.map((sum, block) => sum / counts[block]) };
}

/** The 0.5 and 99.5 percentiles of a slice. */
export function percentileWindow(image: GreyPlane): GreyWindow {
  const sorted = Float64Array.from(image.data).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.005), high: at(0.995) };
}
