import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { GroupedConv3D } from "../layers/GroupedConv3D";
import { PerImageStandardization } from "../layers/PerImageStandardization";
import { createBlock } from "../layers/support/block";
import type { BlockKind } from "../layers/support/block";
import type { Normalization } from "../layers/support/ConvUnit";
import { UNetDecoderBlock } from "../layers/UNetDecoderBlock";
import { UNetEncoderBlock } from "../layers/UNetEncoderBlock";
import { checkDepth } from "./unetFamily";

/** Arguments of {@link unet3d}. */
export interface UNet3DArgs {
  /** `[depth, height, width, channels]`; `null` for a size that is not fixed. */
  readonly inputShape: readonly [number | null, number | null, number | null, number];
  /** Number of classes, including the background. */
  readonly numClasses: number;
  /** Channels of the finest level, doubled from level to level; default 16. */
  readonly filters?: number;
  /** How many times the volume is halved; default 3. */
  readonly depth?: number;
  /** Kind of block at each level; default `"conv"`, two 3x3x3 convolutions. */
  readonly block?: BlockKind;
  /** Default `"group"`: a batch of volumes is too small for batch statistics. */
  readonly normalization?: Normalization;
  /** Whether each volume is brought to mean 0 and standard deviation 1 first; default false. */
  readonly standardize?: boolean;
  /** Fixes every initial weight; default 0. */
  readonly seed?: number;
}

const ARGUMENTS: Readonly<Record<keyof UNet3DArgs, true>> = {
  ...{ inputShape: true, numClasses: true, filters: true, depth: true, block: true },
  ...{ normalization: true, standardize: true, seed: true },
};

function checkArguments({ inputShape, numClasses, depth = 3 }: UNet3DArgs): void {
  const isSize = (size: number | null): boolean => Number.isInteger(size) && (size ?? 0) > 0;
  const isShape =
    Array.isArray(inputShape) &&
    inputShape.length === 4 &&
    inputShape.slice(0, 3).every((size) => size === null || isSize(size)) &&
    isSize(inputShape[3]);
  if (!isShape) {
    throw new ConfigError({
      where: "unet3d.inputShape",
      expected: "[depth, height, width, channels]",
      got: Array.isArray(inputShape) ? formatShape(inputShape) : String(inputShape),
    });
  }
  if (!Number.isInteger(numClasses) || numClasses < 2) {
    throw new ConfigError({
      where: "unet3d.numClasses",
      expected: "an integer of at least 2",
      got: String(numClasses),
      remedy: "The background is a class too.",
    });
  }
  checkDepth("unet3d", depth);
}

/**
 * 3D U-Net: the U-Net of volumes, made of the same encoder and decoder blocks as `unet`.
 *
 * Departures from the paper: group normalisation, "same" padding (the output has the input's size,
 * whatever it is), as many channels in both convolutions of a level.
 *
 * @returns `[batch, depth, height, width, channels]` to probabilities `[batch, depth, height, width,
 *   numClasses]`; the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = unet3d({ inputShape: [5, 9, 8, 1], numClasses: 3, filters: 4, depth: 2 });
 * model.outputShape; // [null, 5, 9, 8, 3]
 * @see Çiçek et al. 2016, arXiv:1606.06650
 */
export function unet3d(args: UNet3DArgs): tf.LayersModel {
  rejectUnknownOptions("unet3d", args, Object.keys(ARGUMENTS));
  checkArguments(args);
  const { inputShape, numClasses, filters = 16, depth = 3, block = "conv" } = args;
  const { normalization = "group", standardize = false, seed = 0 } = args;
  const common = { spatialDims: 3, normalization, seed } as const;
  const widthOf = (level: number): number => filters * 2 ** level;
  const apply = (layer: tf.layers.Layer, ...inputs: tf.SymbolicTensor[]): tf.SymbolicTensor => {
    const output = layer.apply(inputs.length === 1 ? inputs[0] : inputs);
    return (Array.isArray(output) ? output[0] : output) as tf.SymbolicTensor;
  };

  const input = tf.input({ shape: [...inputShape], name: "volume" });
  let features = standardize
    ? apply(new PerImageStandardization({ name: "standardize" }), input)
    : input;
  const skips: tf.SymbolicTensor[] = [];
  for (let level = 0; level < depth; level++) {
    const own = { name: `encoder${level}`, filters: widthOf(level), block };
    const skip = apply(new UNetEncoderBlock({ ...common, ...own }), features);
    skips.push(skip);
    const pool = { name: `pool${level}`, poolSize: 2, strides: 2, padding: "same" } as const;
    features = apply(tf.layers.maxPooling3d(pool), skip);
  }
  const bridge = { ...common, name: "bridge", filters: widthOf(depth) };
  features = apply(createBlock(block, bridge, { cardinality: 8, pathWidth: null }), features);
  for (let level = depth - 1; level >= 0; level--) {
    const own = { name: `decoder${level}`, filters: widthOf(level), block };
    features = apply(new UNetDecoderBlock({ ...common, ...own }), features, skips[level]);
  }
  const head = { name: "logits", filters: numClasses, kernelSize: 1, seed };
  const scores = apply(new GroupedConv3D(head), features);
  const outputs = apply(tf.layers.softmax({ name: "softmax", axis: -1 }), scores);
  return tf.model({ inputs: input, outputs, name: "unet3d" });
}
