import * as tf from "@tensorflow/tfjs";

/**
 * Max pooling by 2 along each axis of space; an odd edge is pooled by itself.
 *
 * @param x `[batch, …space, channels]` of one, two or three axes
 */
export function maxPoolHalf(x: tf.Tensor): tf.Tensor {
  switch (x.rank) {
    case 3:
      return tf.tidy(() =>
        tf.squeeze(tf.maxPool(tf.expandDims<tf.Tensor4D>(x, 1), [1, 2], [1, 2], "same"), [1]),
      );
    case 5:
      return tf.maxPool3d(x as tf.Tensor5D, 2, 2, "same");
    default:
      return tf.maxPool(x as tf.Tensor4D, 2, 2, "same");
  }
}
