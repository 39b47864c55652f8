import * as tf from "@tensorflow/tfjs";
import { RecurrentConvBlock } from "../layers/RecurrentConvBlock";
import { UpsampleConcat } from "../layers/UpsampleConcat";
import { imageInput } from "./imageInput";
import { rejectUnknownArguments } from "./modelArguments";
import { checkDepth, checkSegmentationArgs, segmentationHead } from "./unetFamily";
import type { UNetArgs } from "./unetFamily";

/** Arguments of {@link r2unet}. */
export interface R2UNetArgs extends UNetArgs {
  /** How many more times each recurrent convolution is applied; default 2, the paper's `t`. */
  readonly steps?: number;
}

/**
 * R2U-Net: a U-Net of recurrent residual units.
 *
 * With 64 filters, depth 4, three channels and one output it is the public PyTorch implementation
 * of 39.1 million parameters, whose convolutions have biases besides; upsampling is nearest
 * neighbour and a 3x3 convolution. Departures: 16 filters by default, no bias before a batch
 * normalisation, any size.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range, and for unknown ones
 * @example
 * const model = r2unet({ inputShape: [37, 41, 1], numClasses: 3, filters: 4, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Alom et al. 2018, arXiv:1802.06955
 */
export function r2unet(args: R2UNetArgs): tf.LayersModel {
  rejectUnknownArguments("r2unet", args);
  checkSegmentationArgs("r2unet", args);
  const { numClasses, seed = 0, filters = 16, depth = 4, steps = 2 } = args;
  checkDepth("r2unet", depth);
  const common = { normalization: args.normalization ?? "batch", seed };
  const block = (name: string, level: number, x: tf.SymbolicTensor): tf.SymbolicTensor => {
    const own = { name, filters: filters * 2 ** level, steps };
    return new RecurrentConvBlock({ ...common, ...own }).apply(x) as tf.SymbolicTensor;
  };
  const { input, image } = imageInput(args);
  const skips: tf.SymbolicTensor[] = [];
  let features = image;
  for (let level = 0; level < depth; level++) {
    const skip = block(`encoder${level}`, level, features);
    skips.push(skip);
    const pool = tf.layers.maxPooling2d({ name: `pool${level}`, poolSize: 2, padding: "same" });
    features = pool.apply(skip) as tf.SymbolicTensor;
  }
  features = block("bridge", depth, features);
  for (let level = depth - 1; level >= 0; level--) {
    const up = new UpsampleConcat({
      ...common,
      name: `up${level}`,
      filters: filters * 2 ** level,
      upsampling: "nearest",
    });
    const joined = up.apply([features, skips[level]]) as tf.SymbolicTensor;
    features = block(`decoder${level}`, level, joined);
  }
  const outputs = segmentationHead(features, numClasses, seed);
  return tf.model({ inputs: input, outputs, name: "r2unet" });
}
