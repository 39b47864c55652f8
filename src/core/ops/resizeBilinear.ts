import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/** `[to, from]` weights of linear interpolation between pixel centres. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const weights = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const place = Math.min(Math.max(((row + 0.5) * from) / to - 0.5, 0), from - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, from - 1);
    weights[row * from + below] += 1 - (place - below);
    weights[row * from + above] += place - below;
  }
  return tf.tensor2d(weights, [to, from]);
}

/**
 * Bilinear resize with half-pixel centres (PyTorch's `align_corners=False`). The composite form is two
 * matrix products, so that its gradient is right on every backend: in the gradient of tfjs' own
 * resize, the JavaScript backend swaps height and width, and kernels ignore `halfPixelCenters`.
 *
 * @param x `[batch, h, w, channels]`
 * @returns `[batch, height, width, channels]`
 * @example
 * Array.from(resizeBilinear(tf.tensor4d([0, 4], [1, 1, 2, 1]), 1, 4).dataSync()); // [0, 1, 3, 4]
 */
export function resizeBilinear(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, h, w] = x.shape;
  return h === height && w === width ? x : resize(x, height, width);
}

const resize = defineOp(
  "resizeBilinear",
  (x: tf.Tensor4D, height: number, width: number): tf.Tensor4D => {
    const [batch, h, w, channels] = x.shape;
    return tf.tidy(() => {
      const rowsFirst = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [h, w * batch * channels]);
      const tall = tf.reshape(tf.matMul(interpolation(h, height), rowsFirst), [
        height,
        w,
        batch,
        channels,
      ]);
      const columnsFirst = tf.reshape(tf.transpose(tall, [1, 0, 2, 3]), [
        w,
        height * batch * channels,
      ]);
      const full = tf.reshape(tf.matMul(interpolation(w, width), columnsFirst), [
        width,
        height,
        batch,
        channels,
      ]);
      return tf.transpose(full, [2, 1, 0, 3]) as tf.Tensor4D;
    });
  },
);
