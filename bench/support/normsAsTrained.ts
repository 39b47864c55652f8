import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";

/**
 * Gives norms and biases values as after a training: TensorFlow drops the biases of an untrained network,
 * which are 0, and then fuses fewer ops.
 */
export function setNormsAsTrained(model: tf.LayersModel): void {
  const random = createRandom(11);
  const weights = model.getWeights().map((weight) => {
    if (weight.rank !== 1) return weight;
    return tf.tensor1d(Array.from({ length: weight.size }, () => 0.5 + random.uniform() / 2));
  });
  model.setWeights(weights);
}
