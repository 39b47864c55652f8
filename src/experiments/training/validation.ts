import * as tf from "@tensorflow/tfjs";
import type { Plane, Sample } from "../../data/types";
import type { SegmentationLoss } from "../../losses";
import { classCounts, confusionMatrix } from "../../metrics";
import { labelPlanes, visitLogits } from "../evaluation/predictSamples";
import type { LogitsFunction } from "../evaluation/predictSamples";

/** How a model does on samples that it does not train on. */
export interface Validation {
  /** Mean over samples; `null` without samples. */
  readonly loss: number | null;
  /** See {@link foregroundDice}. */
  readonly dice: number | null;
}

/** Loss and Dice of samples with labels, at the network's own size. */
export function validate(
  predict: LogitsFunction,
  samples: readonly Sample[],
  { batchSize, loss }: { readonly batchSize: number; readonly loss: SegmentationLoss },
): Validation {
  if (samples.length === 0) return { loss: null, dice: null };
  const predictions: Plane<Uint8Array>[] = [];
  let lossSum = 0;
  let numClasses = 0;
  visitLogits(predict, samples, batchSize, (batch, logits) => {
    numClasses = logits.shape[3];
    const labels = stackLabels(batch);
    lossSum += loss(labels, logits).dataSync()[0] * batch.length;
    predictions.push(...labelPlanes(logits));
  });
  return {
    loss: lossSum / samples.length,
    dice: foregroundDice(samples, predictions, numClasses),
  };
}

/**
 * The Dice that training watches: mean over foreground classes of the mean over samples that have
 * the class. At the network's own size, so it is a guide; reports use `evaluateModel`.
 *
 * @returns `null` where no sample has a foreground class
 */
export function foregroundDice(
  samples: readonly Sample[],
  predictions: readonly Plane<Uint8Array>[],
  numClasses: number,
): number | null {
  const sums = new Float64Array(numClasses);
  const cases = new Float64Array(numClasses);
  samples.forEach(({ labels }, index) => {
    if (labels === null) return;
    const matrix = confusionMatrix(labels, predictions[index], { numClasses });
    for (let label = 1; label < numClasses; label++) {
      const { truePositives, falsePositives, falseNegatives } = classCounts(matrix, label);
      if (truePositives + falseNegatives === 0) continue;
      sums[label] += (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
      cases[label]++;
    }
  });
  const means = [...sums.keys()]
    .filter((label) => cases[label] > 0)
    .map((label) => sums[label] / cases[label]);
  return means.length > 0 ? means.reduce((total, mean) => total + mean, 0) / means.length : null;
}

/** int32 `[b, h, w]`. */
function stackLabels(samples: readonly Sample[]): tf.Tensor3D {
  const { height, width } = samples[0].image;
  const values = new Int32Array(samples.length * height * width);
  samples.forEach(({ labels }, index) => {
    if (labels !== null) values.set(labels.data, index * height * width);
  });
  return tf.tensor3d(values, [samples.length, height, width], "int32");
}
