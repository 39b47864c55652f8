import * as tf from "@tensorflow/tfjs-node-gpu";
import { serve } from "../support/serve";

// node tfjsStep.cjs BATCH SIZE: the U-Net's training step as users of tfjs-node usually write it.
const [batch, size] = process.argv.slice(2).map(Number);

function block(x: tf.SymbolicTensor, filters: number): tf.SymbolicTensor {
  let y = x;
  for (let i = 0; i < 2; i++) {
    const convolution = { filters, kernelSize: 3, padding: "same", useBias: false } as const;
    y = tf.layers.conv2d(convolution).apply(y) as tf.SymbolicTensor;
    y = tf.layers
      .batchNormalization({ momentum: 0.9, epsilon: 1e-5 })
      .apply(y) as tf.SymbolicTensor;
    y = tf.layers.reLU().apply(y) as tf.SymbolicTensor;
  }
  return y;
}

function unet(): tf.LayersModel {
  const inputs = tf.input({ shape: [size, size, 1] });
  const skips: tf.SymbolicTensor[] = [];
  let x: tf.SymbolicTensor = inputs;
  for (let level = 0; level < 4; level++) {
    const skip = block(x, 16 * 2 ** level);
    skips.push(skip);
    x = tf.layers
      .maxPooling2d({ poolSize: 2, strides: 2, padding: "same" })
      .apply(skip) as tf.SymbolicTensor;
  }
  x = block(x, 256);
  for (let level = 3; level >= 0; level--) {
    const up = { filters: 16 * 2 ** level, kernelSize: 2, strides: 2, useBias: false } as const;
    x = tf.layers.conv2dTranspose(up).apply(x) as tf.SymbolicTensor;
    const excess = (x.shape[1] ?? 0) - (skips[level].shape[1] ?? 0);
    if (excess > 0) {
      const cropping: [[number, number], [number, number]] = [
        [0, excess],
        [0, excess],
      ];
      x = tf.layers.cropping2D({ cropping }).apply(x) as tf.SymbolicTensor;
    }
    x = tf.layers.concatenate().apply([skips[level], x]) as tf.SymbolicTensor;
    x = block(x, 16 * 2 ** level);
  }
  const outputs = tf.layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}

const model = unet();
const optimizer = tf.train.adam(1e-3);
const images = tf.randomUniform<tf.Rank.R4>([batch, size, size, 1]);
const labels = tf.randomUniform([batch * size * size], 0, 3, "int32");
const chosen = tf.oneHot(labels, 3).reshape([batch, size, size, 3]);

serve(
  () => {
    const loss = optimizer.minimize(
      () =>
        tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(
          chosen,
          model.apply(images, { training: true }) as tf.Tensor,
        ),
      true,
    );
    loss?.dataSync();
    loss?.dispose();
  },
  { parameters: model.countParams() },
);
