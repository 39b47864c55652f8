import * as tf from "@tensorflow/tfjs";
import { BatchNormalization } from "../../../src/layers/BatchNormalization";

/** The smallest network that learns discs, with batch statistics and logits before a softmax. */
export function tinySegmenter(size: number, seed = 5): tf.LayersModel {
  const kernel = (offset: number) => tf.initializers.heNormal({ seed: seed + offset });
  const conv = (filters: number, offset: number) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      padding: "same",
      kernelInitializer: kernel(offset),
    });
  const input = tf.input({ shape: [size, size, 1] });
  const features = new BatchNormalization({ momentum: 0.8 }).apply(
    conv(8, 0).apply(input),
  ) as tf.SymbolicTensor;
  const hidden = tf.layers.reLU().apply(features) as tf.SymbolicTensor;
  const logits = tf.layers
    .conv2d({ filters: 3, kernelSize: 1, name: "logits", kernelInitializer: kernel(1) })
    .apply(hidden) as tf.SymbolicTensor;
  const output = tf.layers.softmax({ name: "softmax" }).apply(logits) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output, name: "tiny" });
}
