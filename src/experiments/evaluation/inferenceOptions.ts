import type { TrainingConfig } from "../config/trainingConfig";
import { prepareOptions } from "../training/prepareOptions";
import type { PredictOptions } from "./evaluateModel";

/**
 * The inference settings of a configuration as options for `predictCases` and `evaluateModel`.
 *
 * ```ts
 * const { models, record } = await loadRun("runs/unet");
 * const masks = predictCases(models, cases, inferenceOptions(record.config));
 * ```
 *
 * @example
 * inferenceOptions(presetConfig("quick", { inference: { flips: "both" } })).flips; // "both"
 */
export function inferenceOptions({
  batchSize,
  size,
  window,
  sampling: { patchSize },
  inference,
}: Pick<
  TrainingConfig,
  "batchSize" | "size" | "window" | "sampling" | "inference"
>): PredictOptions {
  const { flips, decoding, overlap, mode } = inference;
  const windows = patchSize === null ? {} : { slidingWindow: { size, overlap, mode } };
  return { batchSize, flips, decoding, ...windows, ...prepareOptions({ window }) };
}
