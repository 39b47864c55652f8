import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * Rows of a matrix: `result[i] = x[indices[i]]`. The native form does not read the indices back, as
 * tfjs-node's own gather does, so it can be recorded; the caller must make sure that the indices are
 * in range.
 *
 * @param x `[rows, columns]`
 * @param indices int32 `[n]`
 * @returns `[n, columns]`
 * @example
 * const x = tf.tensor2d([[1], [2], [3]]);
 * gatherRows(x, tf.tensor1d([2, 0], "int32")).arraySync(); // [[3], [1]]
 */
export const gatherRows = defineOp(
  "gatherRows",
  (x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D => tf.gather(x, indices),
);

/**
 * The rows of a matrix in another order. Its gradient is a gather with the inverse order, never a
 * scatter-add.
 *
 * @param x `[rows, columns]`
 * @param order int32 `[rows]`, a permutation
 * @param inverse its inverse, see `invertPermutation`
 * @example
 * const [order, inverse] = [tf.tensor1d([2, 0, 1], "int32"), tf.tensor1d([1, 2, 0], "int32")];
 * permuteRows(tf.tensor2d([[1], [2], [3]]), order, inverse).arraySync(); // [[3], [1], [2]]
 */
export function permuteRows(x: tf.Tensor2D, order: tf.Tensor1D, inverse: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((input, permutation, inverted, save) => {
    (save as tf.GradSaveFunc)([permutation as tf.Tensor, inverted as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, [forward, back]: tf.Tensor[]): tf.Tensor[] => [
      permuteRows(dy as tf.Tensor2D, back as tf.Tensor1D, forward as tf.Tensor1D),
      tf.zerosLike(forward),
      tf.zerosLike(back),
    ];
    const value = gatherRows(input as tf.Tensor2D, permutation as tf.Tensor1D);
    return { value, gradFunc };
  })(x, order, inverse);
}
