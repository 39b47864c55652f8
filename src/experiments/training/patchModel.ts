import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import type { TrainingConfig } from "../config/trainingConfig";

/** Side of the network's input: a patch's, or the whole slice's. */
export function inputSize({ size, sampling }: Pick<TrainingConfig, "size" | "sampling">): number {
  return sampling.patchSize ?? size;
}

/** The side that slices were resized to before patches were cut, by network. */
const sliceSizes = new WeakMap<tf.LayersModel, number>();

/** Notes that a network sees patches of slices of a side, for {@link expectNoPatches}. */
export function notePatches(
  model: tf.LayersModel,
  { size, sampling }: Pick<TrainingConfig, "size" | "sampling">,
): void {
  if (sampling.patchSize !== null && sampling.patchSize < size) sliceSizes.set(model, size);
}

/**
 * Refuses to give a network that was trained on patches whole slices at a patch's size, which it would
 * take without a word.
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
