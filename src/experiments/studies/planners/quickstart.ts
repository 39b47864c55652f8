import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import type { Job } from "../job";

/** The two models that the quick start compares: the baseline, and the paper's. */
export const QUICKSTART_MODELS = ["unet", "residualAttentionUnet"] as const;

/** One training of each model on one split; a job is called by its model, and so is its folder. */
export function planQuickstart(
  config: TrainingConfig,
  split: Split,
): (Job & { readonly model: (typeof QUICKSTART_MODELS)[number] })[] {
  return QUICKSTART_MODELS.map((model) => ({ id: model, model, config, split, factors: {} }));
}
