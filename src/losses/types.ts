import type * as tf from "@tensorflow/tfjs";

/** What a network's output holds: raw scores, or shares of one that a softmax made of them. */
export type PredictionKind = "logits" | "probabilities";

/**
 * A differentiable segmentation loss: mean over the batch, lower is better.
 *
 * It reads no tensor's data, so it can be traced and compiled.
 */
export interface SegmentationLoss<Kind extends PredictionKind = "logits"> {
  /**
   * @param labels class indices `[batch, ...space]` (or `[batch, ...space, 1]`), or one-hot
   *   `[batch, ...space, classes]`; a voxel whose one-hot row is all 0 counts nowhere. `...space` may
   *   be an image, a volume or nothing. Indices of any dtype; a loss reads no values, so a fraction is
   *   cut off, as in Keras, and an index that is no class gives a wrong loss. `fit` refuses both.
   * @param prediction `[batch, ...space, classes]`, logits or probabilities as `from` says
   * @param mask 1 where a voxel counts, 0 where it does not; `[batch, ...space]`
   * @returns a scalar
   * @throws ShapeError when the shapes do not belong together
   */
  (labels: tf.Tensor, prediction: tf.Tensor, mask?: tf.Tensor): tf.Scalar;
  readonly lossName: string;
  readonly from: Kind;
}

/** The loss takes raw scores; the default. */
export interface FromLogits {
  readonly from?: "logits";
}

/** The loss takes probabilities. */
export interface FromProbabilities {
  readonly from: "probabilities";
  /** Probabilities are held above this before a logarithm; default 1e-7, as Keras has it. */
  readonly epsilon?: number;
}

/** Options of every loss. */
export interface CommonLossOptions {
  /**
   * A weight for each class. They shift the balance, not the scale: each mean is divided by the sum of
   * the weights in it. Default: all 1.
   */
  readonly classWeights?: readonly number[];
  /** Voxels with this label count nowhere: neither in the loss nor in its gradient. */
  readonly ignoreIndex?: number;
  /** The same as `ignoreIndex`, under the name that the metrics have for it. */
  readonly ignoreLabel?: number;
}

/** Options of the losses over regions (Dice and its kin). */
export interface RegionLossOptions extends CommonLossOptions {
  /** Counts class 0 as well; default true. */
  readonly includeBackground?: boolean;
  /** Sums over the whole batch before dividing; default false: one score an image. */
  readonly isBatchwise?: boolean;
  /**
   * Leaves out the classes that an image (with `isBatchwise`: the batch) does not have, as the mean
   * Dice over the cases that have a class does: the mean over the images that have a class comes
   * first, then the mean over the classes that occur. Otherwise an image without a class pulls its
   * probabilities to zero, and a rare class is never learned. Default false.
   */
  readonly skipAbsent?: boolean;
  /** Added to numerator and denominator, so that an empty class costs 0; default 1e-5. */
  readonly smooth?: number;
}

/** How a loss reads its prediction, as resolved by {@link resolveSource}. */
export interface PredictionSource {
  readonly from: PredictionKind;
  readonly epsilon: number;
}
