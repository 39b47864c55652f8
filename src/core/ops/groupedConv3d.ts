import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../errors";
import { formatShape } from "../shapes";
import type { Padding2d } from "./groupedConv2d";

/** How a window moves over a volume. */
export interface Window3d {
  /** Along depth, height and width; default 1. */
  readonly strides?: readonly [number, number, number];
  /** Default `"same"`; a number is the voxels of zero padding on each side. */
  readonly padding?: Padding2d;
}

/**
 * Convolution of volumes in which each of `groups` equal slices of the channels has separate filters.
 *
 * @param x `[batch, depth, height, width, in]`
 * @param filter `[kernelDepth, kernelHeight, kernelWidth, in / groups, out]`; the number of groups
 *   follows from the shapes
 * @param window strides and padding
 * @returns `[batch, newDepth, newHeight, newWidth, out]`
 * @throws ShapeError when the channels do not divide
 * @example
 * const x = tf.ones<tf.Rank.R5>([1, 1, 1, 1, 4]);
 * const filter = tf.ones<tf.Rank.R5>([1, 1, 1, 2, 2]); // two groups of two channels
 * groupedConv3d(x, filter).arraySync(); // [[[[[2, 2]]]]]
 */
export function groupedConv3d(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  window: Window3d = {},
): tf.Tensor5D {
  const { strides = [1, 1, 1], padding = "same" } = window;
  const groups = x.shape[4] / filter.shape[3];
  if (!Number.isInteger(groups) || filter.shape[4] % groups !== 0) {
    throw new ShapeError({
      where: "groupedConv3d.filter",
      expected: `[kd, kh, kw, in / groups, out] with groups dividing ${x.shape[4]} and out`,
      got: `${formatShape(filter.shape)} for x ${formatShape(x.shape)}`,
    });
  }
  const convolve = (part: tf.Tensor5D, kernel: tf.Tensor5D): tf.Tensor5D =>
    tf.conv3d(part, kernel, [...strides], padding === "same" ? "same" : "valid");
  return tf.tidy(() => {
    const border: [number, number] = typeof padding === "number" ? [padding, padding] : [0, 0];
    const padded: tf.Tensor5D =
      border[0] === 0 ? x : tf.pad(x, [[0, 0], border, border, border, [0, 0]]);
    if (groups === 1) return convolve(padded, filter);
    const parts = tf.split<tf.Tensor5D>(padded, groups, 4);
    const kernels = tf.split<tf.Tensor5D>(filter, groups, 4);
    return tf.concat(
      parts.map((part, index) => convolve(part, kernels[index])),
      4,
    );
  });
}
