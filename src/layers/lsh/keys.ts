import * as tf from "@tensorflow/tfjs";
import type { FilledLshSettings } from "./options";

/** Added to a squared norm, so that a zero vector has a finite gradient. */
const EPSILON = 1e-9;

function inverseNorm(q: tf.Tensor2D): tf.Tensor2D {
  return tf.rsqrt(tf.add<tf.Tensor2D>(tf.sum(tf.square(q), 1, true), EPSILON));
}

function keyScale({ scale }: FilledLshSettings, dim: number): number {
  return scale === "sqrtDim" ? 1 / Math.sqrt(dim) : 1;
}

/** Keys of queries: unit norm, times the scale of the logits. */
export function keysOf(q: tf.Tensor2D, settings: FilledLshSettings): tf.Tensor2D {
  return tf.tidy(() => tf.mul(q, tf.mul(inverseNorm(q), keyScale(settings, q.shape[1]))));
}

/** The gradient of {@link keysOf}: the component along the query is removed. */
export function keysBackward(
  dk: tf.Tensor2D,
  q: tf.Tensor2D,
  settings: FilledLshSettings,
): tf.Tensor2D {
  return tf.tidy(() => {
    const norm = inverseNorm(q);
    const unit = tf.mul(q, norm);
    const along = tf.mul(unit, tf.sum(tf.mul(dk, unit), 1, true));
    return tf.mul(tf.sub(dk, along), tf.mul(norm, keyScale(settings, q.shape[1])));
  });
}
