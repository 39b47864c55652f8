import * as tf from "@tensorflow/tfjs";
import type { WindowPlan } from "./windowPlan";

/** Rolls an axis by `steps` positions, with wrap-around. */
function roll<T extends tf.Tensor>(x: T, axis: number, steps: number): T {
  const size = x.shape[axis];
  const at = ((-steps % size) + size) % size;
  if (at === 0) return x;
  const [first, second] = tf.split<T>(x, [at, size - at], axis);
  return tf.concat<T>([second, first], axis);
}

/** Pads an image at its end to whole windows, and shifts it. */
export function padAndRoll(x: tf.Tensor4D, { size, shift }: WindowPlan): tf.Tensor4D {
  const missing = [size[0] - x.shape[1], size[1] - x.shape[2]];
  const padded =
    missing[0] + missing[1] === 0
      ? x
      : tf.pad4d(x, [
          [0, 0],
          [0, missing[0]],
          [0, missing[1]],
          [0, 0],
        ]);
  return roll(roll(padded, 1, -shift[0]), 2, -shift[1]);
}

/** Undoes {@link padAndRoll}. */
export function cropAndUnroll(
  x: tf.Tensor4D,
  [height, width]: readonly [number, number],
  { shift }: WindowPlan,
): tf.Tensor4D {
  const back = roll(roll(x, 1, shift[0]), 2, shift[1]);
  const [batch, , , channels] = back.shape;
  if (back.shape[1] === height && back.shape[2] === width) return back;
  return tf.slice4d(back, [0, 0, 0, 0], [batch, height, width, channels]);
}

/** `[batch, height, width, channels]` → `[batch * windows, tokens, channels]` */
export function splitWindows(x: tf.Tensor4D, { size, window, tokens }: WindowPlan): tf.Tensor3D {
  const [batch, , , channels] = x.shape;
  const [down, right] = [size[0] / window[0], size[1] / window[1]];
  const cut = tf.reshape(x, [batch, down, window[0], right, window[1], channels]);
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [-1, tokens, channels]);
}

/** Undoes {@link splitWindows}. */
export function joinWindows(
  rows: tf.Tensor,
  batch: number,
  { size, window }: WindowPlan,
): tf.Tensor4D {
  const channels = rows.shape[rows.rank - 1];
  const [down, right] = [size[0] / window[0], size[1] / window[1]];
  const cut = tf.reshape(rows, [batch, down, right, window[0], window[1], channels]);
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [batch, size[0], size[1], channels]);
}
