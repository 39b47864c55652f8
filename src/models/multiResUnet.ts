import * as tf from "@tensorflow/tfjs";
import { MultiResBlock } from "../layers/MultiResBlock";
import { ResPath } from "../layers/ResPath";
import { UpsampleConcat } from "../layers/UpsampleConcat";
import { imageInput } from "./imageInput";
import { rejectUnknownArguments } from "./modelArguments";
import { checkDepth, checkSegmentationArgs, segmentationHead } from "./unetFamily";
import type { UNetArgs } from "./unetFamily";

/** Arguments of {@link multiResUnet}. */
export interface MultiResUNetArgs extends UNetArgs {
  /** Channels of the corresponding U-Net at the finest level; default 32, as in the paper. */
  readonly filters?: number;
  /** Scales the blocks' channels; default 1.67, as in the paper. */
  readonly alpha?: number;
}

/**
 * MultiResUNet: blocks with three receptive field sizes, and residual paths in place of plain skips,
 * longer at finer levels.
 *
 * With its defaults, three channels and one output it has the paper's 7,262,750 parameters (running
 * statistics among them). Departures: a softmax over classes where the authors' code ends in a
 * normalised sigmoid, any size.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range, and for unknown ones
 * @example
 * const model = multiResUnet({ inputShape: [37, 41, 1], numClasses: 3, filters: 4, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Ibtehaz and Rahman 2020, arXiv:1902.04049
 */
export function multiResUnet(args: MultiResUNetArgs): tf.LayersModel {
  rejectUnknownArguments("multiResUnet", args);
  checkSegmentationArgs("multiResUnet", args);
  const { numClasses, seed = 0, filters = 32, depth = 4, alpha = 1.67 } = args;
  checkDepth("multiResUnet", depth);
  const common = { normalization: args.normalization ?? "batch", seed };
  const block = (name: string, level: number, x: tf.SymbolicTensor): tf.SymbolicTensor => {
    const own = { name, filters: filters * 2 ** level, alpha };
    return new MultiResBlock({ ...common, ...own }).apply(x) as tf.SymbolicTensor;
  };
  const { input, image } = imageInput(args);
  const skips: tf.SymbolicTensor[] = [];
  let features = image;
  for (let level = 0; level < depth; level++) {
    const own = { filters: filters * 2 ** level, length: depth - level };
    const encoded = block(`encoder${level}`, level, features);
    const path = new ResPath({ ...common, ...own, name: `path${level}` });
    skips.push(path.apply(encoded) as tf.SymbolicTensor);
    const pool = tf.layers.maxPooling2d({ name: `pool${level}`, poolSize: 2, padding: "same" });
    features = pool.apply(encoded) as tf.SymbolicTensor;
  }
  features = block("bridge", depth, features);
  for (let level = depth - 1; level >= 0; level--) {
    const up = new UpsampleConcat({ ...common, name: `up${level}`, filters: filters * 2 ** level });
    const joined = up.apply([features, skips[level]]) as tf.SymbolicTensor;
    features = block(`decoder${level}`, level, joined);
  }
  const outputs = segmentationHead(features, numClasses, seed);
  return tf.model({ inputs: input, outputs, name: "multiResUnet" });
}
