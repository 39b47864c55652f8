import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { ResNetStem } from "../layers/ResNetStem";
import { ResNeXtBlock } from "../layers/ResNeXtBlock";
import type { WeightNames } from "./weights/assignWeights";

/** Blocks of the four stages. */
const STAGES = [3, 4, 6, 3] as const;
const CARDINALITY = 32;
const STEM_FILTERS = 64;

/** Arguments of {@link resnext50}. */
export interface ResNeXt50Args {
  /** `[height, width, channels]`; `null` for a height or width that is not fixed. */
  readonly inputShape: readonly [number | null, number | null, number];
  /** Default 1000, ImageNet's. */
  readonly numClasses?: number;
  /** Fixes every initial weight; default 0. */
  readonly seed?: number;
}

/**
 * Wires the feature stages of ResNeXt-50 32x4d, under torchvision's names.
 *
 * @returns features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution, with 64, 256, 512, 1024 and
 * 2048 channels
 */
export function resnext50Stages(input: tf.SymbolicTensor, seed: number): tf.SymbolicTensor[] {
  const stem = new ResNetStem({ name: "stem", filters: STEM_FILTERS, seed });
  // tfjs runs a layer once for each of its outputs that a model uses, batch statistics and all, so
  // the model takes only one and pools it itself. After a ReLU, a border of zeros never wins.
  const [half] = stem.apply(input) as tf.SymbolicTensor[];
  const border = tf.layers.zeroPadding2d({ name: "stemBorder", padding: 1 });
  const pool = tf.layers.maxPooling2d({ name: "stemPool", poolSize: 3, strides: 2 });
  const levels = [half];
  let features = pool.apply(border.apply(half)) as tf.SymbolicTensor;
  STAGES.forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++) {
      const layer = new ResNeXtBlock({
        name: `layer${stage + 1}.${block}`,
        filters: 256 * 2 ** stage,
        width: 128 * 2 ** stage,
        cardinality: CARDINALITY,
        strides: stage > 0 && block === 0 ? 2 : 1,
        seed,
      });
      features = layer.apply(features) as tf.SymbolicTensor;
    }
    levels.push(features);
  });
  return levels;
}

/**
 * ResNeXt-50 32x4d, layer for layer torchvision's `resnext50_32x4d`, so that its weights load as
 * they are: `assignWeights(model, tensors, torchvisionNames)`.
 *
 * @returns images (normalised as the weights require) to class scores (logits) `[batch, numClasses]`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = resnext50({ inputShape: [32, 32, 3], numClasses: 10 });
 * model.outputShape; // [null, 10]
 * @see Xie et al. 2017, arXiv:1611.05431, table 1
 */
export function resnext50(args: ResNeXt50Args): tf.LayersModel {
  const { inputShape, numClasses = 1000, seed = 0 } = args;
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    const where = "resnext50.numClasses";
    throw new ConfigError({
      where,
      expected: "an integer of at least 1",
      got: String(numClasses),
    });
  }
  const input = tf.input({ shape: [...inputShape], name: "image" });
  const levels = resnext50Stages(input, seed);
  const pooled = tf.layers
    .globalAveragePooling2d({ name: "avgpool", dataFormat: "channelsLast" })
    .apply(levels[levels.length - 1]);
  const scores = tf.layers
    .dense({
      name: "fc",
      units: numClasses,
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    })
    .apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: scores, name: "resnext50" });
}

const NORM_NAMES: Readonly<Record<string, string>> = {
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** torchvision's name for one of our weights, or `null` if it does not have that layer. */
function torchvisionName(ownName: string): { name: string; axes?: readonly number[] } | null {
  if (ownName === "fc/kernel") return { name: "fc.weight", axes: [1, 0] };
  if (ownName === "fc/bias") return { name: "fc.bias" };
  const match = /^(stem|layer\d\.\d+)\/(conv|norm)(\d|Shortcut)\/(\w+)$/.exec(ownName);
  if (match === null) return null;
  const [, block, kind, index, weight] = match;
  const prefix = block === "stem" ? "" : `${block}.`;
  if (kind === "conv") {
    const layer = index === "Shortcut" ? "downsample.0" : `conv${index}`;
    return { name: `${prefix}${layer}.weight`, axes: [2, 3, 1, 0] };
  }
  const layer = index === "Shortcut" ? "downsample.1" : `bn${index}`;
  return { name: `${prefix}${layer}.${NORM_NAMES[weight]}` };
}

/**
 * How torchvision names the weights of {@link resnext50}; its `num_batches_tracked` are ignored.
 */
export const torchvisionNames: WeightNames = {
  label: "torchvision",
  foreign(ownName) {
    const foreign = torchvisionName(ownName);
    if (foreign === null) {
      throw new ConfigError({
        where: "torchvisionNames",
        expected: "a weight of resnext50",
        got: `"${ownName}"`,
      });
    }
    return foreign;
  },
  mayIgnore: (name) => name.endsWith("num_batches_tracked"),
};
