import { createHash } from "node:crypto";
import { createRandom } from "../../core/random";
import { epochSizes } from "./batch";
import type { ArrayBatch, BatchingOptions, Source } from "./batch";

/** Batches of examples in memory, in an order that depends only on seed and epoch. */
export function arraySource(examples: ArrayBatch, options: BatchingOptions): Source {
  const { inputs, labels, ids } = examples;
  const [, ...inputShape] = examples.inputShape;
  const [, ...labelShape] = examples.labelShape;
  const inputSize = inputs.length / ids.length;
  const labelSize = labels.length / ids.length;
  const { batchSize, seed, shuffle } = options;
  const { steps, sizes } = epochSizes(ids.length, options);
  const shapeOf = (size: number) => ({
    inputShape: [size, ...inputShape],
    labelShape: [size, ...labelShape],
  });
  function* batches(epoch: number): Generator<ArrayBatch> {
    const order = shuffle
      ? createRandom(seed).fork(`epoch ${epoch}`).fork("order").permutation(ids.length)
      : ids.map((_, index) => index);
    for (let step = 0; step < steps; step++) {
      const chosen = Array.from(order.slice(step * batchSize, (step + 1) * batchSize));
      const batch: ArrayBatch = {
        inputs: new Float32Array(chosen.length * inputSize),
        labels: new Int32Array(chosen.length * labelSize),
        ids: chosen.map((index) => ids[index]),
        ...shapeOf(chosen.length),
      };
      chosen.forEach((from, to) => {
        const input = inputs.subarray(from * inputSize, (from + 1) * inputSize);
        batch.inputs.set(input, to * inputSize);
        batch.labels.set(labels.subarray(from * labelSize, (from + 1) * labelSize), to * labelSize);
      });
      yield batch;
    }
  }
  const hash = createHash("sha256").update(`${examples.inputShape.join()} ${ids.join("\n")}`);
  return {
    stepsPerEpoch: steps,
    shapes: sizes.map(shapeOf),
    fingerprint: hash.update(inputs).update(labels).digest("hex"),
    batches,
  };
}
