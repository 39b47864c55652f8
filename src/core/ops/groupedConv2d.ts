import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../errors";
import { formatShape } from "../shapes";
import { defineOp } from "./registry";

/**
 * Zero padding: one of Keras' two names, or the number of rows and columns on each side as in PyTorch.
 */
export type Padding2d = "same" | "valid" | number;

/** How a window moves over an image. */
export interface Window2d {
  /** `[down, right]`; default 1. */
  readonly strides?: readonly [number, number];
  /** Default `"same"`. */
  readonly padding?: Padding2d;
}

/** The number of positions of a window of `kernel` along an axis of `size`. */
export function windowCount(
  size: number,
  kernel: number,
  stride: number,
  padding: Padding2d,
): number {
  if (padding === "same") return Math.ceil(size / stride);
  const padded = size + (padding === "valid" ? 0 : 2 * padding);
  return Math.floor((padded - kernel) / stride) + 1;
}

/** The number of groups that a filter `[kh, kw, in / groups, out]` cuts the channels of `x` into. */
export function groupCount(x: tf.Tensor4D, filter: tf.Tensor4D): number {
  const [inChannels, perGroup, outChannels] = [x.shape[3], filter.shape[2], filter.shape[3]];
  const groups = inChannels / perGroup;
  if (!Number.isInteger(groups) || outChannels % groups !== 0) {
    throw new ShapeError({
      where: "groupedConv2d.filter",
      expected: `[kh, kw, in / groups, out] with groups dividing ${inChannels} and out`,
      got: `${formatShape(filter.shape)} for x ${formatShape(x.shape)}`,
    });
  }
  return groups;
}

function checkPadding(padding: Padding2d): void {
  if (typeof padding === "number" && (!Number.isInteger(padding) || padding < 0)) {
    throw new ConfigError({
      where: "groupedConv2d.padding",
      expected: '"same", "valid" or a whole number of pixels',
      got: String(padding),
    });
  }
}

function composite(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window2d = {}): tf.Tensor4D {
  const { strides = [1, 1], padding = "same" } = window;
  checkPadding(padding);
  const groups = groupCount(x, filter);
  return tf.tidy(() => {
    const isPixels = typeof padding === "number";
    const padded: tf.Tensor4D = isPixels
      ? tf.pad4d(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ])
      : x;
    const convolve = (part: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D =>
      tf.conv2d(part, kernel, [strides[0], strides[1]], isPixels ? "valid" : padding);
    if (groups === 1) return convolve(padded, filter);
    const parts = tf.split<tf.Tensor4D>(padded, groups, 3);
    const kernels = tf.split<tf.Tensor4D>(filter, groups, 3);
    return tf.concat4d(
      parts.map((part, index) => convolve(part, kernels[index])),
      3,
    );
  });
}

/**
 * Convolution in which each of `groups` equal slices of the channels has separate filters.
 *
 * @param x `[batch, height, width, in]`
 * @param filter `[kernelHeight, kernelWidth, in / groups, out]`; the number of groups follows from the
 * shapes; output channels are ordered by group, as in PyTorch and TensorFlow
 * @param window strides and padding
 * @returns `[batch, newHeight, newWidth, out]`
 * @throws ShapeError when the channels do not divide
 * @example
 * const x = tf.ones<tf.Rank.R4>([1, 1, 1, 4]);
 * // Two groups of two channels.
 * const filter = tf.ones<tf.Rank.R4>([1, 1, 2, 2]);
 * groupedConv2d(x, filter).arraySync(); // [[[[2, 2]]]]
 * @see Xie et al. 2017, "Aggregated Residual Transformations", arXiv:1611.05431, figure 3c
 */
export const groupedConv2d = defineOp("groupedConv2d", composite);
