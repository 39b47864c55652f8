import type * as tf from "@tensorflow/tfjs";
import { buildUNet } from "./unetFamily";
import type { UNetArgs } from "./unetFamily";

/**
 * U-Net: blocks of two 3x3 convolutions in encoder and decoder, with skip connections.
 *
 * With the default 16 filters and depth 4 it has about 1.9 million parameters. Departures from the
 * paper: batch normalisation, "same" padding (the output has the input's size, whatever it is),
 * a quarter of its 64 filters.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = unet({ inputShape: [37, 41, 1], numClasses: 3, filters: 4, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Ronneberger et al. 2015, arXiv:1505.04597
 */
export function unet(args: UNetArgs): tf.LayersModel {
  return buildUNet("unet", { encoder: "conv", decoder: "conv", attention: "none" }, args);
}
