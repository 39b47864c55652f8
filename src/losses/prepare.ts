import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  PredictionSource,
  SegmentationLoss,
} from "./types";

/** Labels made safe to index with, and what each voxel counts. */
export interface Targets {
  /** int32 `[batch, ...space]`; ignored voxels hold class 0. */
  readonly labels: tf.Tensor;
  /** float32 `[batch, ...space]`, or `null` where every voxel counts fully. */
  readonly valid: tf.Tensor | null;
  readonly numClasses: number;
}

/** Whether the prediction holds logits, and the clip of a logarithm. */
export function resolveSource(options: FromLogits | FromProbabilities): PredictionSource {
  return options.from === "probabilities"
    ? { from: "probabilities", epsilon: options.epsilon ?? 1e-7 }
    : { from: "logits", epsilon: 1e-7 };
}

/** Names a loss function and says what it reads. */
export function nameLoss<Kind extends PredictionKind>(
  lossName: string,
  from: Kind,
  body: (labels: tf.Tensor, prediction: tf.Tensor, mask?: tf.Tensor) => tf.Tensor,
): SegmentationLoss<Kind> {
  const loss = (labels: tf.Tensor, prediction: tf.Tensor, mask?: tf.Tensor): tf.Scalar =>
    tf.tidy(() => body(labels, prediction, mask).asScalar());
  return Object.assign(loss, { lossName, from });
}

/** Refuses weights and labels that no data could give sense to. */
export function checkCommonOptions(where: string, options: CommonLossOptions): void {
  const { classWeights, ignoreLabel } = options;
  if (classWeights !== undefined) {
    const isUsable =
      classWeights.length > 0 &&
      classWeights.every((weight) => Number.isFinite(weight) && weight >= 0) &&
      classWeights.some((weight) => weight > 0);
    if (!isUsable) {
      throw new ConfigError({
        where: `${where}.classWeights`,
        expected: "finite numbers from 0, not all 0",
        got: `[${classWeights.join(", ")}]`,
      });
    }
  }
  if (ignoreLabel !== undefined && !Number.isInteger(ignoreLabel)) {
    throw new ConfigError({
      where: `${where}.ignoreLabel`,
      expected: "an integer label, e.g. 255",
      got: String(ignoreLabel),
    });
  }
}

/** Refuses a number outside `[least, ∞)`. */
export function checkAtLeast(where: string, value: number, least: number): void {
  if (!Number.isFinite(value) || value < least) {
    throw new ConfigError({ where, expected: `a number from ${least}`, got: String(value) });
  }
}

/**
 * Checks labels, prediction and mask against each other and takes the ignored voxels out.
 *
 * @throws ShapeError when the shapes do not belong together
 * @throws ConfigError when the class weights are not as many as the prediction's classes
 */
export function prepareTargets(
  where: string,
  labels: tf.Tensor,
  prediction: tf.Tensor,
  mask: tf.Tensor | undefined,
  options: CommonLossOptions,
): Targets {
  const space = prediction.shape.slice(0, -1);
  const numClasses = prediction.shape[prediction.rank - 1];
  if (prediction.rank < 2) {
    throw new ShapeError({
      where: `${where}.prediction`,
      expected: "[batch, ...space, classes]",
      got: formatShape(prediction.shape),
    });
  }
  expectSpace(`${where}.labels`, labels, space, "Labels are class indices, not one-hot.");
  if (mask !== undefined) expectSpace(`${where}.mask`, mask, space);
  const { classWeights, ignoreLabel } = options;
  if (classWeights !== undefined && classWeights.length !== numClasses) {
    throw new ConfigError({
      where: `${where}.classWeights`,
      expected: `${numClasses} weights, one a class`,
      got: `${classWeights.length}`,
    });
  }
  const whole = labels.toInt();
  const masked = mask === undefined ? null : mask.toFloat();
  if (ignoreLabel === undefined) return { labels: whole, valid: masked, numClasses };
  const isCounted = tf.notEqual(whole, tf.scalar(ignoreLabel, "int32"));
  const counted = isCounted.toFloat();
  return {
    labels: tf.mul(whole, isCounted.toInt()),
    valid: masked === null ? counted : tf.mul(counted, masked),
    numClasses,
  };
}

/** One-hot targets, float32 `[batch, ...space, classes]`; zero where a voxel does not count. */
export function oneHotTargets(targets: Targets): tf.Tensor {
  const oneHot = tf.oneHot(targets.labels.as1D(), targets.numClasses).toFloat();
  const shaped = oneHot.reshape([...targets.labels.shape, targets.numClasses]);
  return targets.valid === null ? shaped : tf.mul(shaped, targets.valid.expandDims(-1));
}

/** What each voxel weighs, `[batch, ...space]`: valid times its class's weight; `null` for all 1. */
export function voxelWeights(
  targets: Targets,
  classWeights: readonly number[] | undefined,
): tf.Tensor | null {
  if (classWeights === undefined) return targets.valid;
  return tf.sum(tf.mul(oneHotTargets(targets), tf.tensor1d([...classWeights])), -1);
}

/** `Σ w·x / Σ w`; 0 where nothing counts, rather than NaN. */
export function weightedMean(values: tf.Tensor, weights: tf.Tensor | null): tf.Tensor {
  if (weights === null) return tf.mean(values);
  return tf.div(tf.sum(tf.mul(values, weights)), tf.maximum(tf.sum(weights), tf.scalar(1e-12)));
}

function expectSpace(
  where: string,
  tensor: tf.Tensor,
  space: readonly number[],
  remedy?: string,
): void {
  const fits =
    tensor.rank === space.length && space.every((size, axis) => tensor.shape[axis] === size);
  if (!fits) {
    throw new ShapeError({
      where,
      expected: formatShape(space),
      got: formatShape(tensor.shape),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
