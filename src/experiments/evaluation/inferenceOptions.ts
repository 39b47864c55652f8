import type { TrainingConfig } from "../config/trainingConfig";
import type { PredictOptions } from "./evaluateModel";

/**
 * How a configuration wants slices predicted, for `predictCases` and `evaluateModel`.
 *
 * ```ts
 * const { model, record } = await loadRun("runs/unet");
 * const masks = predictCases(model, cases, inferenceOptions(record.config));
 * ```
 *
 * @example
 * inferenceOptions(presetConfig("quick", { inference: { flips: "both" } })).flips; // "both"
 */
export function inferenceOptions({
  batchSize,
  inference,
}: Pick<TrainingConfig, "batchSize" | "inference">): PredictOptions {
  return { batchSize, flips: inference.flips };
}
