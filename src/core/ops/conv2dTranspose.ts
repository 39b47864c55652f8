import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * Transposed convolution with padding "same": each pixel spreads its kernel over the output.
 *
 * @param x `[batch, h, w, inputs]`
 * @param filter `[kernelHeight, kernelWidth, outputs, inputs]`
 * @param outputShape `[batch, height, width, outputs]`, about `stride` times as high and wide
 * @returns a tensor of that shape
 * @example
 * const x = tf.tensor4d([1, 2], [1, 1, 2, 1]);
 * const spread = conv2dTranspose(x, tf.ones([1, 2, 1, 1]), [1, 1, 4, 1], [1, 2]);
 * Array.from(spread.dataSync()); // [1, 1, 2, 2]
 */
export const conv2dTranspose = defineOp(
  "conv2dTranspose",
  (
    x: tf.Tensor4D,
    filter: tf.Tensor4D,
    outputShape: [number, number, number, number],
    strides: [number, number],
  ): tf.Tensor4D => tf.conv2dTranspose(x, filter, outputShape, strides, "same"),
);
