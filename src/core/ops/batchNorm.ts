import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/** The tensors of a batch normalisation, each `[channels]`. */
export interface BatchNormParameters {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly movingMean: tf.Tensor1D;
  readonly movingVariance: tf.Tensor1D;
}

/** Hyperparameters of batch normalisation in training. */
export interface BatchNormOptions {
  readonly epsilon: number;
  /** Fraction of the old running statistics that a step keeps. */
  readonly momentum: number;
}

/** A normalised batch and the running statistics after it; the caller disposes of all three. */
export interface BatchNormResult {
  readonly output: tf.Tensor4D;
  /** No gradient flows through it. */
  readonly movingMean: tf.Tensor1D;
  readonly movingVariance: tf.Tensor1D;
}

/** Mean and biased variance over all axes but the last. */
function channelMoments(x: tf.Tensor4D): { mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const mean = tf.mean(x, [0, 1, 2]);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
  return { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

function normalise(
  x: tf.Tensor4D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  parameters: BatchNormParameters,
  epsilon: number,
): tf.Tensor4D {
  const inverse = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), parameters.gamma);
  return tf.add(tf.mul(tf.sub(x, mean), inverse), parameters.beta);
}

function compositeTraining(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  options: BatchNormOptions,
): BatchNormResult {
  const { epsilon, momentum } = options;
  return tf.tidy(() => {
    const { mean, variance } = channelMoments(x);
    const output = normalise(x, mean, variance, parameters, epsilon);
    const count = x.size / x.shape[3];
    const unbiased = tf.mul(variance, count / Math.max(count - 1, 1));
    const blend = (old: tf.Tensor1D, now: tf.Tensor): tf.Tensor1D =>
      tf.add(tf.mul(old, momentum), tf.mul(now, 1 - momentum));
    return {
      output,
      movingMean: blend(parameters.movingMean, mean),
      movingVariance: blend(parameters.movingVariance, unbiased),
    };
  });
}

function compositeInference(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  epsilon: number,
): tf.Tensor4D {
  const { movingMean, movingVariance } = parameters;
  return tf.tidy(() => normalise(x, movingMean, movingVariance, parameters, epsilon));
}

/**
 * Batch normalisation with the batch's own statistics, and the running statistics after the step.
 *
 * The output is normalised by the biased variance; the running variance is updated with the unbiased
 * one, as in TensorFlow's fused op and in PyTorch. Differentiable in `x`, `gamma` and `beta`.
 *
 * @param x `[batch, height, width, channels]`
 * @example
 * const x = tf.tensor4d([0, 2], [2, 1, 1, 1]);
 * const one = tf.tensor1d([1]);
 * const zero = tf.tensor1d([0]);
 * const { movingMean } = batchNormTraining(
 *   x,
 *   { gamma: one, beta: zero, movingMean: zero, movingVariance: one },
 *   { epsilon: 1e-3, momentum: 0.5 },
 * );
 * movingMean.arraySync(); // [0.5]
 * @see Ioffe and Szegedy 2015, arXiv:1502.03167
 */
export const batchNormTraining = defineOp("batchNormTraining", compositeTraining);

/**
 * Batch normalisation with fixed statistics: one scale and one shift per channel.
 *
 * @param x `[batch, height, width, channels]`
 * @returns the shape of `x`
 */
export const batchNormInference = defineOp("batchNormInference", compositeInference);
