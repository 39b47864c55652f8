import { ConfigError } from "../../core/errors";
import type { Plane, Sample } from "../types";

/** Where each pixel of a copy comes from: an index into the original, or -1 for nothing. */
type Origin = (row: number, col: number, size: number) => number;

const ROTATIONS: readonly (readonly [name: string, origin: Origin])[] = [
  // Anticlockwise, as numpy.rot90.
  ["rotate90", (row, col, size) => col * size + (size - 1 - row)],
  ["rotate180", (row, col, size) => (size - 1 - row) * size + (size - 1 - col)],
  ["rotate270", (row, col, size) => (size - 1 - col) * size + row],
];
const SCALES = [0.5, 1.5];

/** One plane scaled about its centre: images bilinear, labels nearest; outside is 0. */
function scalePlane<T extends Float32Array | Uint8Array>(plane: Plane<T>, scale: number): Plane<T> {
  const { height, width, data } = plane;
  const scaled = data.slice() as T;
  const isLabel = data instanceof Uint8Array;
  const at = (row: number, col: number) =>
    row < 0 || col < 0 || row >= height || col >= width ? 0 : data[row * width + col];
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5 - height / 2) / scale + height / 2 - 0.5;
    for (let col = 0; col < width; col++) {
      const x = (col + 0.5 - width / 2) / scale + width / 2 - 0.5;
      let value: number;
      if (isLabel) value = at(Math.floor(y + 0.5), Math.floor(x + 0.5));
      else {
        const top = Math.floor(y);
        const left = Math.floor(x);
        const [v, u] = [y - top, x - left];
        value =
          (1 - v) * ((1 - u) * at(top, left) + u * at(top, left + 1)) +
          v * ((1 - u) * at(top + 1, left) + u * at(top + 1, left + 1));
      }
      scaled[row * width + col] = value;
    }
  }
  return { height, width, data: scaled };
}

function rotatePlane<T extends Float32Array | Uint8Array>(
  plane: Plane<T>,
  origin: Origin,
): Plane<T> {
  const { height, width, data } = plane;
  const rotated = data.slice() as T;
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      rotated[row * width + col] = data[origin(row, col, width)];
    }
  }
  return { height, width, data: rotated };
}

/**
 * The paper's five augmented copies of a sample: rotated by 90, 180 and 270 degrees, scaled by 0.5 and
 * 1.5 about the centre on the same canvas. Image and labels move together; labels are never blended.
 *
 * Make them inside a training fold only: a copy on the other side of a split is a leak, and the
 * splitting functions reject copies.
 *
 * @param sample a square sample that is no copy itself
 * @returns five samples of the same group; the original is not among them
 * @throws ConfigError for a sample that is not square or already augmented
 */
export function paperCopies(sample: Sample): Sample[] {
  const { image, labels } = sample;
  if (image.height !== image.width) {
    throw new ConfigError({
      where: `paperCopies ${sample.id}`,
      expected: "a square sample",
      got: `${image.height} x ${image.width}`,
      remedy: "Prepare samples first",
    });
  }
  if (sample.augmentation !== undefined) {
    throw new ConfigError({
      where: `paperCopies ${sample.id}`,
      expected: "an original sample",
      got: `a copy (${sample.augmentation})`,
    });
  }
  const copy = (
    augmentation: string,
    move: <T extends Float32Array | Uint8Array>(plane: Plane<T>) => Plane<T>,
  ): Sample => ({
    id: `${sample.id}@${augmentation}`,
    group: sample.group,
    image: move(image),
    labels: labels && move(labels),
    augmentation,
  });
  return [
    ...ROTATIONS.map(([name, origin]) => copy(name, (plane) => rotatePlane(plane, origin))),
    ...SCALES.map((scale) => copy(`scale${scale}`, (plane) => scalePlane(plane, scale))),
  ];
}
