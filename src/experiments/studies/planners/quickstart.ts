import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import type { Job } from "../job";

/** The two models that the quick start compares: the baseline and that of the paper. */
export const QUICKSTART_MODELS = ["unet", "residualAttentionUnet"] as const;

/** Plans one training of each model on one split. Jobs and folders are named after the models. */
export function planQuickstart(
  config: TrainingConfig,
  split: Split,
): (Job & { readonly model: (typeof QUICKSTART_MODELS)[number] })[] {
  return QUICKSTART_MODELS.map((model) => ({ id: model, model, config, split, factors: {} }));
}
