import * as tf from "@tensorflow/tfjs";
import { sparseSoftmaxCrossEntropy } from "../core/ops/sparseSoftmaxCrossEntropy";
import {
  checkOptions,
  nameLoss,
  oneHotTargets,
  prepareTargets,
  resolveSource,
  voxelWeights,
  weightedMean,
} from "./prepare";
import type { Targets } from "./prepare";
import type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  PredictionSource,
  SegmentationLoss,
} from "./types";

/** Options of {@link crossEntropy}; every field has a default. */
export type CrossEntropyOptions = CommonLossOptions;

/**
 * Multi-class cross-entropy, the paper's loss: the mean over voxels of `−log p` of the true class.
 *
 * With class weights it is `Σ w·l / Σ w`, as in `torch.nn.CrossEntropyLoss`. For a batch without any
 * valid voxel the loss is 0 (torch: NaN).
 *
 * @param options.from `"logits"` (default; stable for any score) or `"probabilities"`
 * @example
 * const labels = tf.tensor([[0, 1]], [1, 2], "int32");
 * const logits = tf.zeros([1, 2, 2]);
 * crossEntropy()(labels, logits).arraySync().toFixed(4); // "0.6931"
 */
export function crossEntropy(options?: CrossEntropyOptions & FromLogits): SegmentationLoss;
export function crossEntropy(
  options: CrossEntropyOptions & FromProbabilities,
): SegmentationLoss<"probabilities">;
export function crossEntropy(
  options: CrossEntropyOptions & (FromLogits | FromProbabilities) = {},
): SegmentationLoss<PredictionKind> {
  checkOptions("crossEntropy", options);
  const source = resolveSource(options);
  return nameLoss("crossEntropy", source.from, (labels, prediction, mask) => {
    const targets = prepareTargets("crossEntropy", labels, prediction, mask, options);
    const losses = voxelCrossEntropy(targets, prediction, source);
    return weightedMean(losses, voxelWeights(targets, options.classWeights));
  });
}

/** `−log p` of the true class, voxel by voxel, `[batch, ...space]`; ignored voxels are not masked. */
export function voxelCrossEntropy(
  targets: Targets,
  prediction: tf.Tensor,
  source: PredictionSource,
): tf.Tensor {
  if (source.from === "logits") {
    if (targets.shares === null) return sparseSoftmaxCrossEntropy(targets.labels, prediction);
    return tf.neg(tf.sum(tf.mul(targets.shares, tf.logSoftmax(prediction)), -1));
  }
  const hot = oneHotTargets({ ...targets, valid: null });
  const share = tf.sum(tf.mul(hot, prediction), -1);
  return tf.neg(tf.log(tf.clipByValue(share, source.epsilon, 1)));
}
