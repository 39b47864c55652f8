import * as tf from "@tensorflow/tfjs";
import { onlyShape, onlyTensor } from "./BookLayer";

/** Probabilities are clipped to at least this, as in Keras. */
const EPSILON = 1e-7;

/**
 * The logarithm of probabilities. Its softmax gives the probabilities again, so it can be used as the
 * logits of a network that outputs only probabilities.
 */
export class LogProbabilities extends tf.layers.Layer {
  static className = "LogProbabilities";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.log(tf.clipByValue(onlyTensor(inputs), EPSILON, 1)));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }
}

tf.serialization.registerClass(LogProbabilities);
