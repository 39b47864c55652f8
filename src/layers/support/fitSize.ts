import * as tf from "@tensorflow/tfjs";

/**
 * Crops or zero-pads the end of height and width, so that an upsampled map meets a skip of any
 * size.
 *
 * @param x `[batch, h, w, channels]`
 * @returns `[batch, height, width, channels]`
 */
export function fitSize(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [batch, h, w, channels] = x.shape;
  if (h === height && w === width) return x;
  return tf.tidy(() => {
    const cropped =
      h > height || w > width
        ? tf.slice4d(x, [0, 0, 0, 0], [batch, Math.min(h, height), Math.min(w, width), channels])
        : x;
    if (h >= height && w >= width) return cropped;
    return tf.pad4d(cropped, [
      [0, 0],
      [0, Math.max(height - h, 0)],
      [0, Math.max(width - w, 0)],
      [0, 0],
    ]);
  });
}
