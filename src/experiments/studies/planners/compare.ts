import type { TrainingConfig } from "../../config/trainingConfig";
import type { Job } from "../job";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan } from "./foldBySeed";

/** What a comparison varies. */
export interface ComparePlan extends CommonPlan {
  /** Names that `modelByName` knows; the first row is the one that others are tested against. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
}

/** Every model with every augmentation. */
export function planCompare(plan: ComparePlan): Job[] {
  return foldBySeed(plan, ({ split, config }) =>
    plan.models.flatMap((model) =>
      plan.augmentations.map((augmentation) => ({
        name: [model, augmentation],
        ...{ model, split, config: { ...config, augmentation }, factors: { augmentation } },
      })),
    ),
  );
}
