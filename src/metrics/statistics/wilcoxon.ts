import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";

/** Result of {@link wilcoxonSignedRank}. */
export interface WilcoxonResult {
  /** Sum of the ranks of positive differences. */
  readonly positiveRankSum: number;
  readonly negativeRankSum: number;
  /** Exact, even with ties; 1 if there are no differences. */
  readonly pValue: number;
  /** Pairs that differ. */
  readonly pairs: number;
  /** Pairs without a difference, which are excluded. */
  readonly zeros: number;
  /** Pairs with a NaN, which are excluded. */
  readonly undefinedPairs: number;
}

/** Options of {@link wilcoxonSignedRank}; every field has a default. */
export interface WilcoxonOptions {
  /** `"greater"`: the first sample tends to be larger. Default `"two-sided"`. */
  readonly alternative?: "two-sided" | "greater" | "less";
  /** Differences closer than this fraction of the largest are tied; default 1e-9. */
  readonly tieTolerance?: number;
}

const ALTERNATIVES = ["two-sided", "greater", "less"] as const;

/**
 * Exact paired Wilcoxon signed-rank test, ties included: the fraction of all 2^n sign patterns whose
 * rank sum is at least as extreme. Ties get mid-ranks, and pairs without a difference are excluded.
 * The patterns are counted by dynamic programming over doubled ranks (which are integers), so 200
 * pairs take milliseconds and no normal approximation is needed.
 *
 * @param first scores of one model
 * @param second scores of another on the same cases, in the same order
 * @example
 * wilcoxonSignedRank([3, 4, 5, 6, 7], [1, 1, 1, 1, 1]).pValue; // 0.0625
 * @see Wilcoxon 1945; Pratt and Gibbons 1981 for ties
 */
export function wilcoxonSignedRank(
  first: readonly number[],
  second: readonly number[],
  options: WilcoxonOptions = {},
): WilcoxonResult {
  rejectUnknownOptions("wilcoxonSignedRank", options, ["alternative", "tieTolerance"]);
  const { alternative = "two-sided", tieTolerance = 1e-9 } = options;
  if (!ALTERNATIVES.includes(alternative)) {
    throw new ConfigError({
      where: "wilcoxonSignedRank.alternative",
      expected: `one of ${ALTERNATIVES.join(", ")}`,
      got: JSON.stringify(alternative),
    });
  }
  if (first.length !== second.length) {
    throw new ConfigError({
      where: "wilcoxonSignedRank",
      expected: "two lists of paired scores of the same length",
      got: `${first.length} and ${second.length}`,
    });
  }
  const differences = first
    .map((value, index) => value - second[index])
    .filter((difference) => !Number.isNaN(difference));
  const undefinedPairs = first.length - differences.length;
  const largest = Math.max(0, ...differences.map(Math.abs).filter(Number.isFinite));
  const tolerance = largest * tieTolerance;
  const nonZero = differences
    .filter((difference) => Math.abs(difference) > tolerance)
    .sort((a, b) => Math.abs(a) - Math.abs(b));
  const ranks = doubledRanks(nonZero.map(Math.abs), tolerance);
  const doubledPositive = nonZero.reduce(
    (sum, difference, index) => (difference > 0 ? sum + ranks[index] : sum),
    0,
  );
  const doubledTotal = ranks.reduce((sum, rank) => sum + rank, 0);
  const shares = rankSumShares(ranks, doubledTotal);
  const atMost = sumOf(shares, 0, doubledPositive);
  const atLeast = sumOf(shares, doubledPositive, doubledTotal);
  const tails = {
    "two-sided": Math.min(1, 2 * Math.min(atMost, atLeast)),
    greater: Math.min(1, atLeast),
    less: Math.min(1, atMost),
  };
  return {
    positiveRankSum: doubledPositive / 2,
    negativeRankSum: (doubledTotal - doubledPositive) / 2,
    pValue: nonZero.length === 0 ? 1 : tails[alternative],
    pairs: nonZero.length,
    zeros: differences.length - nonZero.length,
    undefinedPairs,
  };
}

/** Twice the mid-rank of each of some ascending values: integers even where values tie. */
function doubledRanks(ascending: readonly number[], tolerance: number): number[] {
  const ranks: number[] = [];
  for (let start = 0; start < ascending.length;) {
    let end = start + 1;
    while (end < ascending.length && isTie(ascending[end - 1], ascending[end], tolerance)) end++;
    for (let i = start; i < end; i++) ranks.push(start + 1 + end);
    start = end;
  }
  return ranks;
}

function isTie(below: number, above: number, tolerance: number): boolean {
  return below === above || above - below <= tolerance;
}

/** The share of sign patterns with each (doubled) positive rank sum. */
function rankSumShares(doubledRanks: readonly number[], total: number): Float64Array {
  const shares = new Float64Array(total + 1);
  shares[0] = 1;
  let largestSum = 0;
  for (const rank of doubledRanks) {
    largestSum += rank;
    for (let sum = largestSum; sum >= 0; sum--) {
      shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2;
    }
  }
  return shares;
}

function sumOf(values: Float64Array, low: number, high: number): number {
  let sum = 0;
  for (let i = low; i <= high; i++) sum += values[i];
  return sum;
}
