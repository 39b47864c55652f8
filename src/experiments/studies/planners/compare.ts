import type { TrainingConfig } from "../../config/trainingConfig";
import type { Job } from "../job";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan } from "./foldBySeed";

/** Options of {@link planCompare}. */
export interface ComparePlan extends CommonPlan {
  /** Names accepted by `modelByName`; the first one is the row that the others are tested against. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
}

/** Plans every model with every augmentation. */
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
