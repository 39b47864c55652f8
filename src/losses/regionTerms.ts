import * as tf from "@tensorflow/tfjs";
import { oneHotTargets } from "./prepare";
import type { Targets } from "./prepare";
import type { PredictionSource, RegionLossOptions } from "./types";

/** Sums over space, `[batch, classes]`, or `[1, classes]` where the batch is summed too. */
export interface RegionTerms {
  /** `Σ p·t`. */
  readonly intersection: tf.Tensor2D;
  /** `Σ p`, or `Σ p²`. */
  readonly predicted: tf.Tensor2D;
  /** `Σ t`. */
  readonly truth: tf.Tensor2D;
  /** The weight of each class kept, `[classes]`, summing to 1. */
  readonly classShares: tf.Tensor1D;
}

/** The three sums that every region loss is made of. */
export function regionTerms(
  targets: Targets,
  prediction: tf.Tensor,
  source: PredictionSource,
  options: RegionLossOptions & { readonly isSquared?: boolean },
): RegionTerms {
  const { includeBackground = true, isBatchwise = false, isSquared = false } = options;
  const { numClasses, valid } = targets;
  const shares = source.from === "logits" ? tf.softmax(prediction) : prediction;
  const counted = valid === null ? shares : tf.mul(shares, valid.expandDims(-1));
  const truth = oneHotTargets(targets);
  const batch = isBatchwise ? 1 : (prediction.shape[0] ?? 1);
  const sum = (tensor: tf.Tensor): tf.Tensor2D => {
    const sums = tf.sum(tensor.reshape([batch, -1, numClasses]), 1).as2D(batch, numClasses);
    return includeBackground ? sums : sums.slice([0, 1], [batch, numClasses - 1]);
  };
  const weights = options.classWeights ?? Array.from({ length: numClasses }, () => 1);
  const kept = includeBackground ? [...weights] : weights.slice(1);
  const total = kept.reduce((running, weight) => running + weight, 0);
  return {
    intersection: sum(tf.mul(counted, truth)),
    predicted: sum(isSquared ? tf.square(counted) : counted),
    truth: sum(isSquared ? tf.square(truth) : truth),
    classShares: tf.tensor1d(kept.map((weight) => weight / total)),
  };
}

/**
 * The weighted mean over classes, then the mean over the batch; with `skipAbsent` the mean over the
 * images that have a class, then the weighted mean over the classes that any of them has.
 */
export function meanOverClasses(
  values: tf.Tensor2D,
  terms: RegionTerms,
  { skipAbsent = false }: Pick<RegionLossOptions, "skipAbsent">,
): tf.Tensor {
  if (!skipAbsent) return tf.mean(tf.sum(tf.mul(values, terms.classShares), 1));
  const isPresent = tf.greater(terms.truth, 0).toFloat();
  const counts = tf.sum(isPresent, 0);
  const means = tf.div(tf.sum(tf.mul(values, isPresent), 0), tf.maximum(counts, 1));
  const shares = tf.mul(terms.classShares, tf.greater(counts, 0).toFloat());
  // A batch without valid voxels has no class; its loss is 0.
  return tf.div(tf.sum(tf.mul(means, shares)), tf.maximum(tf.sum(shares), 1e-7));
}
