import { ConfigError } from "../core/errors";
import type { Random } from "../core/random";
import { cropPlane } from "./crop";
import type { Sample } from "./types";

/** Options of {@link drawPatch}. */
export interface PatchOptions {
  /** Height and width of the patch. */
  readonly patchSize: number;
  /** The class to centre the patch on; `null` for a patch at a random position. */
  readonly label: number | null;
  readonly random: Random;
}

/**
 * Draws a square patch from a sample, as nnU-Net does: around a random pixel of a class, moved inwards
 * if it would cross the edge. Without a class, or if the sample does not have it, the position is random.
 *
 * @throws ConfigError for a patch larger than the sample
 */
export function drawPatch(sample: Sample, { patchSize, label, random }: PatchOptions): Sample {
  const { image, labels } = sample;
  const { height, width } = image;
  if (!Number.isInteger(patchSize) || patchSize < 1 || patchSize > Math.min(height, width)) {
    throw new ConfigError({
      where: "patchSize",
      expected: `an integer from 1 to ${Math.min(height, width)}, the side of the samples`,
      got: String(patchSize),
      remedy: "Prepare larger samples (size), or draw smaller patches.",
    });
  }
  const centre = label === null ? null : pixelOf(label, sample, random);
  const start = (axis: 0 | 1, length: number): number => {
    const most = length - patchSize;
    if (centre === null) return random.integer(0, most + 1);
    return Math.min(Math.max(centre[axis] - Math.floor(patchSize / 2), 0), most);
  };
  const box = {
    ...{ top: start(0, height), left: start(1, width) },
    ...{ height: patchSize, width: patchSize },
  };
  return {
    ...sample,
    image: cropPlane(image, box),
    labels: labels && cropPlane(labels, box),
  };
}

/** A random pixel `[row, column]` of a class; `null` if the sample has none. */
function pixelOf(
  label: number,
  { image, labels }: Sample,
  random: Random,
): readonly [number, number] | null {
  const pixels: number[] = [];
  labels?.data.forEach((value, index) => {
    if (value === label) pixels.push(index);
  });
  if (pixels.length === 0) return null;
  const pixel = random.choice(pixels);
  return [Math.floor(pixel / image.width), pixel % image.width];
}
