import { ConfigError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";

/** How probabilities become labels: the most likely class, or {@link rankDice}. */
export const DECODINGS = ["argmax", "rankDice"] as const;

export type Decoding = (typeof DECODINGS)[number];

/**
 * Rejects an unknown decoding, which would otherwise silently mean the most likely class.
 *
 * @throws ConfigError that lists both
 */
export function checkDecoding(where: string, decoding: Decoding): void {
  if (DECODINGS.includes(decoding)) return;
  throw new ConfigError({ where, expected: DECODINGS.join(" or "), got: String(decoding) });
}

/** Options of {@link rankDice}. */
export interface RankDiceOptions {
  /** A class gets no pixels unless its highest probability exceeds this; default 0.5. */
  readonly pruningProbability?: number;
}

/** Interpolated probabilities can exceed 1 by rounding. */
const LARGEST = 1 + 1e-4;

/** The set of pixels that a class would get if it were the only one. */
interface Selection {
  readonly total: number;
  readonly isActive: boolean;
  readonly selected: Uint8Array;
}

/**
 * The labels with the highest expected mean Dice; the most likely class per pixel gives the highest expected
 * accuracy instead. Each class has its own threshold, the one with the best expected Dice, which is often below one
 * half, so that small and uncertain regions are kept.
 *
 * @param planes the probability of each class at each pixel, one plane per class, background first
 * @returns one label per pixel
 * @throws ConfigError for no planes, planes of different lengths, a probability outside [0, 1] or an
 *   unknown option
 * @example
 * // The second pixel is more likely background, but including it raises the expected Dice.
 * const lesion = Float32Array.of(0.9, 0.45, 0.05, 0.01);
 * Array.from(rankDice([lesion.map((p) => 1 - p), lesion])); // [1, 1, 0, 0]
 * @see Dai and Li 2023, RankSEG, JMLR 24; Wang and Dai 2025, RankSEG-RMA, whose reciprocal moment approximation this is
 */
export function rankDice(
  planes: readonly Float32Array[],
  options: RankDiceOptions = {},
): Uint8Array {
  rejectUnknownOptions("rankDice", options, ["pruningProbability"]);
  const { pruningProbability = 0.5 } = options;
  if (!(pruningProbability >= 0 && pruningProbability <= 1)) {
    throw new ConfigError({
      where: "rankDice.pruningProbability",
      expected: "a number in [0, 1]",
      got: String(pruningProbability),
    });
  }
  checkPlanes(planes);
  const { length } = planes[0];
  const selections = planes.map((plane) => select(plane, pruningProbability));
  const holders = new Uint8Array(length);
  for (const { selected } of selections) {
    for (let i = 0; i < length; i++) holders[i] += selected[i];
  }
  // What one more pixel would add to a class that so far has only the undisputed pixels.
  const gains = selections.map(({ total, selected }, label) => {
    let [mass, count] = [0, 0];
    for (let i = 0; i < length; i++) {
      if (selected[i] !== 1 || holders[i] !== 1) continue;
      mass += planes[label][i];
      count++;
    }
    const denominator = count + total + 1;
    return { offset: mass / denominator, factor: 2 / (denominator + 1) };
  });
  const isAnyActive = selections.some(({ isActive }) => isActive);
  const labels = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    let most = -Infinity;
    for (let label = 0; label < planes.length; label++) {
      const { selected, isActive } = selections[label];
      const isEligible = holders[i] > 0 ? selected[i] === 1 : isActive || !isAnyActive;
      const { offset, factor } = gains[label];
      const gain = (planes[label][i] - offset) * factor;
      if (!isEligible || gain <= most) continue;
      most = gain;
      labels[i] = label;
    }
  }
  return labels;
}

/** The most likely pixels of a class, as many as give the highest expected Dice. */
function select(plane: Float32Array, pruningProbability: number): Selection {
  const { length } = plane;
  const selected = new Uint8Array(length);
  const rising = plane.slice().sort();
  let total = 0;
  for (let i = length - 1; i >= 0; i--) total += rising[i];
  const isActive = rising[length - 1] > pruningProbability;
  if (!isActive) return { total, isActive, selected };
  let [mass, best, volume] = [0, 0, 0];
  for (let count = 1; count <= length; count++) {
    mass += rising[length - count];
    const expected = (2 * mass) / (count + total + 1);
    if (expected > best) [best, volume] = [expected, count];
  }
  const threshold = rising[length - volume];
  // Among pixels exactly at the threshold, take the first ones.
  let ties = volume;
  for (const value of plane) if (value > threshold) ties--;
  for (let i = 0; i < length; i++) {
    if (plane[i] > threshold) selected[i] = 1;
    else if (plane[i] === threshold && ties-- > 0) selected[i] = 1;
  }
  return { total, isActive, selected };
}

function checkPlanes(planes: readonly Float32Array[]): void {
  const [first] = planes;
  const wrong = planes.find(({ length }) => length !== first.length);
  if (planes.length === 0 || planes.length > 255 || first.length === 0 || wrong !== undefined) {
    throw new ConfigError({
      where: "rankDice.planes",
      expected: "1 to 255 planes of the same, non-zero length",
      got: planes.length === 0 ? "none" : planes.map(({ length }) => length).join(", "),
    });
  }
  planes.forEach((plane, label) => {
    const at = plane.findIndex((value) => !(value >= 0 && value <= LARGEST));
    if (at < 0) return;
    throw new ConfigError({
      where: `rankDice.planes[${label}][${at}]`,
      expected: "a probability in [0, 1]",
      got: String(plane[at]),
    });
  });
}
