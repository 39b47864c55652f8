import type * as tf from "@tensorflow/tfjs";
import { modelByName } from "../models/modelByName";
import type { TrainingConfig } from "./trainingConfig";

/**
 * The network of a configuration, on square grey slices, with weights by the seed.
 *
 * @param name one of `MODEL_NAMES`
 */
export function buildModel(
  name: string,
  { size, seed, model }: Pick<TrainingConfig, "size" | "seed" | "model">,
  numClasses: number,
): tf.LayersModel {
  const { attentionLevels, ...widths } = model;
  return modelByName(name, {
    inputShape: [size, size, 1],
    numClasses,
    seed,
    ...widths,
    ...(attentionLevels === "all" ? {} : { attentionLevels }),
  });
}
