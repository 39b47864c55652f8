import * as tf from "@tensorflow/tfjs";
import { voxelCrossEntropy } from "./crossEntropy";
import {
  checkAtLeast,
  checkOptions,
  nameLoss,
  prepareTargets,
  resolveSource,
  voxelWeights,
  weightedMean,
} from "./prepare";
import type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  SegmentationLoss,
} from "./types";

/** Options of {@link focalLoss}; every field has a default. */
export interface FocalLossOptions extends CommonLossOptions {
  /** How strongly confident voxels are down-weighted; 0 is cross-entropy; default 2. */
  readonly gamma?: number;
}

/**
 * Multi-class (softmax) focal loss: the mean over voxels of `−(1 − p)^γ · log p`, `p` the
 * probability of the true class. `classWeights` are the paper's α.
 *
 * MONAI's `FocalLoss(use_softmax=True)` divides by the number of classes too, and does not divide
 * by the weights.
 *
 * @example
 * const labels = tf.tensor([[0]], [1, 1], "int32");
 * const even = tf.zeros([1, 1, 2]);
 * focalLoss()(labels, even).arraySync().toFixed(4); // "0.1733"
 * @see Lin 2017, arXiv:1708.02002
 */
export function focalLoss(options?: FocalLossOptions & FromLogits): SegmentationLoss;
export function focalLoss(
  options: FocalLossOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function focalLoss(
  options: FocalLossOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  checkOptions("focalLoss", options, ["gamma"]);
  const { gamma = 2 } = options;
  checkAtLeast("focalLoss.gamma", gamma, 0);
  const source = resolveSource(options);
  return nameLoss("focal", source.from, (labels, prediction, mask) => {
    const targets = prepareTargets("focalLoss", labels, prediction, mask, options);
    const entropy = voxelCrossEntropy(targets, prediction, source);
    const losses = tf.mul(entropy, focus(entropy, gamma));
    return weightedMean(losses, voxelWeights(targets, options.classWeights));
  });
}

/** `(1 − p)^γ` from `−log p`; `expm1` keeps it exact where p is nearly 1. */
function focus(entropy: tf.Tensor, gamma: number): tf.Tensor {
  const doubt = tf.neg(tf.expm1(tf.neg(entropy)));
  if (gamma === 0) return tf.onesLike(entropy);
  if (gamma === 1) return doubt;
  if (gamma === 2) return tf.square(doubt);
  // The gradient of x^γ with γ < 1 is infinite at 0.
  return tf.pow(tf.maximum(doubt, 1e-7), tf.scalar(gamma));
}
