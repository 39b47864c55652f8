import * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import type { ArrayBatch, Source } from "./batch";
import { expectKnownParts } from "./fitData";
import type { BatchSource, LabelledTensors } from "./fitData";

/**
 * Batches from a caller's generator.
 *
 * @param where the option's name, for messages
 * @param check throws on values that cannot be trained on
 */
export function generatorSource(
  where: string,
  source: BatchSource,
  check: (batch: ArrayBatch) => void,
): Source {
  const { stepsPerEpoch, batches } = source;
  expectKnownParts(where, source);
  if (!Number.isInteger(stepsPerEpoch) || stepsPerEpoch < 1) {
    throw new ConfigError({
      where: `${where}.stepsPerEpoch`,
      expected: "an integer of at least 1",
      got: String(stepsPerEpoch),
    });
  }
  async function* taken(epoch: number): AsyncGenerator<ArrayBatch> {
    let step = 0;
    for await (const tensors of batches(epoch)) {
      const batch = copyArrays(`${where}.batches(${epoch}), batch ${step + 1}`, tensors);
      tf.dispose([tensors.inputs, tensors.labels]);
      check(batch);
      yield batch;
      if (++step === stepsPerEpoch) return;
    }
    throw new DataError({
      where: `${where}.batches(${epoch})`,
      expected: `${stepsPerEpoch} batches, the value of stepsPerEpoch`,
      got: `${step}`,
    });
  }
  return {
    stepsPerEpoch,
    shapes: [],
    fingerprint: `generator of ${stepsPerEpoch} batches`,
    batches: taken,
  };
}

/**
 * Copies the values of examples.
 *
 * @throws ConfigError if inputs and labels do not match
 */
export function copyArrays(where: string, examples: LabelledTensors): ArrayBatch {
  const { inputs, labels } = examples;
  expectKnownParts(where, examples);
  for (const [name, tensor] of Object.entries({ inputs, labels })) {
    if (tensor instanceof tf.Tensor) continue;
    throw new ConfigError({
      where: `${where}.${name}`,
      expected: "a tensor",
      got: tensor === null ? "null" : typeof tensor,
    });
  }
  const [count = 0] = inputs.shape;
  const isPaired = inputs.rank >= 2 && labels.rank >= 1 && labels.shape[0] === count && count > 0;
  if (!isPaired) {
    throw new ConfigError({
      where,
      expected: "inputs [count, ...space, channels] and labels [count, ...space] or [count]",
      got: `${formatShape(inputs.shape)} and ${formatShape(labels.shape)}`,
    });
  }
  const ids = examples.ids ?? Array.from({ length: count }, (_, index) => `#${index}`);
  for (const [name, names] of Object.entries({ ids, groups: examples.groups ?? ids })) {
    if (names.length === count) continue;
    throw new ConfigError({
      where: `${where}.${name}`,
      expected: `${count}, one per example`,
      got: String(names.length),
    });
  }
  expectWholeLabels(where, labels);
  return {
    inputs: Float32Array.from(inputs.dataSync()),
    inputShape: inputs.shape,
    labels: Int32Array.from(labels.dataSync()),
    labelShape: labels.shape,
    ids,
  };
}

/** Labels may have any dtype but must be integers; Keras' sparse losses would round fractions down. */
function expectWholeLabels(where: string, labels: tf.Tensor): void {
  const fraction = labels.dataSync().find((value) => !Number.isInteger(value));
  if (fraction === undefined) return;
  throw new ConfigError({
    where: `${where}.labels`,
    expected: "integer class indices",
    got: String(fraction),
    remedy: "Resize masks with the nearest neighbour; convert one-hot labels with tf.argMax.",
  });
}
