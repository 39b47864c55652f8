import { encode as encodePng } from "fast-png";
import type { PlaneLike } from "../masks/caseMasks";
import { dataUri } from "../pictures/base64";
import { blockMeans } from "../pictures/scanPicture";

/** Scans as 8-bit pictures from which a page can restore the intensities. */
export interface EncodedScans {
  /** One grey PNG per scan, as a `data:` URL. */
  readonly pictures: readonly string[];
  /** The intensity that each grey value represents. */
  readonly intensities: readonly number[];
  /** Scan pixels per picture pixel, along each axis. */
  readonly factor: number;
}

/**
 * Encodes scans within a size budget: 256 grey levels if they fit, else 128 or 64 (noise, which
 * dominates the size of a picture, is in the low bits), then at half the resolution.
 *
 * On the Hounsfield scale the levels are distributed by tissue: 8 HU apart in the lung, 4 HU in soft
 * tissue, coarser in bone.
 *
 * @param budgetBytes the maximum size of all pictures together in base64
 */
export function encodeScans(
  scans: readonly PlaneLike[],
  isHounsfield: boolean,
  budgetBytes: number,
): EncodedScans {
  const range = rangeOf(scans);
  for (const factor of [1, 2]) {
    for (const levels of [256, 128, 64]) {
      const intensities = isHounsfield
        ? hounsfieldLevels(levels, range)
        : evenLevels(levels, range);
      const isLast = factor === 2 && levels === 64;
      const encode = (scan: PlaneLike): string => encodeScan(scan, intensities, factor);
      const bytes = (pictures: readonly string[]): number =>
        pictures.reduce((sum, { length }) => sum + length, 0);
      // A few scans from the whole stack are enough to rule out most encodings that do not fit.
      const step = Math.max(1, Math.floor(scans.length / 4));
      const tried = scans.filter((_, i) => i % step === 0).map(encode);
      if (!isLast && (bytes(tried) / tried.length) * scans.length > budgetBytes) continue;
      const pictures = scans.map(encode);
      if (isLast || bytes(pictures) <= budgetBytes) return { pictures, intensities, factor };
    }
  }
  throw new RangeError("unreachable: the last encoding is always taken");
}

function rangeOf(scans: readonly PlaneLike[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const { data } of scans) {
    for (let i = 0; i < data.length; i++) {
      if (data[i] < low) low = data[i];
      if (data[i] > high) high = data[i];
    }
  }
  return Number.isFinite(low) && high > low ? [low, high] : [0, 1];
}

/** Equal steps over the range. */
function evenLevels(count: number, [low, high]: readonly [number, number]): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** The ranges of the Hounsfield scale, and the share of levels in each. */
const TISSUES = [
  { from: -1024, to: -200, share: 0.42 },
  { from: -200, to: 200, share: 0.4 },
  { from: 200, to: 3071, share: 0.18 },
] as const;

function hounsfieldLevels(count: number, [low, high]: readonly [number, number]): number[] {
  const levels: number[] = [];
  for (const { from, to, share } of TISSUES) {
    const steps = Math.round(share * count);
    for (let i = 0; i < steps; i++) levels.push(from + ((to - from) * i) / steps);
  }
  // The first and last levels cover whatever lies outside the usual scale.
  levels[0] = Math.min(levels[0], low);
  levels[levels.length - 1] = Math.min(Math.max(high, levels[levels.length - 2] + 1), 3071);
  return levels;
}

function encodeScan(scan: PlaneLike, intensities: readonly number[], factor: number): string {
  const { height, width, data } = factor === 1 ? scan : blockMeans(scan, factor);
  const grey = new Uint8Array(height * width);
  for (let i = 0; i < grey.length; i++) grey[i] = nearestLevel(intensities, data[i]);
  return pngUri(grey, height, width);
}

/** The index of the level nearest to a value; levels ascend. NaN gets the lowest. */
function nearestLevel(levels: readonly number[], value: number): number {
  let low = 0;
  let high = levels.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (levels[middle] <= value) low = middle;
    else high = middle;
  }
  return value - levels[low] > levels[high] - value ? high : low;
}

/** A mask's labels as a grey PNG in a `data:` URL. */
export function encodeLabels({ height, width, data }: PlaneLike): string {
  return pngUri(Uint8Array.from(data), height, width);
}

function pngUri(data: Uint8Array, height: number, width: number): string {
  return dataUri(
    "image/png",
    encodePng({ width, height, data, channels: 1, depth: 8 }, { zlib: { level: 4 } }),
  );
}
