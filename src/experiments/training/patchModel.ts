import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import type { TrainingConfig } from "../config/trainingConfig";

/** Side of the network's input: that of a patch or of the whole slice. */
export function inputSize({ size, sampling }: Pick<TrainingConfig, "size" | "sampling">): number {
  return sampling.patchSize ?? size;
}

/** For each network trained on patches, the side that slices were resized to before patches were cut. */
const sliceSizes = new WeakMap<tf.LayersModel, number>();

/** Records the side of the slices whose patches a network takes, for {@link expectNoPatches}. */
export function notePatches(
  model: tf.LayersModel,
  { size, sampling }: Pick<TrainingConfig, "size" | "sampling">,
): void {
  if (sampling.patchSize !== null && sampling.patchSize < size) sliceSizes.set(model, size);
}

/**
 * Rejects networks trained on patches where they would be given whole slices resized to the size of a patch, which
 * would run but give wrong results.
 *
 * @throws ConfigError for such a network
 */
export function expectNoPatches(where: string, models: readonly tf.LayersModel[]): void {
  const size = models.map((model) => sliceSizes.get(model)).find((known) => known !== undefined);
  if (size === undefined) return;
  throw new ConfigError({
    where,
    expected: `slidingWindow: { size: ${size} }, since the network was trained on patches of slices of ${size} x ${size}`,
    got: "none",
    remedy: "Pass inferenceOptions(run.record.config).",
  });
}
