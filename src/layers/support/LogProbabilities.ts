import * as tf from "@tensorflow/tfjs";
import { onlyShape, onlyTensor } from "./BookLayer";

/** Probabilities are held above this, as Keras has it. */
const EPSILON = 1e-7;

/**
 * The logarithm of probabilities. Its softmax is the probabilities again, so it serves as the scores
 * of a network that gives only those.
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
