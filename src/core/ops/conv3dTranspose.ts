import * as tf from "@tensorflow/tfjs";

/**
 * Transposed convolution of volumes with padding "same": each voxel spreads its kernel over the
 * output. tfjs' own has no gradient; this one is differentiable in both arguments.
 *
 * @param x `[batch, d, h, w, inputs]`
 * @param filter `[kernelDepth, kernelHeight, kernelWidth, outputs, inputs]`
 * @param outputShape `[batch, depth, height, width, outputs]`, about `strides` times as large
 * @param strides along depth, height and width
 * @returns a tensor of that shape
 * @example
 * const x = tf.tensor5d([1, 2], [1, 1, 1, 2, 1]);
 * const filter = tf.ones<tf.Rank.R5>([1, 1, 2, 1, 1]);
 * const spread = conv3dTranspose(x, filter, [1, 1, 1, 4, 1], [1, 1, 2]);
 * Array.from(spread.dataSync()); // [1, 1, 2, 2]
 */
export function conv3dTranspose(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  outputShape: [number, number, number, number, number],
  strides: [number, number, number],
): tf.Tensor5D {
  return tf.customGrad((input, kernel, save) => {
    const [volume, weights] = [input as tf.Tensor5D, kernel as tf.Tensor5D];
    (save as tf.GradSaveFunc)([volume, weights]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedVolume, savedWeights] = saved as tf.Tensor5D[];
      // This op is the gradient of a convolution; its own gradients are that convolution and the
      // filter gradient.
      const spread = dy as tf.Tensor5D;
      const dFilter: tf.Tensor = tf
        .engine()
        .runKernel(
          tf.Conv3DBackpropFilterV2,
          { x: spread, dy: savedVolume },
          { strides, pad: "same", filterShape: savedWeights.shape },
        );
      return [tf.conv3d(spread, savedWeights, strides, "same"), dFilter];
    };
    return { value: tf.conv3dTranspose(volume, weights, outputShape, strides, "same"), gradFunc };
  })(x, filter);
}
