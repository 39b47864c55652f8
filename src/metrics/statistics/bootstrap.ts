import { ConfigError } from "../../core/errors";
import { createRandom } from "../../core/random";

/** A confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Options of {@link bootstrapInterval}; every field has a default. */
export interface BootstrapOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/**
 * Percentile bootstrap over patients: complete groups are drawn with replacement, so that the slices
 * of one patient are not treated as independent.
 *
 * @param groups the patient of each case, in the order of the cases
 * @param statistic a score of some cases, given by index (an index may come twice); NaN is skipped
 * @returns NaN bounds if there are fewer than two groups, or the statistic is never defined
 * @example
 * const scores = [0.2, 0.4, 0.6];
 * const mean = (cases: readonly number[]) => cases.reduce((sum, i) => sum + scores[i], 0) / cases.length;
 * bootstrapInterval(["a", "b", "c"], mean).low.toFixed(2); // "0.20"
 * @see Efron and Tibshirani 1993, chapter 13
 */
export function bootstrapInterval(
  groups: readonly string[],
  statistic: (cases: readonly number[]) => number,
  options: BootstrapOptions = {},
): Interval {
  const { seed = 1, resamples = 1000, level = 0.95 } = options;
  if (!(level > 0 && level < 1) || !Number.isInteger(resamples) || resamples < 1) {
    throw new ConfigError({
      where: "bootstrapInterval",
      expected: "a level between 0 and 1 and at least 1 resample",
      got: `level ${level}, resamples ${resamples}`,
    });
  }
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const known = members.get(group);
    if (known === undefined) members.set(group, [index]);
    else known.push(index);
  });
  const patients = [...members.values()];
  if (patients.length < 2) return { low: NaN, high: NaN };
  const random = createRandom(seed);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    const cases: number[] = [];
    for (let i = 0; i < patients.length; i++) {
      for (const index of patients[random.integer(0, patients.length)]) cases.push(index);
    }
    const value = statistic(cases);
    if (!Number.isNaN(value)) values.push(value);
  }
  const sorted = Float64Array.from(values).sort();
  return {
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
  };
}

/** Interpolated between ranks, as NumPy's default; NaN if empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return NaN;
  const rank = (sorted.length - 1) * share;
  const low = Math.floor(rank);
  const high = Math.min(low + 1, sorted.length - 1);
  // Infinity − Infinity and Infinity · 0 would be NaN.
  if (rank === low || sorted[low] === sorted[high]) return sorted[low];
  return sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
}
