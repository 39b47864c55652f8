import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";

/**
 * Gives norms and biases values as after a training: of an untrained network TensorFlow drops the biases,
 * which are 0, and fuses less.
 */
export function setTrainedLikeNorms(model: tf.LayersModel): void {
  const random = createRandom(11);
  const weights = model.getWeights().map((weight) => {
    if (weight.rank !== 1) return weight;
    return tf.tensor1d(Array.from({ length: weight.size }, () => 0.5 + random.uniform() / 2));
  });
  model.setWeights(weights);
}
