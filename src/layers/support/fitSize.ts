import * as tf from "@tensorflow/tfjs";

/**
 * Crops or zero-pads the end of each axis of space, so that an upsampled map matches a skip of any
 * size.
 *
 * @param x `[batch, …space, channels]`
 * @param space the wanted sizes
 * @returns `[batch, …wanted, channels]`
 */
export function fitSize<T extends tf.Tensor>(x: T, ...space: readonly number[]): T {
  const wanted = [x.shape[0], ...space, x.shape[x.rank - 1]];
  if (wanted.every((size, axis) => size === x.shape[axis])) return x;
  return tf.tidy(() => {
    const overlap = wanted.map((size, axis) => Math.min(size, x.shape[axis]));
    const cropped = overlap.every((size, axis) => size === x.shape[axis])
      ? x
      : tf.slice(
          x,
          wanted.map(() => 0),
          overlap,
        );
    const missing = wanted.map((size, axis): [number, number] => [0, size - overlap[axis]]);
    return missing.every(([, behind]) => behind === 0) ? cropped : tf.pad(cropped, missing);
  });
}
