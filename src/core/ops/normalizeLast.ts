import * as tf from "@tensorflow/tfjs";
import { isNestedGradient } from "../secondOrder";

/** How {@link normalizeLast} normalises. */
export interface NormalizeOptions {
  /** Added to the variance, or to the mean square. */
  readonly epsilon: number;
  /**
   * Whether the mean is subtracted first: true for layer normalisation, false for RMS normalisation.
   */
  readonly isCentred: boolean;
}

/** The (centred) values and their divisor, whose last axis has size 1. */
function normalised(x: tf.Tensor, { epsilon, isCentred }: NormalizeOptions) {
  const centred = isCentred ? tf.sub(x, tf.mean(x, -1, true)) : x;
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { value: tf.mul(centred, inverse), inverse };
}

/**
 * Divides each vector along the last axis by its standard deviation or root mean square.
 *
 * @param x `[…, channels]`
 * @returns the shape of `x`
 * @example
 * const x = tf.tensor2d([[1, 3]]);
 * normalizeLast(x, { epsilon: 0, isCentred: true }).arraySync(); // [[-1, 1]]
 */
export function normalizeLast(x: tf.Tensor, options: NormalizeOptions): tf.Tensor {
  if (isNestedGradient()) return tf.tidy(() => normalised(x, options).value);
  return tf.customGrad((input, save) => {
    const { value, inverse } = normalised(input as tf.Tensor, options);
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, [unit, scale]: tf.Tensor[]): tf.Tensor => {
      const along = tf.mul(unit, tf.mean(tf.mul(dy, unit), -1, true));
      const across = tf.sub(dy, along);
      const free = options.isCentred ? tf.sub(across, tf.mean(dy, -1, true)) : across;
      return tf.mul(free, scale);
    };
    return { value, gradFunc };
  })(x);
}
