import { ConfigError, ShapeError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import type { LabelData } from "./grid";

/** Voxels whose confidence falls into one range. */
export interface ReliabilityBin {
  /** Confidence range `[low, high)`; the last one holds 1 too. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean probability of the predicted class; NaN of no voxel. */
  readonly confidence: number;
  /** Share of the voxels that are right; NaN of no voxel. */
  readonly accuracy: number;
}

/** The data of a reliability diagram, as plain numbers, so that cases can be merged. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** All voxels counted. */
  readonly total: number;
  /** Expected calibration error: `Σ share · |accuracy − confidence|`. */
  readonly expectedError: number;
  /** The largest `|accuracy − confidence|` of a bin with voxels. */
  readonly maximumError: number;
}

/** Options of {@link reliability}; every field but `numClasses` has a default. */
export interface ReliabilityOptions {
  readonly numClasses: number;
  /** Default 15. */
  readonly bins?: number;
  /**
   * `"all"` (default) voxels, or those where truth or prediction is `"foreground"`: the background is
   * confident and correct almost everywhere and dominates the result.
   */
  readonly region?: "all" | "foreground";
  /** Voxels with this label are left out. */
  readonly ignoreLabel?: number;
}

/**
 * How well confidence matches accuracy, for softmax outputs.
 *
 * @param probabilities `[voxels, classes]`, row-major: the order of a channels-last tensor's data
 * @param labels one class index per voxel
 * @example
 * const sure = Float32Array.of(0.1, 0.9, 0.1, 0.9);
 * reliability(sure, Uint8Array.of(1, 0), { numClasses: 2 }).expectedError.toFixed(2); // "0.40"
 * @see Guo 2017, arXiv:1706.04599
 */
export function reliability(
  probabilities: Float32Array,
  labels: LabelData,
  options: ReliabilityOptions,
): Reliability {
  rejectUnknownOptions("reliability", options, ["numClasses", "bins", "region", "ignoreLabel"]);
  const { numClasses, bins = 15, region = "all", ignoreLabel } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ConfigError({
      where: "reliability.bins",
      expected: "an integer of at least 1",
      got: String(bins),
    });
  }
  if (probabilities.length !== labels.length * numClasses) {
    throw new ShapeError({
      where: "reliability.probabilities",
      expected: `${labels.length} x ${numClasses} numbers`,
      got: `${probabilities.length}`,
    });
  }
  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const rights = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === ignoreLabel) continue;
    const start = i * numClasses;
    let best = 0;
    for (let c = 1; c < numClasses; c++) {
      if (probabilities[start + c] > probabilities[start + best]) best = c;
    }
    if (region === "foreground" && best === 0 && labels[i] === 0) continue;
    const confidence = probabilities[start + best];
    const bin = Math.min(Math.floor(confidence * bins), bins - 1);
    counts[bin]++;
    confidences[bin] += confidence;
    if (best === labels[i]) rights[bin]++;
  }
  return fromSums(counts, confidences, rights);
}

/**
 * Merges several cases into one.
 *
 * @throws ConfigError when their bins differ
 */
export function mergeReliability(parts: readonly Reliability[]): Reliability {
  const size = parts[0]?.bins.length ?? 0;
  if (size === 0 || parts.some((part) => part.bins.length !== size)) {
    throw new ConfigError({
      where: "mergeReliability",
      expected: "at least one case, all with the same number of bins",
      got: `[${parts.map((part) => part.bins.length).join(", ")}]`,
    });
  }
  const total = (value: (bin: ReliabilityBin) => number): Float64Array =>
    Float64Array.from({ length: size }, (_, index) =>
      parts.reduce((sum, { bins }) => sum + (bins[index].count === 0 ? 0 : value(bins[index])), 0),
    );
  return fromSums(
    total((bin) => bin.count),
    total((bin) => bin.count * bin.confidence),
    total((bin) => bin.count * bin.accuracy),
  );
}

function fromSums(
  counts: Float64Array,
  confidences: Float64Array,
  rights: Float64Array,
): Reliability {
  const bins = Array.from(counts, (count, index): ReliabilityBin => ({
    low: index / counts.length,
    high: (index + 1) / counts.length,
    count,
    confidence: count === 0 ? NaN : confidences[index] / count,
    accuracy: count === 0 ? NaN : rights[index] / count,
  }));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const filled = bins.filter((bin) => bin.count > 0);
  const gap = (bin: ReliabilityBin): number => Math.abs(bin.accuracy - bin.confidence);
  return {
    bins,
    total,
    expectedError:
      total === 0 ? NaN : filled.reduce((sum, bin) => sum + (bin.count / total) * gap(bin), 0),
    maximumError: total === 0 ? NaN : Math.max(...filled.map(gap)),
  };
}
