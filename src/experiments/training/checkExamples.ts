import type * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import type { Sample } from "../../data/types";
import type { BatchShape } from "./batch";

/** The shapes of a model's input and output for one example. */
export interface ModelSizes {
  /** The model's name, for error messages. */
  readonly name: string;
  /** `[...space, channels]`; `null` where a size is not fixed. */
  readonly inputShape: readonly (number | null)[];
  /** `[...space]` of the labels; `[]` for one label per example. */
  readonly labelShape: readonly (number | null)[];
  readonly numClasses: number;
}

/**
 * The sizes of a model.
 *
 * @param logits the network up to its scores, as `logitsModel` returns it
 * @throws ConfigError if the scores have fewer than two classes
 */
export function sizesOf(name: string, logits: tf.LayersModel): ModelSizes {
  const [, ...inputShape] = logits.inputs[0].shape;
  const [, ...outputShape] = logits.outputs[0].shape;
  const numClasses = outputShape.pop() ?? null;
  if (numClasses === null || numClasses < 2) {
    throw new ConfigError({
      where: `fit, model "${name}"`,
      expected: "an output [batch, ...space, classes] with at least 2 classes",
      got: formatShape(logits.outputs[0].shape),
      remedy: "The background is a class too.",
    });
  }
  return { name, inputShape, labelShape: outputShape, numClasses };
}

/**
 * Checks the shapes of a batch against a model.
 *
 * @throws ConfigError if the model does not take inputs of this shape, or does not predict labels of
 *   this shape
 */
export function expectShapes(where: string, sizes: ModelSizes, batch: BatchShape): void {
  const [, ...inputShape] = batch.inputShape;
  const [, ...labelShape] = batch.labelShape;
  if (!fits(inputShape, sizes.inputShape)) {
    throw new ConfigError({
      where,
      expected: `inputs of ${formatShape(sizes.inputShape)}, as the model "${sizes.name}" takes them`,
      got: formatShape(inputShape),
      remedy: "Prepare the data at the model's size, or build the model with this inputShape.",
    });
  }
  if (!fits(labelShape, sizes.labelShape)) {
    throw new ConfigError({
      where,
      expected: `labels of ${formatShape(sizes.labelShape)}, as the model "${sizes.name}" predicts them`,
      got: formatShape(labelShape),
      remedy: "Labels are class indices, not one-hot.",
    });
  }
}

function fits(shape: readonly number[], wanted: readonly (number | null)[]): boolean {
  return (
    shape.length === wanted.length &&
    wanted.every((size, axis) => size === null || size === shape[axis])
  );
}

/** @throws ConfigError if the samples' data set has another number of classes than the model */
export function expectClasses(
  where: string,
  { name, numClasses }: ModelSizes,
  samples: readonly Sample[],
): void {
  const other = samples.find(({ classNames }) => (classNames?.length ?? numClasses) !== numClasses);
  if (other?.classNames === undefined) return;
  const { classNames } = other;
  throw new ConfigError({
    where,
    expected: `a model of ${classNames.length} classes (${classNames.join(", ")})`,
    got: `"${name}" of ${numClasses}`,
    remedy: `Build it with numClasses: ${classNames.length}.`,
  });
}

/** The labels that are allowed. */
export interface AllowedLabels {
  readonly numClasses: number;
  /** A label that the loss ignores. */
  readonly ignoreLabel: number | undefined;
}

/** The concatenated values of several examples. */
interface Values {
  readonly inputs: Float32Array;
  readonly labels: Int32Array | Uint8Array;
  readonly ids: readonly string[];
}

/**
 * Rejects values that would silently ruin a training: a compiled convolution with ReLU turns NaN into
 * zero, so that the loss stays finite while the weights are lost.
 *
 * @throws DataError that names the example with a non-finite input or a label that is not a class
 */
export function expectUsable(where: string, values: Values, allowed: AllowedLabels): void {
  const { inputs, labels, ids } = values;
  const { numClasses, ignoreLabel } = allowed;
  const nameAt = (index: number, length: number): string =>
    `${where} "${ids[Math.floor(index / (length / ids.length))]}"`;
  const badInput = inputs.findIndex((value) => !Number.isFinite(value));
  if (badInput >= 0) {
    throw new DataError({
      where: nameAt(badInput, inputs.length),
      expected: "finite inputs",
      got: String(inputs[badInput]),
      remedy: "Replace it or leave the example out: it would spread through every weight.",
    });
  }
  const isClass = (label: number): boolean =>
    (Number.isInteger(label) && label >= 0 && label < numClasses) || label === ignoreLabel;
  for (let index = 0; index < labels.length; index++) {
    if (isClass(labels[index])) continue;
    throw new DataError({
      where: nameAt(index, labels.length),
      expected: `labels from 0 to ${numClasses - 1}, the model's ${numClasses} classes`,
      got: String(labels[index]),
      remedy: Number.isInteger(labels[index])
        ? "Build the model with more classes, correct the mask, or set ignoreLabel to leave the label out."
        : "Labels are class indices. Resize masks with the nearest neighbour.",
    });
  }
}
