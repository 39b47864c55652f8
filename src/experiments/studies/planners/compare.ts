import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { jobId } from "../job";
import type { Job } from "../job";

/** What a comparison varies. */
export interface ComparePlan {
  /** Names that `modelByName` knows; the first row is the one that others are tested against. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
  /** Of weights, order and augmentation; default the configuration's. The folds stay the same. */
  readonly seeds?: readonly number[];
  readonly config: TrainingConfig;
  readonly folds: readonly Split[];
}

/** Every model with every augmentation, fold by fold, so that early stops leave whole folds. */
export function planCompare(plan: ComparePlan): Job[] {
  const { models, augmentations, config, folds, seeds = [config.seed] } = plan;
  return folds.flatMap((split) =>
    seeds.flatMap((seed) =>
      models.flatMap((model) =>
        augmentations.map((augmentation): Job => {
          const place = { fold: split.fold, ...(seeds.length > 1 ? { seed } : {}) };
          return {
            id: jobId([model, augmentation], place),
            model,
            config: { ...config, seed, augmentation },
            split,
            factors: { augmentation },
          };
        }),
      ),
    ),
  );
}
