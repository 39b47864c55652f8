import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Sample } from "../../data/types";

/** Examples with their labels, stacked: a batch, or a whole data set in memory. */
export interface LabelledTensors {
  /** float32 `[count, ...space, channels]`: any number of channels, and two, three or no spatial axes. */
  readonly inputs: tf.Tensor;
  /**
   * Class indices: `[count, ...space]` for segmentation, `[count]` for classification. Any dtype with
   * integer values, as for Keras' sparse losses.
   */
  readonly labels: tf.Tensor;
  /** One name per example, for error messages; default the example's position. */
  readonly ids?: readonly string[];
  /** The patient of each example; `validation` must not share one with `train`. */
  readonly groups?: readonly string[];
}

/**
 * Batches generated one at a time.
 *
 * ```ts
 * const source: BatchSource = {
 *   stepsPerEpoch: 100,
 *   async *batches(epoch) {
 *     for await (const { inputs, labels } of readShards(epoch)) yield { inputs, labels };
 *   },
 * };
 * ```
 */
export interface BatchSource {
  /** Number of batches taken per epoch; further ones are ignored. */
  readonly stepsPerEpoch: number;
  /**
   * The batches of one epoch, counted from 0. The same epoch must give the same batches; otherwise a
   * resumed training differs from an uninterrupted one. Training disposes of the tensors.
   */
  readonly batches: (epoch: number) => Iterable<LabelledTensors> | AsyncIterable<LabelledTensors>;
}

/** Examples to train or validate on. */
export type Examples = readonly Sample[] | LabelledTensors | BatchSource;

/** The data of a training. */
export interface FitData {
  readonly train: Examples;
  /** Evaluated after each epoch; empty for none. Must share no group with `train`. */
  readonly validation?: Examples;
}

/** Whether these are slices from `prepareSamples`. */
export function areSamples(examples: Examples): examples is readonly Sample[] {
  return Array.isArray(examples);
}

/** Whether these are batches generated one at a time. */
export function isBatchSource(examples: LabelledTensors | BatchSource): examples is BatchSource {
  return "batches" in examples;
}

/** @throws ConfigError if the data are not `{ train, validation }` */
export function expectFitData(data: FitData): void {
  if (Array.isArray(data)) {
    throw new ConfigError({
      where: "fit.data",
      expected: "{ train, validation }",
      got: "a list",
      remedy: "Name the examples to learn from: { train: examples }.",
    });
  }
  rejectUnknownOptions("fit.data", data, ["train", "validation"]);
}

/** @throws ConfigError for an unknown key */
export function expectKnownParts(where: string, examples: LabelledTensors | BatchSource): void {
  const known = isBatchSource(examples)
    ? ["stepsPerEpoch", "batches"]
    : ["inputs", "labels", "ids", "groups"];
  rejectUnknownOptions(where, examples, known);
}
