import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "./crossEntropy";
import { diceLoss } from "./diceLoss";
import type { DiceLossOptions } from "./diceLoss";
import { checkAtLeast, checkOptions, nameLoss } from "./prepare";
import type { FromLogits, FromProbabilities, PredictionKind, SegmentationLoss } from "./types";

/** Options of {@link diceCrossEntropy}; every field has a default. */
export interface DiceCrossEntropyOptions extends DiceLossOptions {
  /** Weight of the Dice part; default 1. */
  readonly diceWeight?: number;
  /** Weight of the cross-entropy part; default 1. */
  readonly crossEntropyWeight?: number;
}

/**
 * Dice loss plus cross-entropy, the usual choice for segmentation: cross-entropy has useful gradients
 * from the first step on, and Dice optimises the reported metric.
 *
 * @example
 * const labels = tf.tensor([[0, 1]], [1, 2], "int32");
 * const sure = tf.tensor([[[99, 0], [0, 99]]]);
 * diceCrossEntropy()(labels, sure).arraySync(); // 0
 * @see Isensee 2021, doi:10.1038/s41592-020-01008-z
 */
export function diceCrossEntropy(options?: DiceCrossEntropyOptions & FromLogits): SegmentationLoss;
export function diceCrossEntropy(
  options: DiceCrossEntropyOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function diceCrossEntropy(
  options: DiceCrossEntropyOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  const { diceWeight = 1, crossEntropyWeight = 1, ...own } = options;
  const { includeBackground, isBatchwise, skipAbsent, smooth, isSquared, ...common } = own;
  checkOptions("diceCrossEntropy", common);
  checkAtLeast("diceCrossEntropy.diceWeight", diceWeight, 0);
  checkAtLeast("diceCrossEntropy.crossEntropyWeight", crossEntropyWeight, 0);
  const region = { includeBackground, isBatchwise, skipAbsent, smooth, isSquared };
  const [dice, entropy] =
    common.from === "probabilities"
      ? [diceLoss({ ...common, ...region }), crossEntropy(common)]
      : [diceLoss({ ...common, ...region }), crossEntropy(common)];
  return nameLoss("diceCrossEntropy", dice.from, (labels, prediction, mask) =>
    tf.add(
      tf.mul(dice(labels, prediction, mask), diceWeight),
      tf.mul(entropy(labels, prediction, mask), crossEntropyWeight),
    ),
  );
}
