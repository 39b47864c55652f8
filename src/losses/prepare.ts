import * as tf from "@tensorflow/tfjs";
import { floatOneHot } from "../core/ops/floatOneHot";
import { ConfigError, ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { rejectUnknownOptions } from "../core/unknownOptions";
import type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  PredictionSource,
  SegmentationLoss,
} from "./types";

const PREDICTION_KINDS: readonly PredictionKind[] = ["logits", "probabilities"];

/** Labels that are safe to use as indices, and the validity of each voxel. */
export interface Targets {
  /** int32 `[batch, ...space]`; ignored voxels hold class 0. */
  readonly labels: tf.Tensor;
  /** float32 `[batch, ...space, classes]` where the labels came as one-hot, else `null`. */
  readonly shares: tf.Tensor | null;
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

/** Sets a loss function's name and prediction kind. */
export function nameLoss<Kind extends PredictionKind>(
  lossName: string,
  from: Kind,
  body: (labels: tf.Tensor, prediction: tf.Tensor, mask?: tf.Tensor) => tf.Tensor,
): SegmentationLoss<Kind> {
  const loss = (labels: tf.Tensor, prediction: tf.Tensor, mask?: tf.Tensor): tf.Scalar =>
    tf.tidy(() => body(labels, prediction, mask).asScalar());
  return Object.assign(loss, { lossName, from });
}

const COMMON_OPTIONS = ["from", "classWeights", "ignoreIndex", "ignoreLabel"];

/** Options of the region losses besides the common ones. */
export const REGION_OPTIONS = ["includeBackground", "isBatchwise", "skipAbsent", "smooth"];

/**
 * Rejects unknown options and invalid weights and labels.
 *
 * @param own the options that this loss has besides the common ones
 */
export function checkOptions(
  where: string,
  options: CommonLossOptions & { readonly from?: PredictionKind },
  own: readonly string[] = [],
): void {
  const { classWeights, ignoreIndex, ignoreLabel, from = "logits" } = options;
  if (!PREDICTION_KINDS.includes(from)) {
    throw new ConfigError({
      where: `${where}.from`,
      expected: PREDICTION_KINDS.map((kind) => `"${kind}"`).join(" or "),
      got: JSON.stringify(from),
    });
  }
  const clip = from === "probabilities" ? ["epsilon"] : [];
  rejectUnknownOptions(where, options, [...COMMON_OPTIONS, ...clip, ...own]);
  if (classWeights !== undefined) {
    const isUsable =
      classWeights.length > 0 &&
      classWeights.every((weight) => Number.isFinite(weight) && weight >= 0) &&
      classWeights.some((weight) => weight > 0);
    if (!isUsable) {
      throw new ConfigError({
        where: `${where}.classWeights`,
        expected: "finite numbers of at least 0, not all of them 0",
        got: `[${classWeights.join(", ")}]`,
      });
    }
  }
  for (const [name, label] of Object.entries({ ignoreIndex, ignoreLabel })) {
    if (label === undefined || Number.isInteger(label)) continue;
    throw new ConfigError({
      where: `${where}.${name}`,
      expected: "an integer label, e.g. 255",
      got: String(label),
    });
  }
  if (ignoreIndex !== undefined && ignoreLabel !== undefined && ignoreIndex !== ignoreLabel) {
    throw new ConfigError({
      where: `${where}.ignoreIndex`,
      expected: `${ignoreLabel}, as ignoreLabel says`,
      got: String(ignoreIndex),
      remedy: "Give one of the two: they are the same option.",
    });
  }
}

/** Refuses a number outside `[least, ∞)`. */
export function checkAtLeast(where: string, value: number, least: number): void {
  if (!Number.isFinite(value) || value < least) {
    throw new ConfigError({ where, expected: `a number of at least ${least}`, got: String(value) });
  }
}

/**
 * Checks labels, prediction and mask against each other and masks the ignored voxels.
 *
 * @throws ShapeError if the shapes are inconsistent
 * @throws ConfigError if the number of class weights differs from the number of classes
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
  if (numClasses < 2) {
    throw new ShapeError({
      where: `${where}.prediction`,
      expected: "[batch, ...space, classes] with at least 2 classes",
      got: formatShape(prediction.shape),
      remedy:
        "The background is a class too: use two channels and a softmax instead of one channel and a sigmoid.",
    });
  }
  if (mask !== undefined) expectSpace(`${where}.mask`, mask, space);
  const { classWeights, ignoreIndex = options.ignoreLabel } = options;
  if (classWeights !== undefined && classWeights.length !== numClasses) {
    throw new ConfigError({
      where: `${where}.classWeights`,
      expected: `${numClasses} weights, one per class`,
      got: `${classWeights.length}`,
    });
  }
  const masked = mask === undefined ? null : mask.toFloat();
  const both = (a: tf.Tensor, b: tf.Tensor | null): tf.Tensor => (b === null ? a : tf.mul(a, b));
  const isOneHot = labels.rank === prediction.rank && labels.shape[labels.rank - 1] === numClasses;
  if (isOneHot) {
    expectSpace(`${where}.labels`, labels, prediction.shape);
    const given = labels.toFloat();
    const counts =
      ignoreIndex === undefined || ignoreIndex < 0 || ignoreIndex >= numClasses
        ? given
        : tf.mul(
            given,
            tf.sub(1, tf.oneHot(tf.scalar(ignoreIndex, "int32"), numClasses).toFloat()),
          );
    const valid = both(tf.sum(counts, -1), masked);
    return { labels: tf.argMax(given, -1), shares: given, valid, numClasses };
  }
  const isColumn = labels.rank === prediction.rank && labels.shape[labels.rank - 1] === 1;
  const indices = isColumn ? tf.squeeze(labels, [labels.rank - 1]) : labels;
  const remedy = `Labels are class indices ${formatShape(space)} or one-hot ${formatShape(prediction.shape)}.`;
  expectSpace(`${where}.labels`, indices, space, remedy);
  const whole = indices.toInt();
  if (ignoreIndex === undefined) return { labels: whole, shares: null, valid: masked, numClasses };
  const isCounted = tf.notEqual(whole, tf.scalar(ignoreIndex, "int32"));
  return {
    labels: tf.mul(whole, isCounted.toInt()),
    shares: null,
    valid: both(isCounted.toFloat(), masked),
    numClasses,
  };
}

/** One-hot targets, float32 `[batch, ...space, classes]`; zero for ignored voxels. */
export function oneHotTargets({ labels, shares, valid, numClasses }: Targets): tf.Tensor {
  const oneHot = (): tf.Tensor =>
    tf.reshape(floatOneHot(labels.as1D(), numClasses), [...labels.shape, numClasses]);
  const all = shares ?? oneHot();
  return valid === null ? all : tf.mul(all, valid.expandDims(-1));
}

/** The weight of each voxel, `[batch, ...space]`: validity times class weight; `null` for all 1. */
export function voxelWeights(
  targets: Targets,
  classWeights: readonly number[] | undefined,
): tf.Tensor | null {
  if (classWeights === undefined) return targets.valid;
  return tf.sum(tf.mul(oneHotTargets(targets), tf.tensor1d([...classWeights])), -1);
}

/** `Σ w·x / Σ w`; 0 instead of NaN if all weights are 0. */
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
