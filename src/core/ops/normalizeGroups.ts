import * as tf from "@tensorflow/tfjs";
import { isNestedGradient } from "../secondOrder";

/** How {@link normalizeGroups} normalises. */
export interface NormalizeGroupsOptions {
  /** Number of equal slices of the channels; must divide the number of channels. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Scale applied to the normalised values, `[channels]`; `null` for 1. */
  readonly gamma: tf.Tensor | null;
  /** Offset added afterwards, `[channels]`; `null` for 0. */
  readonly beta: tf.Tensor | null;
}

/** The mean of each group, repeated for each of its channels; `[batch, 1, channels]` in and out. */
function groupMean(perChannel: tf.Tensor3D, groups: number): tf.Tensor3D {
  const channels = perChannel.shape[2];
  if (groups === channels) return perChannel;
  const grouped = tf.reshape(perChannel, [-1, groups, channels / groups]);
  const mean = tf.mean(grouped, 2, true);
  const spread = tf.mul(mean, tf.ones([1, 1, channels / groups]));
  return tf.reshape(spread, [-1, 1, channels]);
}

/**
 * Each group's mean and inverse standard deviation, repeated for each of its channels: `[batch, 1,
 * channels]`.
 *
 * Reduces per channel first, then the per-channel values by group: reducing over positions and a
 * group's channels at once is far slower.
 */
function groupMoments(
  x: tf.Tensor3D,
  { groups, epsilon }: NormalizeGroupsOptions,
): { readonly mean: tf.Tensor3D; readonly inverse: tf.Tensor3D } {
  const channelMean = tf.mean<tf.Tensor3D>(x, 1, true);
  const channelVariance = tf.mean<tf.Tensor3D>(tf.square(tf.sub(x, channelMean)), 1, true);
  const mean = groupMean(channelMean, groups);
  const apart = tf.square(tf.sub(channelMean, mean));
  const variance = groupMean(tf.add<tf.Tensor3D>(channelVariance, apart), groups);
  return { mean, inverse: tf.rsqrt(tf.add<tf.Tensor3D>(variance, epsilon)) };
}

/** Normalises `[batch, positions, channels]` with ops that all have gradients. */
function composite(x: tf.Tensor3D, options: NormalizeGroupsOptions): tf.Tensor3D {
  const { mean, inverse } = groupMoments(x, options);
  const { gamma, beta } = options;
  const factor = gamma === null ? inverse : tf.mul<tf.Tensor3D>(inverse, gamma);
  const scaled = tf.mul<tf.Tensor3D>(tf.sub(x, mean), factor);
  return beta === null ? scaled : tf.add(scaled, beta);
}

/** The same, with a custom gradient that makes as few passes over the image as possible. */
function withGradient(x: tf.Tensor3D, options: NormalizeGroupsOptions): tf.Tensor3D {
  const [, places, channels] = x.shape;
  const gamma = options.gamma ?? tf.ones([channels]);
  const beta = options.beta ?? tf.zeros([channels]);
  const op = tf.customGrad((...given) => {
    const [input, factor, shift, save] = given as unknown as [
      tf.Tensor3D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const { mean, inverse } = groupMoments(input, options);
    const scaled = tf.mul(tf.sub(input, mean), tf.mul(inverse, factor));
    save([input, factor, mean, inverse]);
    const gradFunc = (dy: tf.Tensor3D, saved: tf.Tensor[]): tf.Tensor[] => {
      const [original, weight, centre, scale] = saved as [
        tf.Tensor3D,
        tf.Tensor1D,
        tf.Tensor3D,
        tf.Tensor3D,
      ];
      const centred = tf.sub(original, centre);
      const sum = tf.sum<tf.Tensor3D>(dy, 1, true);
      const along = tf.mul<tf.Tensor3D>(tf.sum<tf.Tensor3D>(tf.mul(dy, centred), 1, true), scale);
      const perPlace = (perChannel: tf.Tensor3D): tf.Tensor3D =>
        tf.div(groupMean(tf.mul<tf.Tensor3D>(perChannel, weight), options.groups), places);
      const shared = tf.mul(perPlace(sum), scale);
      const slope = tf.mul(perPlace(along), tf.square(scale));
      const own = tf.mul(dy, tf.mul(scale, weight));
      const dx = tf.sub(tf.sub(own, tf.mul(centred, slope)), shared);
      const total = (perChannel: tf.Tensor3D): tf.Tensor =>
        tf.sum(tf.reshape(perChannel, [-1, channels]), 0);
      return [dx, total(along), total(sum)];
    };
    return { value: tf.add(scaled, shift), gradFunc: gradFunc as never };
  });
  return op(x, gamma, beta) as tf.Tensor3D;
}

/**
 * Normalises each group of channels of each batch item to mean 0 and variance 1, then scales and
 * shifts.
 *
 * @param x `[batch, …, channels]`
 * @returns the shape of `x`
 * @example
 * const x = tf.tensor2d([[1, 3, 5, 5]]);
 * normalizeGroups(x, { groups: 2, epsilon: 0.5, gamma: null, beta: null }).shape; // [1, 4]
 * @see Wu and He 2018, arXiv:1803.08494
 */
export function normalizeGroups(x: tf.Tensor, options: NormalizeGroupsOptions): tf.Tensor {
  return tf.tidy(() => {
    const channels = x.shape[x.rank - 1];
    const flat = tf.reshape<tf.Rank.R3>(x, [x.shape[0], -1, channels]);
    const run = isNestedGradient() ? composite : withGradient;
    return tf.reshape(run(flat, options), x.shape);
  });
}
