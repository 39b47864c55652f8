import * as tf from "@tensorflow/tfjs";

/**
 * One-hot rows in float32.
 *
 * tfjs' WebAssembly `oneHot` writes integers whatever dtype is requested; reinterpreted as floats they
 * are almost 0, so there the result is cast. Other backends make floats directly: on WebGPU a cast
 * keeps the integer buffer, which a sum cannot transpose.
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
