import { DataError } from "../core/errors";
import { toBytePair } from "./grid";
import type { ByteGrid, LabelGrid } from "./grid";

/** `counts[truth][prediction]`: the number of voxels of each true class predicted as each class. */
export interface ConfusionMatrix {
  readonly counts: readonly (readonly number[])[];
  /** All counted voxels. */
  readonly total: number;
}

/** One class against the rest, in voxels. */
export interface ClassCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/**
 * Counts every pair of truth and prediction in one pass.
 *
 * @param options.numClasses labels are below it
 * @param options.ignoreLabel voxels whose truth has this label are left out
 * @throws DataError when a label is outside the classes
 * @example
 * const truth = { height: 1, width: 3, data: Uint8Array.of(0, 1, 1) };
 * const prediction = { height: 1, width: 3, data: Uint8Array.of(0, 1, 0) };
 * confusionMatrix(truth, prediction, { numClasses: 2 }).counts; // [[1, 0], [1, 1]]
 */
export function confusionMatrix(
  truth: LabelGrid,
  prediction: LabelGrid,
  options: { readonly numClasses: number; readonly ignoreLabel?: number },
): ConfusionMatrix {
  const pair = toBytePair("confusionMatrix", truth, prediction);
  return countPairs("confusionMatrix", pair, options);
}

/** {@link confusionMatrix} on grids that have already been checked. */
export function countPairs(
  where: string,
  pair: { readonly truth: ByteGrid; readonly prediction: ByteGrid },
  options: { readonly numClasses: number; readonly ignoreLabel?: number },
): ConfusionMatrix {
  const { numClasses, ignoreLabel } = options;
  const truth = pair.truth.data;
  const prediction = pair.prediction.data;
  // One row per byte value, so that the loop needs no bounds checks. Two tables, since in runs of one
  // pair each increment would wait for the previous store.
  const table = new Uint32Array(65536);
  const other = new Uint32Array(65536);
  const last = truth.length - 1;
  let i = 0;
  for (; i < last; i += 2) {
    table[(truth[i] << 8) | prediction[i]]++;
    other[(truth[i + 1] << 8) | prediction[i + 1]]++;
  }
  if (i === last) table[(truth[i] << 8) | prediction[i]]++;
  const counts = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  let total = 0;
  for (let key = 0; key < 65536; key++) {
    const count = table[key] + other[key];
    const trueLabel = key >> 8;
    const predictedLabel = key & 255;
    if (count === 0 || trueLabel === ignoreLabel) continue;
    if (trueLabel >= numClasses || predictedLabel >= numClasses) {
      const isTruth = trueLabel >= numClasses;
      throw new DataError({
        where: `${where}.${isTruth ? "truth" : "prediction"}`,
        expected: `labels from 0 to ${numClasses - 1}`,
        got: `${isTruth ? trueLabel : predictedLabel} in ${count} voxels`,
      });
    }
    counts[trueLabel][predictedLabel] += count;
    total += count;
  }
  return { counts, total };
}

/** Adds matrices of the same classes: the data set as one image. */
export function sumConfusion(matrices: readonly ConfusionMatrix[]): ConfusionMatrix {
  const numClasses = matrices[0]?.counts.length ?? 0;
  const counts = Array.from({ length: numClasses }, (_, row) =>
    Array.from({ length: numClasses }, (_unused, column) =>
      matrices.reduce((sum, matrix) => sum + matrix.counts[row][column], 0),
    ),
  );
  return { counts, total: matrices.reduce((sum, matrix) => sum + matrix.total, 0) };
}

/** One class against the rest. */
export function classCounts(matrix: ConfusionMatrix, label: number): ClassCounts {
  const row = matrix.counts[label];
  const truePositives = row[label];
  const truthVoxels = row.reduce((sum, count) => sum + count, 0);
  const predictedVoxels = matrix.counts.reduce((sum, counts) => sum + counts[label], 0);
  return {
    truePositives,
    falsePositives: predictedVoxels - truePositives,
    falseNegatives: truthVoxels - truePositives,
    trueNegatives: matrix.total - truthVoxels - predictedVoxels + truePositives,
  };
}

/** The fraction of correctly classified voxels; NaN if none was counted. */
export function pixelAccuracy(matrix: ConfusionMatrix): number {
  const right = matrix.counts.reduce((sum, row, label) => sum + row[label], 0);
  return matrix.total === 0 ? NaN : right / matrix.total;
}
