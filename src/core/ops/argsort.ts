import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * The order that sorts each row ascending. Keys that are all different, such as
 * `bucket * length + position`, make it stable on every backend. No gradient.
 *
 * @param keys int32 `[rows, n]`
 * @returns int32 `[rows, n]`: the original index of each sorted entry
 * @example
 * argsortRows(tf.tensor2d([[30, 10, 20]], [1, 3], "int32")).arraySync(); // [[1, 2, 0]]
 */
export const argsortRows = defineOp("argsortRows", (keys: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => tf.topk(tf.neg(keys), keys.shape[1]).indices),
);

/**
 * The permutation that undoes another.
 *
 * @param order int32 `[n]`, holding each of 0 … n − 1 once
 * @example
 * invertPermutation(tf.tensor1d([2, 0, 1], "int32")).arraySync(); // [1, 2, 0]
 */
export const invertPermutation = defineOp("invertPermutation", (order: tf.Tensor1D): tf.Tensor1D =>
  tf.tidy(() => {
    const length = order.shape[0];
    const places = tf.range(0, length, 1, "int32");
    return tf.scatterND(tf.reshape(order, [length, 1]), places, [length]);
  }),
);
