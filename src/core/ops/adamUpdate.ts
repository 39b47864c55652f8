import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/** One Adam step for one weight; every tensor except the gradient is a scalar. */
export interface AdamStep {
  readonly gradient: tf.Tensor;
  readonly learningRate: tf.Tensor;
  /** `beta1^t` and `beta2^t` of this step, t counted from 1. */
  readonly beta1Power: tf.Tensor;
  readonly beta2Power: tf.Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The variables that a step updates. */
export interface AdamVariables {
  readonly weight: tf.Variable;
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

/**
 * Updates a weight and its two moments in place, as TensorFlow's `ResourceApplyAdam` does: `weight −=
 * lr·√(1 − β2^t)/(1 − β1^t) · mean/(√square + ε)`.
 *
 * @see Kingma 2015, arXiv:1412.6980, the form before section 2.1, whose ε is not corrected for t.
 */
export const adamUpdate = defineOp(
  "adamUpdate",
  ({ weight, mean, square }: AdamVariables, step: AdamStep): void => {
    const { gradient, beta1, beta2, epsilon } = step;
    tf.tidy(() => {
      const correction = tf.div(tf.sqrt(tf.sub(1, step.beta2Power)), tf.sub(1, step.beta1Power));
      const rate = tf.mul(step.learningRate, correction);
      mean.assign(tf.add(mean, tf.mul(tf.sub(gradient, mean), 1 - beta1)));
      square.assign(tf.add(square, tf.mul(tf.sub(tf.square(gradient), square), 1 - beta2)));
      const move = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon));
      weight.assign(tf.sub(weight, move));
    });
  },
);
