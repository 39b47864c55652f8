import type * as tf from "@tensorflow/tfjs";
import { slidingWindowInference } from "../evaluation/slidingWindowInference";
import type { Source } from "./batch";
import type { ModelSizes } from "./checkExamples";
import type { ResolvedFitOptions } from "./fitOptions";
import type { Predict } from "./validation";

type PatchOptions = Pick<ResolvedFitOptions, "batchSize" | "patchSize" | "slidingWindow">;

/** What a validation sample may measure: a model of patches goes over samples of any side. */
export function validationSizes(sizes: ModelSizes, { patchSize }: PatchOptions): ModelSizes {
  if (patchSize === null) return sizes;
  const [channels] = sizes.inputShape.slice(-1);
  return { ...sizes, inputShape: [null, null, channels], labelShape: [null, null] };
}

/** The shape `[b, ...space, channels]` that the model is given in validation, where it is known. */
export function predictionShape(
  validation: Source | null,
  { batchSize, patchSize }: PatchOptions,
): readonly number[] | null {
  const batchShape = validation?.shapes.at(0)?.inputShape;
  if (batchShape === undefined) return null;
  const [, ...whole] = batchShape;
  if (patchSize === null) return [batchSize, ...whole];
  return [batchSize, patchSize, patchSize, ...whole.slice(-1)];
}

/** Scores of whole samples; of a model of patches by a sliding window over their scores, as in MONAI. */
export function predictWhole(predict: Predict, options: PatchOptions): Predict {
  const { batchSize, patchSize, slidingWindow } = options;
  if (patchSize === null) return predict;
  return (inputs) =>
    slidingWindowInference(predict, inputs as tf.Tensor4D, {
      ...{ roiSize: [patchSize, patchSize], swBatchSize: batchSize, ...slidingWindow },
    });
}
