import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Sample } from "../../data/types";

/** Examples with their labels, side by side; as a batch, or as a whole data set in memory. */
export interface LabelledTensors {
  /** float32 `[count, ...space, channels]`: any number of channels, and two, three or no spatial axes. */
  readonly inputs: tf.Tensor;
  /**
   * Class indices: `[count, ...space]` for segmentation, `[count]` for classification. Any dtype, if the
   * values are integers, as for Keras' sparse losses.
   */
  readonly labels: tf.Tensor;
  /** One name per example, for error messages; default its position. */
  readonly ids?: readonly string[];
  /** The patient of each example: `validation` may not share one with `train`. */
  readonly groups?: readonly string[];
}

/**
 * Batches that are generated one at a time.
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
   * The batches of one epoch, counted from 0. The same epoch must give the same batches, or a resumed
   * training differs from one that was not stopped. Training disposes of the tensors.
   */
  readonly batches: (epoch: number) => Iterable<LabelledTensors> | AsyncIterable<LabelledTensors>;
}

/** What a model learns from, or is validated on. */
export type Examples = readonly Sample[] | LabelledTensors | BatchSource;

/** What a model learns from. */
export interface FitData {
  readonly train: Examples;
  /** Watched after each epoch; empty for none. Shares no group with `train`. */
  readonly validation?: Examples;
}

/** Whether these are slices as `prepareSamples` makes them. */
export function areSamples(examples: Examples): examples is readonly Sample[] {
  return Array.isArray(examples);
}

/** Whether these are batches that are generated one at a time. */
export function isBatchSource(examples: LabelledTensors | BatchSource): examples is BatchSource {
  return "batches" in examples;
}

/** @throws ConfigError for data that are not `{ train, validation }` */
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
