import { ConfigError, ShapeError } from "../core/errors";
import { toBytePair } from "./grid";
import type { LabelGrid } from "./grid";
import { structureMeasure } from "./structureMeasure";

/** One image of one class: where it is, and how strongly it was predicted. */
export interface InfNetCase {
  /** Not 0 where the class is. */
  readonly truth: ArrayLike<number>;
  /** Grey map of the prediction, any scale: it is stretched to [0, 1], as the protocol does. */
  readonly map: ArrayLike<number>;
  /** Columns of the image; both arrays are row-major. */
  readonly width: number;
}

/** Means over images, then over thresholds. */
export interface InfNetScores {
  readonly dice: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly precision: number;
  /** Mean enhanced-alignment measure. */
  readonly eMeasure: number;
  /** Structure measure of the map; no thresholds. */
  readonly sMeasure: number;
  /** Mean absolute error of the map; no thresholds. */
  readonly mae: number;
  readonly cases: number;
}

const THRESHOLDS = 256;

/**
 * The evaluation of Inf-Net (COVID-SemiSeg), which published tables use: 256 thresholds from 1 to 0 on
 * each image's stretched map, a mean over images, then a mean over thresholds.
 *
 * Use it only for comparison with those tables, since it is biased: an image without a true positive
 * scores 0 in everything (specificity too), even if truth and prediction are both empty; at threshold
 * 0 everything is predicted; a constant map becomes 0 throughout.
 *
 * @example
 * const cases = [[0, 1], [0, 0]].map((mask) => ({ truth: mask, map: mask, width: 2 }));
 * infNetProtocol(cases).dice.toFixed(3); // "0.499"
 * @see Fan 2020, doi:10.1109/TMI.2020.2996645 and its published evaluation code
 */
export function infNetProtocol(cases: readonly InfNetCase[]): InfNetScores {
  if (cases.length === 0) {
    throw new ConfigError({ where: "infNetProtocol", expected: "at least one image", got: "none" });
  }
  const sums = {
    dice: 0,
    sensitivity: 0,
    specificity: 0,
    precision: 0,
    eMeasure: 0,
    sMeasure: 0,
    mae: 0,
  };
  cases.forEach((image, index) => {
    const scores = scoreImage(image, index);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += scores[name];
  });
  const mean = (sum: number): number => sum / cases.length;
  return {
    dice: mean(sums.dice),
    sensitivity: mean(sums.sensitivity),
    specificity: mean(sums.specificity),
    precision: mean(sums.precision),
    eMeasure: mean(sums.eMeasure),
    sMeasure: mean(sums.sMeasure),
    mae: mean(sums.mae),
    cases: cases.length,
  };
}

/** Label masks as the protocol's binary maps of one class. */
export function infNetCase(truth: LabelGrid, prediction: LabelGrid, label: number): InfNetCase {
  const pair = toBytePair("infNetCase", truth, prediction);
  const binary = (data: Uint8Array): Uint8Array => data.map((value) => (value === label ? 1 : 0));
  return {
    truth: binary(pair.truth.data),
    map: binary(pair.prediction.data),
    width: pair.truth.width,
  };
}

type ImageScores = Omit<InfNetScores, "cases">;

/** The means over thresholds of one image; the order of the two means does not matter to them. */
function scoreImage({ truth, map, width }: InfNetCase, index: number): ImageScores {
  if (truth.length !== map.length || truth.length === 0) {
    throw new ShapeError({
      where: `infNetProtocol[${index}].map`,
      expected: `${truth.length} values, like the truth`,
      got: `${map.length}`,
    });
  }
  if (!Number.isInteger(width) || width < 1 || truth.length % width !== 0) {
    throw new ShapeError({
      where: `infNetProtocol[${index}].width`,
      expected: `a divisor of ${truth.length}, the number of values`,
      got: String(width),
    });
  }
  const stretched = rescale(map);
  const { at, above, truthVoxels, error } = histograms(truth, stretched);
  const size = truth.length;
  const sums = { dice: 0, sensitivity: 0, specificity: 0, precision: 0, eMeasure: 0 };
  // Thresholds in descending order: each adds one more level of the histogram.
  let hits = 0;
  let falseAlarms = 0;
  let hitsAbove = 0;
  let falseAlarmsAbove = 0;
  for (let level = THRESHOLDS - 1; level >= 0; level--) {
    hits += at.inside[level];
    falseAlarms += at.outside[level];
    hitsAbove += above.inside[level];
    falseAlarmsAbove += above.outside[level];
    sums.eMeasure += enhancedAlignment(hitsAbove, falseAlarmsAbove, truthVoxels, size);
    if (hits === 0) continue;
    sums.dice += (2 * hits) / (truthVoxels + hits + falseAlarms);
    sums.sensitivity += hits / truthVoxels;
    sums.precision += hits / (hits + falseAlarms);
    const negatives = size - truthVoxels;
    sums.specificity += negatives === 0 ? 0 : (negatives - falseAlarms) / negatives;
  }
  return {
    dice: sums.dice / THRESHOLDS,
    sensitivity: sums.sensitivity / THRESHOLDS,
    specificity: sums.specificity / THRESHOLDS,
    precision: sums.precision / THRESHOLDS,
    eMeasure: sums.eMeasure / THRESHOLDS,
    sMeasure: structureMeasure(
      stretched,
      Float64Array.from(truth, (value) => (value === 0 ? 0 : 1)),
      width,
    ),
    mae: error / size,
  };
}

/** Voxels inside and outside the truth, by the highest of 256 levels that their value reaches. */
interface LevelCounts {
  readonly inside: Float64Array;
  readonly outside: Float64Array;
}

/** Rescales the map to [0, 1]; all 0 if it is constant. */
function rescale(map: ArrayLike<number>): Float64Array {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < map.length; i++) {
    if (map[i] < low) low = map[i];
    if (map[i] > high) high = map[i];
  }
  const range = high > low ? high - low : 1;
  return Float64Array.from(map, (value) => (value - low) / range);
}

/** Counts of a stretched map; the E-measure takes what is `above` a threshold, the rest what is `at` it too. */
function histograms(
  truth: ArrayLike<number>,
  map: Float64Array,
): { at: LevelCounts; above: LevelCounts; truthVoxels: number; error: number } {
  const empty = (): LevelCounts => ({
    inside: new Float64Array(THRESHOLDS),
    outside: new Float64Array(THRESHOLDS),
  });
  const [at, above] = [empty(), empty()];
  let error = 0;
  let truthVoxels = 0;
  for (let i = 0; i < map.length; i++) {
    const value = map[i];
    const isTrue = truth[i] !== 0;
    const side = isTrue ? "inside" : "outside";
    // Tolerance of 10^-9 of a level for rounding in the division.
    const position = value * (THRESHOLDS - 1);
    at[side][Math.floor(position + 1e-9)]++;
    const strict = Math.ceil(position - 1e-9) - 1;
    if (strict >= 0) above[side][strict]++;
    error += Math.abs((isTrue ? 1 : 0) - value);
    if (isTrue) truthVoxels++;
  }
  return { at, above, truthVoxels, error };
}

/** The enhanced-alignment measure of a binary prediction, from its counts. */
function enhancedAlignment(
  hits: number,
  falseAlarms: number,
  truthVoxels: number,
  size: number,
): number {
  const predicted = hits + falseAlarms;
  const norm = size - 1 + Number.EPSILON;
  if (truthVoxels === 0) return (size - predicted) / norm;
  if (truthVoxels === size) return predicted / norm;
  const meanTruth = truthVoxels / size;
  const meanPrediction = predicted / size;
  const term = (isTrue: number, isPredicted: number): number => {
    const a = isTrue - meanTruth;
    const b = isPredicted - meanPrediction;
    return ((2 * a * b) / (a * a + b * b + Number.EPSILON) + 1) ** 2 / 4;
  };
  const misses = truthVoxels - hits;
  const rest = size - truthVoxels - falseAlarms;
  const sum =
    hits * term(1, 1) + misses * term(1, 0) + falseAlarms * term(0, 1) + rest * term(0, 0);
  return sum / norm;
}
