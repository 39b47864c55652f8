import { WHOLE_MODEL, ablationChanges, missingFactors, wholeFactors } from "../ablationFactors";
import type { FactorValue, Job } from "../job";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan } from "./foldBySeed";

/** Options of {@link planAblate}. */
export interface AblatePlan extends CommonPlan {
  /** Names of `ABLATION_FACTORS`, each with its values; `null` for the default values. */
  readonly factors: Readonly<Record<string, readonly FactorValue[] | null>>;
}

/**
 * Plans the unchanged model and, one at a time, each change. The unchanged model is the first row, which
 * the others are tested against.
 *
 * @throws ConfigError for an unknown factor or value
 */
export function planAblate(plan: AblatePlan): Job[] {
  const whole = wholeFactors(Object.keys(plan.factors), plan.config);
  const changes = Object.entries(plan.factors).flatMap(([factor, values]) =>
    ablationChanges(factor, values, plan.config).map((change) => ({ factor, ...change })),
  );
  return foldBySeed(plan, ({ split, seed, config }) => [
    { name: ["whole"], model: WHOLE_MODEL, config, split, factors: whole },
    ...changes.map(({ factor, value, model, config: changed }) => ({
      name: [`${factor}=${String(value)}`],
      ...{ model, config: { ...changed, seed }, split },
      factors: { ...whole, ...missingFactors(model, changed, whole), [factor]: value },
    })),
  ]);
}
