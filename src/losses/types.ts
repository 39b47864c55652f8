import type * as tf from "@tensorflow/tfjs";

/** What a network outputs: logits, or probabilities after a softmax. */
export type PredictionKind = "logits" | "probabilities";

/**
 * A differentiable segmentation loss: mean over the batch, lower is better.
 *
 * It reads no tensor's data, so it can be traced and compiled.
 */
export interface SegmentationLoss<Kind extends PredictionKind = "logits"> {
  /**
   * @param labels class indices `[batch, ...space]` (or `[batch, ...space, 1]`), or one-hot `[batch,
   *   ...space, classes]`; a voxel whose one-hot row is all 0 is ignored. `...space` may be an image,
   *   a volume or nothing. Indices of any dtype; a loss does not check values, so a fraction is
   *   truncated, as in Keras, and an index out of range gives a wrong loss. `fit` rejects both.
   * @param prediction `[batch, ...space, classes]`, logits or probabilities as `from` says
   * @param mask 1 where a voxel counts, 0 where it does not; `[batch, ...space]`
   * @returns a scalar
   * @throws ShapeError if the shapes are inconsistent
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
  /** Probabilities are clipped to at least this before a logarithm; default 1e-7, as in Keras. */
  readonly epsilon?: number;
}

/** Options of every loss. */
export interface CommonLossOptions {
  /**
   * One weight per class. They change the balance, not the scale: each mean is divided by the sum of
   * its weights. Default: all 1.
   */
  readonly classWeights?: readonly number[];
  /** Voxels with this label are ignored, in the loss and in its gradient. */
  readonly ignoreIndex?: number;
  /** Alias of `ignoreIndex`, the name that the metrics use. */
  readonly ignoreLabel?: number;
}

/** Options of the region losses (Dice and similar ones). */
export interface RegionLossOptions extends CommonLossOptions {
  /** Counts class 0 as well; default true. */
  readonly includeBackground?: boolean;
  /** Sums over the whole batch before dividing; default false: one score per image. */
  readonly isBatchwise?: boolean;
  /**
   * Skips classes that are absent from an image (with `isBatchwise`: from the batch): takes the mean
   * over the images that have a class, then over the classes that occur, like the mean Dice over the
   * cases that have a class. Otherwise images without a class push its probabilities to zero, and a
   * rare class is never learned. Default false.
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
