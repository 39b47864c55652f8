import { ConfigError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { componentsOfCut } from "./connectedComponents";
import type { Components, Connectivity } from "./connectedComponents";
import { toBytePair } from "./grid";
import type { LabelGrid } from "./grid";
import { PREDICTION, TRUTH, cutLabel } from "./surfaceElements";
import type { ClassCut } from "./surfaceElements";

/** How many lesions were found, whatever their size. */
export interface LesionDetection {
  readonly truthLesions: number;
  readonly predictedLesions: number;
  /** True lesions that were found. */
  readonly found: number;
  /** Predicted lesions that match no true lesion. */
  readonly falseAlarms: number;
  /** `found / truthLesions`; NaN without a true lesion. */
  readonly recall: number;
  /** `(predicted − false positives) / predicted`; NaN without a predicted lesion. */
  readonly precision: number;
  /** Harmonic mean of both; NaN without any lesion, 0 where only one side has some. */
  readonly f1: number;
}

/** Options of {@link lesionDetection}; every field has a default. */
export interface LesionOptions {
  /**
   * `null` (default): a lesion is found if any of its voxels is predicted, and a predicted lesion is
   * correct if it overlaps a true one. A number in (0, 1]: lesions are matched one to one, best
   * overlap first, and a match needs at least this IoU (0.5 is the panoptic convention).
   */
  readonly minIou?: number | null;
  /** Connectivity of the voxels of a lesion; default `"corner"`: 8 or 26 neighbours. */
  readonly connectivity?: Connectivity;
  /** Lesions below this size are dropped on both sides first; default 1: none. */
  readonly minVoxels?: number;
}

const NO_LESIONS: Components = { count: 0, ids: new Int32Array(0), sizes: new Int32Array(1) };

/**
 * Detection of lesions of one class: connected components of truth and prediction, matched.
 *
 * @param label the class; default 1
 * @example
 * const truth = { height: 1, width: 6, data: Uint8Array.of(1, 1, 0, 1, 0, 0) };
 * const prediction = { height: 1, width: 6, data: Uint8Array.of(0, 1, 0, 0, 0, 1) };
 * lesionDetection(truth, prediction).f1; // 0.5
 */
export function lesionDetection(
  truth: LabelGrid,
  prediction: LabelGrid,
  label = 1,
  options: LesionOptions = {},
): LesionDetection {
  rejectUnknownOptions("lesionDetection", options, ["minIou", "connectivity", "minVoxels"]);
  const pair = toBytePair("lesionDetection", truth, prediction);
  return detectLesions(cutLabel(pair.truth, pair.prediction, label), options);
}

/** {@link lesionDetection} of a class that has already been cropped. */
export function detectLesions(cut: ClassCut | null, options: LesionOptions): LesionDetection {
  const { minIou = null, connectivity = "corner", minVoxels = 1 } = options;
  if (minIou !== null && !(minIou > 0 && minIou <= 1)) {
    throw new ConfigError({
      where: "lesionDetection.minIou",
      expected: "null or a number above 0 and at most 1",
      got: String(minIou),
    });
  }
  const wanted = cut === null ? NO_LESIONS : componentsOfCut(cut, TRUTH, connectivity);
  const got = cut === null ? NO_LESIONS : componentsOfCut(cut, PREDICTION, connectivity);
  const isLarge = (components: Components, id: number): boolean =>
    components.sizes[id] >= minVoxels;
  const overlaps = sharedVoxels(wanted, got).filter(
    (pair) => isLarge(wanted, pair.truth) && isLarge(got, pair.prediction),
  );
  const [found, right] =
    minIou === null ? touching(overlaps) : matched(overlaps, wanted, got, minIou);
  const countLarge = (components: Components): number =>
    components.sizes.subarray(1).filter((size) => size >= minVoxels).length;
  const truthLesions = countLarge(wanted);
  const predictedLesions = countLarge(got);
  const recall = truthLesions === 0 ? NaN : found / truthLesions;
  const precision = predictedLesions === 0 ? NaN : right / predictedLesions;
  return {
    truthLesions,
    predictedLesions,
    found,
    falseAlarms: predictedLesions - right,
    recall,
    precision,
    f1: harmonicMean(recall, precision),
  };
}

interface Overlap {
  readonly truth: number;
  readonly prediction: number;
  readonly voxels: number;
}

function sharedVoxels(truth: Components, prediction: Components): Overlap[] {
  const counts = new Map<number, number>();
  const stride = prediction.count + 1;
  let lastKey = 0;
  let length = 0;
  const add = (): void => {
    if (lastKey > 0) counts.set(lastKey, (counts.get(lastKey) ?? 0) + length);
  };
  // One map update per run of equal pairs, not per voxel.
  for (let i = 0; i < truth.ids.length; i++) {
    const key =
      truth.ids[i] === 0 || prediction.ids[i] === 0 ? 0 : truth.ids[i] * stride + prediction.ids[i];
    if (key !== lastKey) {
      add();
      lastKey = key;
      length = 0;
    }
    length++;
  }
  add();
  return [...counts].map(([key, voxels]) => ({
    truth: Math.floor(key / stride),
    prediction: key % stride,
    voxels,
  }));
}

/** Lesions that touch one of the other side. */
function touching(overlaps: readonly Overlap[]): [number, number] {
  const truths = new Set(overlaps.map((pair) => pair.truth));
  const predictions = new Set(overlaps.map((pair) => pair.prediction));
  return [truths.size, predictions.size];
}

/** One-to-one matches, best IoU first. */
function matched(
  overlaps: readonly Overlap[],
  truth: Components,
  prediction: Components,
  minIou: number,
): [number, number] {
  const scored = overlaps
    .map((pair) => ({
      ...pair,
      iou:
        pair.voxels / (truth.sizes[pair.truth] + prediction.sizes[pair.prediction] - pair.voxels),
    }))
    .filter((pair) => pair.iou >= minIou)
    .sort((a, b) => b.iou - a.iou || a.truth - b.truth || a.prediction - b.prediction);
  const truths = new Set<number>();
  const predictions = new Set<number>();
  for (const pair of scored) {
    if (truths.has(pair.truth) || predictions.has(pair.prediction)) continue;
    truths.add(pair.truth);
    predictions.add(pair.prediction);
  }
  return [truths.size, predictions.size];
}

function harmonicMean(recall: number, precision: number): number {
  if (Number.isNaN(recall) && Number.isNaN(precision)) return NaN;
  if (!(recall > 0 && precision > 0)) return 0;
  return (2 * recall * precision) / (recall + precision);
}
