import { ConfigError } from "../../core/errors";

/**
 * Holm's step-down correction of several p-values, in their order.
 *
 * NaN (a comparison that could not be made) stays NaN and is not counted as a comparison.
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 * @see Holm 1979
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => p < 0 || p > 1);
  if (wrong !== undefined) {
    throw new ConfigError({
      where: "holm",
      expected: "p-values from 0 to 1",
      got: String(wrong),
    });
  }
  const order = pValues
    .map((_, index) => index)
    .filter((index) => !Number.isNaN(pValues[index]))
    .sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = pValues.map(() => NaN);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, pValues[index] * (order.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}
