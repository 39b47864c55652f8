import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import {
  REGION_OPTIONS,
  checkAtLeast,
  checkOptions,
  nameLoss,
  prepareTargets,
  resolveSource,
} from "./prepare";
import { regionTerms } from "./regionTerms";
import type { RegionTerms } from "./regionTerms";
import type {
  FromLogits,
  FromProbabilities,
  PredictionKind,
  RegionLossOptions,
  SegmentationLoss,
} from "./types";

/** Options of {@link generalisedDiceLoss}; every field has a default. */
export interface GeneralisedDiceLossOptions extends RegionLossOptions {
  /** Weight of a class of size `n`: `1/n²` (default), `1/n`, or 1. */
  readonly volumeWeighting?: "square" | "simple" | "uniform";
}

/**
 * Generalised Dice loss: classes are summed before the division, each weighted by the inverse of its
 * size, so that a small lesion counts as much as a lung. A class absent from the truth gets the
 * largest weight in its image, as in MONAI's `GeneralizedDiceLoss`.
 *
 * @example
 * const labels = tf.tensor([[0, 1]], [1, 2], "int32");
 * const sure = tf.tensor([[[99, 0], [0, 99]]]);
 * generalisedDiceLoss()(labels, sure).arraySync(); // 0
 * @see Sudre 2017, arXiv:1707.03237
 */
export function generalisedDiceLoss(
  options?: GeneralisedDiceLossOptions & FromLogits,
): SegmentationLoss;
export function generalisedDiceLoss(
  options: GeneralisedDiceLossOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function generalisedDiceLoss(
  options: GeneralisedDiceLossOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  checkOptions("generalisedDiceLoss", options, [...REGION_OPTIONS, "volumeWeighting"]);
  const { smooth = 1e-5, volumeWeighting = "square" } = options;
  checkAtLeast("generalisedDiceLoss.smooth", smooth, 0);
  if (options.skipAbsent === true) {
    throw new ConfigError({
      where: "generalisedDiceLoss.skipAbsent",
      expected: "false",
      got: "true",
      remedy: "All classes share one quotient here; use diceLoss.",
    });
  }
  const source = resolveSource(options);
  return nameLoss("generalisedDice", source.from, (labels, prediction, mask) => {
    const targets = prepareTargets("generalisedDiceLoss", labels, prediction, mask, options);
    const terms = regionTerms(targets, prediction, source, options);
    const weights = sizeWeights(terms, volumeWeighting);
    const overlap = tf.sum(tf.mul(terms.intersection, weights), 1);
    const total = tf.sum(tf.mul(tf.add(terms.predicted, terms.truth), weights), 1);
    const numerator = tf.add(tf.mul(overlap, 2), smooth);
    return tf.mean(tf.sub(1, tf.div(numerator, tf.add(total, smooth))));
  });
}

/** `[batch, classes]`; an absent class takes its row's largest weight. */
function sizeWeights(terms: RegionTerms, weighting: "square" | "simple" | "uniform"): tf.Tensor2D {
  const { truth } = terms;
  // Normalised to mean 1, so that `smooth` has the same effect whatever the class weights.
  const balance = tf.mul(terms.classShares, terms.classShares.size);
  if (weighting === "uniform") return tf.mul(tf.onesLike(truth), balance);
  const size = weighting === "square" ? tf.square(truth) : truth;
  const isAbsent = tf.equal(size, 0);
  const inverse = tf.div(1, tf.where(isAbsent, tf.onesLike(size), size));
  const present = tf.mul(inverse, tf.sub(1, isAbsent.toFloat()));
  const largest = tf.mul(tf.max(present, 1, true), tf.onesLike(present));
  return tf.mul(tf.where(isAbsent, largest, present), balance);
}
