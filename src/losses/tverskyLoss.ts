import * as tf from "@tensorflow/tfjs";
import {
  REGION_OPTIONS,
  checkAtLeast,
  checkOptions,
  nameLoss,
  prepareTargets,
  resolveSource,
} from "./prepare";
import { meanOverClasses, regionTerms } from "./regionTerms";
import type {
  FromLogits,
  FromProbabilities,
  PredictionKind,
  RegionLossOptions,
  SegmentationLoss,
} from "./types";

/** Options of {@link tverskyLoss}; every field has a default. */
export interface TverskyLossOptions extends RegionLossOptions {
  /** Weight of false positives; default 0.3. */
  readonly falsePositiveWeight?: number;
  /** Weight of false negatives; default 0.7: a missed lesion costs more than a false positive. */
  readonly falseNegativeWeight?: number;
}

/**
 * Tversky loss: `1 − (TP + s) / (TP + α·FP + β·FN + s)`; α = β = 0.5 is the Dice loss.
 *
 * The defaults are the paper's best; MONAI's `TverskyLoss` has 0.5 and 0.5.
 *
 * @example
 * const labels = tf.tensor([[0, 1]], [1, 2], "int32");
 * const sure = tf.tensor([[[99, 0], [0, 99]]]);
 * tverskyLoss()(labels, sure).arraySync(); // 0
 * @see Salehi 2017, arXiv:1706.05721
 */
export function tverskyLoss(options?: TverskyLossOptions & FromLogits): SegmentationLoss;
export function tverskyLoss(
  options: TverskyLossOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function tverskyLoss(
  options: TverskyLossOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  checkOptions("tverskyLoss", options, [
    ...REGION_OPTIONS,
    "falsePositiveWeight",
    "falseNegativeWeight",
  ]);
  const { falsePositiveWeight = 0.3, falseNegativeWeight = 0.7, smooth = 1e-5 } = options;
  checkAtLeast("tverskyLoss.falsePositiveWeight", falsePositiveWeight, 0);
  checkAtLeast("tverskyLoss.falseNegativeWeight", falseNegativeWeight, 0);
  checkAtLeast("tverskyLoss.smooth", smooth, 0);
  const source = resolveSource(options);
  return nameLoss("tversky", source.from, (labels, prediction, mask) => {
    const targets = prepareTargets("tverskyLoss", labels, prediction, mask, options);
    const terms = regionTerms(targets, prediction, source, options);
    const { intersection } = terms;
    const falsePositives = tf.mul(tf.sub(terms.predicted, intersection), falsePositiveWeight);
    const falseNegatives = tf.mul(tf.sub(terms.truth, intersection), falseNegativeWeight);
    const denominator = tf.add(
      tf.add(intersection, tf.add(falsePositives, falseNegatives)),
      smooth,
    );
    const score = tf.div(tf.add(intersection, smooth), denominator);
    return meanOverClasses(tf.sub(1, score), terms, options);
  });
}
