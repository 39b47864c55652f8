import { ConfigError } from "../core/errors";
import { toBytePair, toSpacing3 } from "./grid";
import type { LabelGrid, SpacingMm } from "./grid";
import { nearestDistances } from "./nearestDistances";
import { PREDICTION, TRUTH, cutLabel, surfaceVoxels } from "./surfaceElements";
import type { ClassCut, SurfaceElements } from "./surfaceElements";

/**
 * The distances that all surface metrics are computed from.
 *
 * If one surface is missing, the other's distances are Infinity; if both are, both lists are empty.
 */
export interface SurfaceDistances {
  /** From each element of the true surface to the predicted one. */
  readonly truthToPrediction: Float64Array;
  /** From each element of the predicted surface to the true one. */
  readonly predictionToTruth: Float64Array;
  /** Length (slice) or area (volume) of each true element; `null` where each counts 1. */
  readonly truthSizes: Float64Array | null;
  readonly predictionSizes: Float64Array | null;
}

/** Result if both surfaces are missing. */
export const NO_SURFACES: SurfaceDistances = {
  truthToPrediction: new Float64Array(0),
  predictionToTruth: new Float64Array(0),
  truthSizes: null,
  predictionSizes: null,
};

/**
 * Distances between the surfaces of one class, from surface voxel to surface voxel: MONAI's
 * convention. {@link surfelDistances} has DeepMind's.
 *
 * @param spacingMm `[row, column]` or `[slice, row, column]`; all 1, so pixels, by default
 * @param label the class; default 1
 * @throws ShapeError when the grids differ in shape
 * @example
 * const truth = { height: 1, width: 5, data: Uint8Array.of(1, 0, 0, 0, 0) };
 * const prediction = { height: 1, width: 5, data: Uint8Array.of(0, 0, 0, 1, 0) };
 * hausdorff(surfaceDistances(truth, prediction, [1, 0.5])); // 1.5
 */
export function surfaceDistances(
  truth: LabelGrid,
  prediction: LabelGrid,
  spacingMm?: SpacingMm | null,
  label = 1,
): SurfaceDistances {
  const pair = toBytePair("surfaceDistances", truth, prediction);
  const spacing = toSpacing3("surfaceDistances", spacingMm, pair.truth.rank);
  const cut = cutLabel(pair.truth, pair.prediction, label);
  return cut === null ? NO_SURFACES : voxelDistances(cut, spacing);
}

/** {@link surfaceDistances} of a class that has already been cropped. */
export function voxelDistances(
  cut: ClassCut,
  spacing: readonly [number, number, number],
): SurfaceDistances {
  return measure(surfaceVoxels(cut), spacing, null, null);
}

/** Distances between two sets of surface elements. */
export function measure(
  elements: SurfaceElements,
  spacing: readonly [number, number, number],
  truthSizes: Float64Array | null,
  predictionSizes: Float64Array | null,
): SurfaceDistances {
  const toward = (mark: number, queries: Int32Array, isMarked: boolean): Float64Array =>
    isMarked
      ? nearestDistances(elements, mark, queries, spacing)
      : new Float64Array(queries.length).fill(Infinity);
  return {
    truthToPrediction: toward(PREDICTION, elements.truth, elements.prediction.length > 0),
    predictionToTruth: toward(TRUTH, elements.prediction, elements.truth.length > 0),
    truthSizes,
    predictionSizes,
  };
}

/**
 * The Hausdorff distance, or a percentile of it: the larger of the two directions' percentiles.
 *
 * Between two ranks the percentile is interpolated (as NumPy and MONAI do); with sizes it is the
 * first distance at which that share of the surface is reached (as DeepMind's surface-distance).
 *
 * @param percentile 100 is the Hausdorff distance itself; 95 is HD95
 * @returns NaN where neither surface is there, Infinity where only one is
 */
export function hausdorff(distances: SurfaceDistances, percentile = 100): number {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new ConfigError({
      where: "hausdorff.percentile",
      expected: "a number from 0 to 100",
      got: String(percentile),
    });
  }
  if (isMissing(distances)) return missingDistance(distances);
  const { truthToPrediction, predictionToTruth, truthSizes, predictionSizes } = distances;
  return Math.max(
    percentileOf(truthToPrediction, truthSizes, percentile),
    percentileOf(predictionToTruth, predictionSizes, percentile),
  );
}

/**
 * Average symmetric surface distance: the mean over both surfaces' elements together (MONAI with
 * `symmetric=True`), by size where there are sizes.
 *
 * @returns NaN where neither surface is there, Infinity where only one is
 */
export function averageSymmetricSurfaceDistance(distances: SurfaceDistances): number {
  if (isMissing(distances)) return missingDistance(distances);
  const [truth, prediction] = directedSums(distances);
  return (truth.sum + prediction.sum) / (truth.size + prediction.size);
}

/** The mean distance in each direction. */
export function averageDirectedDistances(distances: SurfaceDistances): {
  truthToPrediction: number;
  predictionToTruth: number;
} {
  const [truth, prediction] = directedSums(distances);
  return {
    truthToPrediction: truth.sum / truth.size,
    predictionToTruth: prediction.sum / prediction.size,
  };
}

/**
 * The fraction of both surfaces that lies within a tolerance of the other: surface Dice, or NSD.
 *
 * @param toleranceMm in the unit of the distances; a distance equal to it is within
 * @returns NaN where neither surface is there, 0 where only one is
 */
export function surfaceDice(distances: SurfaceDistances, toleranceMm: number): number {
  if (!(toleranceMm >= 0)) {
    throw new ConfigError({
      where: "surfaceDice.toleranceMm",
      expected: "a number of at least 0",
      got: String(toleranceMm),
    });
  }
  // A distance of 2 · 0.7 mm is within 1.4 mm despite rounding.
  const limit = toleranceMm * (1 + 1e-9);
  const within = (values: Float64Array, sizes: Float64Array | null): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      if (values[i] <= limit) sum += sizes === null ? 1 : sizes[i];
    }
    return sum;
  };
  const { truthToPrediction, predictionToTruth, truthSizes, predictionSizes } = distances;
  const all =
    totalSize(truthToPrediction, truthSizes) + totalSize(predictionToTruth, predictionSizes);
  const near = within(truthToPrediction, truthSizes) + within(predictionToTruth, predictionSizes);
  return all === 0 ? NaN : near / all;
}

function isMissing(distances: SurfaceDistances): boolean {
  return distances.truthToPrediction.length === 0 || distances.predictionToTruth.length === 0;
}

function missingDistance(distances: SurfaceDistances): number {
  const count = distances.truthToPrediction.length + distances.predictionToTruth.length;
  return count === 0 ? NaN : Infinity;
}

function totalSize(values: Float64Array, sizes: Float64Array | null): number {
  return sizes === null ? values.length : sizes.reduce((sum, size) => sum + size, 0);
}

function directedSums(
  distances: SurfaceDistances,
): [{ sum: number; size: number }, { sum: number; size: number }] {
  const sumOf = (values: Float64Array, sizes: Float64Array | null): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i] * (sizes === null ? 1 : sizes[i]);
    return sum;
  };
  const { truthToPrediction, predictionToTruth, truthSizes, predictionSizes } = distances;
  return [
    { sum: sumOf(truthToPrediction, truthSizes), size: totalSize(truthToPrediction, truthSizes) },
    {
      sum: sumOf(predictionToTruth, predictionSizes),
      size: totalSize(predictionToTruth, predictionSizes),
    },
  ];
}

function percentileOf(
  values: Float64Array,
  sizes: Float64Array | null,
  percentile: number,
): number {
  if (sizes === null) {
    const sorted = values.slice().sort();
    const rank = ((sorted.length - 1) * percentile) / 100;
    const low = Math.floor(rank);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
  }
  // By distance, then by size, as the surface-distance package orders them.
  const order = Uint32Array.from(values, (_, i) => i).sort(
    (i, j) => values[i] - values[j] || sizes[i] - sizes[j],
  );
  const wanted = (percentile / 100) * totalSize(values, sizes);
  let reached = 0;
  for (const i of order) {
    reached += sizes[i];
    if (reached >= wanted) return values[i];
  }
  return values[order[order.length - 1]];
}
