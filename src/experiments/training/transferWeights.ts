import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { ownedWeights } from "./ownedWeights";

/** The result of {@link transferWeights}. */
export interface WeightTransfer {
  /** Names of the weights that were copied. */
  readonly copied: readonly string[];
  /** Weights of `to` that kept their values, since `from` has none of that name and shape. */
  readonly kept: readonly string[];
}

/**
 * Copies the weights of a network that was trained on something else, e.g. the phantom, into one that is
 * to be trained further. Weights are copied if name and shape match. A head for another number of
 * classes keeps its weights; random states are not copied.
 *
 * @returns which weights were copied, and which were not
 * @throws ConfigError if no trainable weight matches
 * @example
 * const make = (numClasses: number, seed: number) =>
 *   unet({ inputShape: [8, 8, 1], numClasses, filters: 4, depth: 1, seed });
 * transferWeights(make(4, 1), make(3, 2)).kept; // ["logits/kernel", "logits/bias"]
 */
export function transferWeights(from: tf.LayersModel, to: tf.LayersModel): WeightTransfer {
  const sources = ownedWeights(from);
  const copied: string[] = [];
  const kept: string[] = [];
  let trainable = 0;
  tf.tidy(() => {
    for (const [name, weight] of ownedWeights(to)) {
      const source = sources.get(name);
      const fits =
        source !== undefined &&
        weight.dtype !== "int32" &&
        source.shape.length === weight.shape.length &&
        source.shape.every((size, axis) => size === weight.shape[axis]);
      if (!fits) {
        kept.push(name);
        continue;
      }
      weight.write(source.read().clone());
      copied.push(name);
      if (to.trainableWeights.includes(weight)) trainable++;
    }
  });
  if (trainable > 0) return { copied, kept };
  throw new ConfigError({
    where: `transferWeights("${from.name}" to "${to.name}")`,
    expected: "networks with weights of the same names and shapes",
    got: "none that is trained",
    remedy: "Build both with the same arguments except numClasses.",
  });
}
