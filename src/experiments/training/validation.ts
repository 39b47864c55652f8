import * as tf from "@tensorflow/tfjs";
import type { SegmentationLoss } from "../../losses";
import type { ArrayBatch, Source } from "./batch";
import { meanOf } from "./sampleMetrics";
import type { FitMetric, ScoredExample } from "./sampleMetrics";

/** The results of a model on examples that it is not trained on. */
export interface Validation {
  /** Mean over examples; `null` without examples. */
  readonly loss: number | null;
  /**
   * Mean over foreground classes of the mean over examples that have the class; `null` if no example has
   * one, and for classification. It is measured at the network's size, so it is only a guide; reports use
   * `evaluateModel`.
   */
  readonly dice: number | null;
  /** Mean over examples of each metric. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Options of {@link validate}. */
export interface ValidationOptions {
  readonly batchSize: number;
  readonly loss: SegmentationLoss;
  readonly metrics: Readonly<Record<string, FitMetric>>;
  readonly numClasses: number;
  readonly ignoreLabel: number | undefined;
}

/** From inputs `[b, ...space, channels]` to scores `[b, ...space, classes]`. */
export type Predict = (inputs: tf.Tensor) => tf.Tensor;

/** Loss, Dice and metrics over one pass of a source, at the network's own size. */
export async function validate(
  predict: Predict,
  source: Source | null,
  epoch: number,
  options: ValidationOptions,
): Promise<Validation> {
  const names = Object.keys(options.metrics);
  if (source === null) {
    return {
      loss: null,
      dice: null,
      metrics: Object.fromEntries(names.map((name) => [name, null])),
    };
  }
  let lossSum = 0;
  let count = 0;
  const dice: (number | null)[][] = Array.from({ length: options.numClasses }, () => []);
  const values = new Map<string, (number | null)[]>(names.map((name) => [name, []]));
  // Pad an incomplete last batch, so that one compiled prediction suffices.
  let capacity = source.shapes.length > 0 ? options.batchSize : 0;
  for await (const batch of source.batches(epoch)) {
    const size = batch.ids.length;
    capacity = Math.max(capacity, size);
    const scored = scoreBatch(predict, batch, capacity, options);
    lossSum += scored.loss * size;
    count += size;
    for (const example of scored.examples) {
      if (example.shape.length > 0) {
        diceByClass(example, options.ignoreLabel).forEach((value, label) =>
          dice[label].push(value),
        );
      }
      for (const [name, metric] of Object.entries(options.metrics)) {
        values.get(name)?.push(metric(example));
      }
    }
  }
  return {
    loss: lossSum / count,
    dice: meanOf(dice.slice(1).map(meanOf)),
    metrics: Object.fromEntries([...values].map(([name, all]) => [name, meanOf(all)])),
  };
}

function scoreBatch(
  predict: Predict,
  batch: ArrayBatch,
  capacity: number,
  { loss, metrics, numClasses }: ValidationOptions,
): { readonly loss: number; readonly examples: readonly ScoredExample[] } {
  const { inputShape, labelShape, labels, ids } = batch;
  const size = ids.length;
  const [, ...shape] = labelShape;
  return tf.tidy(() => {
    const inputs = tf.tensor(padToCapacity(batch, capacity), [capacity, ...inputShape.slice(1)]);
    const all = predict(inputs);
    const logits = capacity === size ? all : tf.slice(all, 0, size);
    const value = loss(tf.tensor(labels, [...labelShape], "int32"), logits).dataSync()[0];
    const predicted = tf.argMax(logits, -1).dataSync<"int32">();
    const scores = Object.keys(metrics).length > 0 ? logits.dataSync<"float32">() : null;
    const voxels = labels.length / size;
    const partOf = <T extends Int32Array | Float32Array>(values: T, index: number, each: number) =>
      values.subarray(index * each, (index + 1) * each) as T;
    const examples = ids.map((id, index) => ({
      ...{ id, shape, numClasses },
      labels: partOf(labels, index, voxels),
      predicted: partOf(predicted, index, voxels),
      logits: partOf(scores ?? new Float32Array(0), index, voxels * numClasses),
    }));
    return { loss: value, examples };
  });
}

/** A batch's inputs with the last example repeated up to `capacity`. */
function padToCapacity({ inputs, ids }: ArrayBatch, capacity: number): Float32Array {
  if (ids.length === capacity) return inputs;
  const each = inputs.length / ids.length;
  const filled = new Float32Array(capacity * each);
  filled.set(inputs);
  const last = inputs.subarray(inputs.length - each);
  for (let index = ids.length; index < capacity; index++) filled.set(last, index * each);
  return filled;
}

/** The Dice of each class; `null` for a class that is absent from the true labels. */
function diceByClass(
  { labels, predicted, numClasses }: ScoredExample,
  ignoreLabel: number | undefined,
): (number | null)[] {
  const truth = new Uint32Array(numClasses);
  const guesses = new Uint32Array(numClasses);
  const both = new Uint32Array(numClasses);
  for (let index = 0; index < labels.length; index++) {
    const [label, guess] = [labels[index], predicted[index]];
    if (label === ignoreLabel) continue;
    truth[label]++;
    guesses[guess]++;
    if (label === guess) both[label]++;
  }
  return Array.from(truth, (count, label) =>
    count === 0 ? null : (2 * both[label]) / (count + guesses[label]),
  );
}
