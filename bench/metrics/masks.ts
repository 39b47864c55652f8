import { createRandom } from "../../src/core/random";
import type { Random } from "../../src/core/random";

/** A mask with three classes and a prediction of it, as bytes. */
export interface MaskPair {
  /** `[slices, rows, columns]`. */
  readonly shape: readonly [number, number, number];
  readonly truth: Uint8Array;
  readonly prediction: Uint8Array;
}

interface Lesion {
  readonly label: number;
  readonly centre: readonly number[];
  readonly radii: readonly number[];
  readonly phase: number;
}

/**
 * Lesions with wavy borders scattered over two lungs. The prediction shifts and resizes them slightly,
 * misses some and adds others. The Dice per class is about 0.8.
 */
export function makeMasks(slices: number, size: number, seed: number): MaskPair {
  const random = createRandom(seed);
  const count = 60;
  const truth = new Uint8Array(slices * size * size);
  const prediction = new Uint8Array(truth.length);
  for (let i = 0; i < count; i++) {
    const lesion = makeLesion(random, slices, size, 1 + (i % 3));
    const isMissed = random.uniform() < 0.05;
    const isMadeUp = random.uniform() < 0.05;
    if (!isMadeUp) paint(truth, lesion, slices, size);
    if (!isMissed) paint(prediction, wobble(random, lesion), slices, size);
  }
  return { shape: [slices, size, size], truth, prediction };
}

function makeLesion(random: Random, slices: number, size: number, label: number): Lesion {
  const side = random.uniform() < 0.5 ? 0.3 : 0.7;
  return {
    label,
    centre: [
      random.uniform() * slices,
      (0.25 + 0.5 * random.uniform()) * size,
      (side + 0.2 * (random.uniform() - 0.5)) * size,
    ],
    radii: [
      2 + 10 * random.uniform(),
      ...[0, 1].map(() => (0.01 + 0.05 * random.uniform()) * size),
    ],
    phase: random.uniform() * 6,
  };
}

function wobble(random: Random, lesion: Lesion): Lesion {
  return {
    ...lesion,
    centre: lesion.centre.map((at, axis) => at + (axis === 0 ? 0.5 : 2) * random.normal()),
    radii: lesion.radii.map((radius) => radius * (1 + 0.1 * random.normal())),
  };
}

function paint(mask: Uint8Array, lesion: Lesion, slices: number, size: number): void {
  const { centre, radii, label, phase } = lesion;
  const reach = 1.3;
  const low = centre.map((at, axis) => Math.max(0, Math.floor(at - reach * radii[axis])));
  const high = centre.map((at, axis) =>
    Math.min((axis === 0 ? slices : size) - 1, Math.ceil(at + reach * radii[axis])),
  );
  for (let z = low[0]; z <= high[0]; z++) {
    for (let y = low[1]; y <= high[1]; y++) {
      for (let x = low[2]; x <= high[2]; x++) {
        const [dz, dy, dx] = [z, y, x].map((at, axis) => (at - centre[axis]) / radii[axis]);
        const wave = 1 + 0.25 * Math.sin(5 * Math.atan2(dy, dx) + phase + dz);
        if (dz * dz + dy * dy + dx * dx <= wave) mask[(z * size + y) * size + x] = label;
      }
    }
  }
}
