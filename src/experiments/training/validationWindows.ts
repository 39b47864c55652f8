import type * as tf from "@tensorflow/tfjs";
import { slidingWindowInference } from "../evaluation/slidingWindowInference";
import type { Source } from "./batch";
import type { ModelSizes } from "./checkExamples";
import type { ResolvedFitOptions } from "./fitOptions";
import type { Predict } from "./validation";

type PatchOptions = Pick<ResolvedFitOptions, "batchSize" | "patchSize" | "slidingWindow">;

/** The allowed sizes of validation samples; a model trained on patches takes samples of any size. */
export function validationSizes(sizes: ModelSizes, { patchSize }: PatchOptions): ModelSizes {
  if (patchSize === null) return sizes;
  const [channels] = sizes.inputShape.slice(-1);
  return { ...sizes, inputShape: [null, null, channels], labelShape: [null, null] };
}

/** The input shape `[b, ...space, channels]` of the model in validation, if it is known. */
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

/** Predicts scores of whole samples; a model trained on patches uses a sliding window over scores, as in MONAI. */
export function predictWhole(predict: Predict, options: PatchOptions): Predict {
  const { batchSize, patchSize, slidingWindow } = options;
  if (patchSize === null) return predict;
  return (inputs) =>
    slidingWindowInference(predict, inputs as tf.Tensor4D, {
      ...{ roiSize: [patchSize, patchSize], swBatchSize: batchSize, ...slidingWindow },
    });
}
