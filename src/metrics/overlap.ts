import type { ClassCounts } from "./confusion";

/**
 * Scores of one class from its counts. An undefined score (a class in neither mask, a precision
 * without a prediction) is NaN, never a silent 0 or 1.
 */

/**
 * `2·TP / (2·TP + FP + FN)`; NaN where the class is in neither mask, 0 where it is in one only.
 *
 * @example
 * dice({ truePositives: 2, falsePositives: 1, falseNegatives: 1, trueNegatives: 9 }); // 0.6666666666666666
 */
export function dice(counts: ClassCounts): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

/** `TP / (TP + FP + FN)`, Jaccard's index; NaN where the class is in neither mask. */
export function iou(counts: ClassCounts): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return ratio(truePositives, truePositives + falsePositives + falseNegatives);
}

/** `TP / (TP + FP)`; NaN where the class was not predicted. */
export function precision(counts: ClassCounts): number {
  return ratio(counts.truePositives, counts.truePositives + counts.falsePositives);
}

/** `TP / (TP + FN)`, also sensitivity; NaN if the truth does not contain the class. */
export function recall(counts: ClassCounts): number {
  return ratio(counts.truePositives, counts.truePositives + counts.falseNegatives);
}

/** `TN / (TN + FP)`; NaN where every voxel is of the class. */
export function specificity(counts: ClassCounts): number {
  return ratio(counts.trueNegatives, counts.trueNegatives + counts.falsePositives);
}

/** `(predicted − true) / true` in volume: +0.5 is half too much; NaN if the truth does not contain the class. */
export function relativeVolumeError(counts: ClassCounts): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return ratio(falsePositives - falseNegatives, truePositives + falseNegatives);
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? NaN : numerator / denominator;
}
