import type * as tf from "@tensorflow/tfjs";
import { buildUNet } from "./unetFamily";
import type { UNetArgs } from "./unetFamily";

/**
 * Attention U-Net: a {@link unet} whose skips pass through attention gates, with the coarser level's
 * features as gating signal.
 *
 * Departures from the paper: two dimensions, batch normalisation (in the gates too), no deep
 * supervision, 16 filters by default.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`; `decoder0.gate.attentionMap` returns a gate's map
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = attentionUnet({ inputShape: [37, 41, 1], numClasses: 3, filters: 4, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Oktay et al. 2018, arXiv:1804.03999
 */
export function attentionUnet(args: UNetArgs): tf.LayersModel {
  return buildUNet("attentionUnet", { encoder: "conv", decoder: "conv", attention: "gate" }, args);
}
