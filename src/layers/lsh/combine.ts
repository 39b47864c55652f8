import * as tf from "@tensorflow/tfjs";
import type { Partial } from "./attend";

/** Below it, no logit but masked ones: `attend` masks by -1e9. */
const NOTHING_IN_REACH = -5e8;

/** Step 5: joins two rounds under one softmax, by the log-sum-exp of each. */
export function combine(a: Partial | null, b: Partial): Partial {
  if (a === null) return b;
  return tf.tidy(() => {
    const largest = tf.maximum<tf.Tensor2D>(a.largest, b.largest);
    const shareA = tf.exp(tf.sub(a.largest, largest));
    const shareB = tf.exp(tf.sub(b.largest, largest));
    return {
      largest,
      total: tf.add<tf.Tensor2D>(tf.mul(a.total, shareA), tf.mul(b.total, shareB)),
      output: tf.add<tf.Tensor2D>(tf.mul(a.output, shareA), tf.mul(b.output, shareB)),
    };
  });
}

/** The sum over all rounds, normalised. */
export type Combined = {
  /** `[rows, valueDim]` */
  readonly output: tf.Tensor2D;
  /** bool `[rows, 1]`: tokens with nothing in reach, which attend themselves. */
  readonly isAlone: tf.Tensor2D;
  /** `[rows, 1]`, 0 for tokens alone */
  readonly largest: tf.Tensor2D;
  /** `[rows, 1]`, 1 for tokens alone */
  readonly total: tf.Tensor2D;
};

/**
 * Divides by the sum. A token with nothing else in reach, in no round, takes its own value: the
 * limit of a soft mask (such as -5e4) on the token itself, without its rounding errors.
 */
export function normalise({ largest, total, output }: Partial, v: tf.Tensor2D): Combined {
  return tf.tidy(() => {
    const isAlone = tf.less<tf.Tensor2D>(largest, NOTHING_IN_REACH);
    const sum = tf.where(isAlone, tf.onesLike(total), total);
    return {
      isAlone,
      largest: tf.where(isAlone, tf.zerosLike(largest), largest),
      total: sum,
      output: tf.where(isAlone, v, tf.div<tf.Tensor2D>(output, sum)),
    };
  });
}
