import * as tf from "@tensorflow/tfjs";

/**
 * One-hot rows in float32.
 *
 * tfjs' WebAssembly form of `oneHot` writes integers whatever dtype it is asked for, and read as floats
 * they are as good as 0. Elsewhere the floats are made at once: on WebGPU a cast keeps the integers'
 * buffer, which a sum cannot transpose.
 *
 * @param labels `[n]`, int32
 * @returns `[n, depth]`
 */
export function floatOneHot(labels: tf.Tensor1D, depth: number): tf.Tensor2D {
  const rows =
    tf.getBackend() === "wasm"
      ? tf.oneHot(labels, depth).toFloat()
      : tf.oneHot(labels, depth, 1, 0, "float32");
  return rows as tf.Tensor2D;
}
