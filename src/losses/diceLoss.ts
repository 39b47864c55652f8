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

/** Options of {@link diceLoss}; every field has a default. */
export interface DiceLossOptions extends RegionLossOptions {
  /** Squares `p` and `t` in the denominator, as in V-Net; default false. */
  readonly isSquared?: boolean;
}

/**
 * Soft Dice loss: `1 − (2·Σpt + s) / (Σp + Σt + s)`, sums over space, mean over classes and batch.
 *
 * Equal to MONAI's `DiceLoss`, whose class weights are not divided by their mean; ours are.
 *
 * @example
 * const labels = tf.tensor([[0, 1]], [1, 2], "int32");
 * const sure = tf.tensor([[[99, 0], [0, 99]]]);
 * diceLoss()(labels, sure).arraySync(); // 0
 * @see Milletari 2016, arXiv:1606.04797 (`isSquared`); Sudre 2017, arXiv:1707.03237
 */
export function diceLoss(options?: DiceLossOptions & FromLogits): SegmentationLoss;
export function diceLoss(
  options: DiceLossOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function diceLoss(
  options: DiceLossOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  checkOptions("diceLoss", options, [...REGION_OPTIONS, "isSquared"]);
  const { smooth = 1e-5 } = options;
  checkAtLeast("diceLoss.smooth", smooth, 0);
  const source = resolveSource(options);
  return nameLoss("dice", source.from, (labels, prediction, mask) => {
    const targets = prepareTargets("diceLoss", labels, prediction, mask, options);
    const terms = regionTerms(targets, prediction, source, options);
    const numerator = tf.add(tf.mul(terms.intersection, 2), smooth);
    const denominator = tf.add(tf.add(terms.predicted, terms.truth), smooth);
    return meanOverClasses(tf.sub(1, tf.div(numerator, denominator)), terms, options);
  });
}
