import * as tf from "@tensorflow/tfjs";
import { GroupedConv2D } from "../layers/GroupedConv2D";
import { ResizeLike } from "../layers/ResizeLike";
import { ScoreFusion } from "../layers/ScoreFusion";
import { SeededDropout } from "../layers/SeededDropout";
import { VGGStage } from "../layers/VGGStage";
import { deriveSeed } from "../layers/support/initializers";
import { imageInput } from "./imageInput";
import { rejectUnknownArguments } from "./modelArguments";
import { checkSegmentationArgs } from "./unetFamily";
import type { SegmentationArgs } from "./unetFamily";

/** Arguments of {@link fcn8s}. */
export interface FCN8sArgs extends SegmentationArgs {
  /** Channels of VGG's first stage; the others follow from it. Default 64, as in the paper. */
  readonly filters?: number;
  /** Channels of the two layers that replace VGG's dense ones; default `64 * filters`, 4096. */
  readonly denseFilters?: number;
  /** Dropout rate after each of these two; default 0.5. */
  readonly dropout?: number;
}

/** Convolutions of VGG-16's stages, and their channels as multiples of the first's. */
const STAGES = [
  [2, 1],
  [2, 2],
  [3, 4],
  [3, 8],
  [3, 8],
] as const;

/**
 * FCN-8s: fully convolutional VGG-16, whose scores at 1/32 are fused with those at 1/16 and 1/8, then
 * upsampled bilinearly to full size.
 *
 * With the default widths and 21 classes it has the paper's 134 million parameters: give
 * `filters: 16` on two cores. Departures: "same" padding where the original pads the image by 100
 * and crops.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = fcn8s({ inputShape: [37, 41, 1], numClasses: 3, filters: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Long, Shelhamer and Darrell 2015, arXiv:1411.4038
 */
export function fcn8s(args: FCN8sArgs): tf.LayersModel {
  rejectUnknownArguments("fcn8s", args);
  checkSegmentationArgs("fcn8s", args);
  const { numClasses, seed = 0, filters = 64, dropout = 0.5 } = args;
  const { denseFilters = 64 * filters } = args;
  const { input, image } = imageInput(args);
  const levels: tf.SymbolicTensor[] = [];
  let features = image;
  STAGES.forEach(([convolutions, multiple], index) => {
    const name = `stage${index + 1}`;
    const stage = new VGGStage({ name, filters: filters * multiple, convolutions, seed });
    features = stage.apply(features) as tf.SymbolicTensor;
    levels.push(features);
  });
  for (const [name, kernelSize] of [
    ["fc6", 7],
    ["fc7", 1],
  ] as const) {
    const dense = { name, filters: denseFilters, kernelSize, convolutions: 1, usePooling: false };
    features = new VGGStage({ ...dense, seed }).apply(features) as tf.SymbolicTensor;
    const own = deriveSeed(seed, `${name}Dropout`);
    const drop = new SeededDropout({ name: `${name}Dropout`, rate: dropout, seed: own });
    features = drop.apply(features) as tf.SymbolicTensor;
  }
  const score = new GroupedConv2D({ name: "score", filters: numClasses, kernelSize: 1, seed });
  let scores = score.apply(features) as tf.SymbolicTensor;
  for (const level of [4, 3]) {
    const fusion = new ScoreFusion({ name: `fusion${level}`, filters: numClasses });
    scores = fusion.apply([scores, levels[level - 1]]) as tf.SymbolicTensor;
  }
  const logits = new ResizeLike({ name: "logits" }).apply([scores, input]);
  const softmax = tf.layers.softmax({ name: "softmax", axis: -1 });
  const outputs = softmax.apply(logits) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs, name: "fcn8s" });
}
