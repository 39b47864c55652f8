import type { Random } from "../../core/random";

/** The fraction of the slice's area that each lesion is to cover. */
export interface LesionTargets {
  readonly groundGlass: number;
  readonly consolidation: number;
  readonly effusion: number;
}

/** Quantiles `[probability, percent]` of the lesion area per slice that has the lesion. */
type Quantiles = readonly (readonly [probability: number, percent: number])[];

/** From the 100 public slices between 10 and 90 %; the ends are chosen so that the means agree too. */
const GROUND_GLASS: Quantiles = [
  [0, 0.3],
  [0.1, 0.95],
  [0.25, 1.5],
  [0.5, 2.8],
  [0.75, 5.9],
  [0.9, 10.7],
  [1, 26.6],
];
const CONSOLIDATION: Quantiles = [
  [0, 0.05],
  [0.1, 0.17],
  [0.25, 0.48],
  [0.5, 1.5],
  [0.75, 3.2],
  [0.9, 8.7],
  [1, 16.7],
];
/** There are no published numbers; a few slices have one or two crescents. */
const EFFUSION: Quantiles = [
  [0, 1.5],
  [0.5, 3],
  [1, 7],
];

/** In 100 slices, 75 have both, 21 ground-glass only, 3 consolidation only and 1 neither. */
const PRESENCE = [
  { share: 0.75, hasGroundGlass: true, hasConsolidation: true },
  { share: 0.21, hasGroundGlass: true, hasConsolidation: false },
  { share: 0.03, hasGroundGlass: false, hasConsolidation: true },
  { share: 0.01, hasGroundGlass: false, hasConsolidation: false },
];
const EFFUSION_SHARE = 0.16;

/** The area at a probability, interpolated on a logarithmic scale. */
function quantile(quantiles: Quantiles, probability: number): number {
  const upper = Math.max(
    1,
    quantiles.findIndex(([p]) => p >= probability),
  );
  const [p0, v0] = quantiles[upper - 1];
  const [p1, v1] = quantiles[upper];
  return (v0 * (v1 / v0) ** ((probability - p0) / (p1 - p0))) / 100;
}

/** `count` areas spread evenly over the quantiles, in random order. */
function spreadAreas(random: Random, count: number, quantiles: Quantiles): number[] {
  return random.permutation(count).map((i) => quantile(quantiles, (i + 0.5) / count));
}

/** Divides `count` by the shares, with the largest-remainder method. */
function allot(count: number, shares: readonly number[]): number[] {
  const exact = shares.map((share) => share * count);
  const whole = exact.map(Math.floor);
  const order = exact
    .map((value, index) => ({ index, rest: value - whole[index] }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  const missing = count - whole.reduce((a, b) => a + b, 0);
  for (const { index } of order.slice(0, missing)) whole[index]++;
  return whole;
}

/**
 * Draws which lesions `count` slices have and how large they are, with the statistics of the public 100
 * slices.
 */
export function drawLesionTargets(random: Random, count: number): LesionTargets[] {
  const counts = allot(
    count,
    PRESENCE.map(({ share }) => share),
  );
  const kinds = PRESENCE.flatMap((kind, index) =>
    Array.from({ length: counts[index] }, () => kind),
  );
  const groundGlass = spreadAreas(
    random,
    kinds.filter((kind) => kind.hasGroundGlass).length,
    GROUND_GLASS,
  );
  const consolidation = spreadAreas(
    random,
    kinds.filter((kind) => kind.hasConsolidation).length,
    CONSOLIDATION,
  );
  const effusions = Math.round(EFFUSION_SHARE * count);
  const effusion = spreadAreas(random, effusions, EFFUSION);
  const withEffusion = new Set(random.permutation(count).slice(0, effusions));
  const targets = kinds.map((kind, index) => ({
    groundGlass: kind.hasGroundGlass ? (groundGlass.pop() ?? 0) : 0,
    consolidation: kind.hasConsolidation ? (consolidation.pop() ?? 0) : 0,
    effusion: withEffusion.has(index) ? (effusion.pop() ?? 0) : 0,
  }));
  return random.permutation(count).map((index) => targets[index]);
}
