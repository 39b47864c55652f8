import type * as tf from "@tensorflow/tfjs";
import { buildUNet } from "./unetFamily";
import type { AttentionLevelsArgs, ResidualUNetArgs, UNetArgs } from "./unetFamily";

/**
 * Residual Attention U-Net: ResNeXt blocks in the encoder, LSH attention and residual blocks in the
 * decoder.
 *
 * Encoder: a 3x3 convolution as stem, then two `ResNeXtBlock`s per level (8 paths of 4 channels at
 * the finest level, doubled from level to level: "8x4d" in ResNeXt's words) and 2x2 max pooling.
 * Decoder: 2x2 transposed convolution,
 * concatenation with the skip, `x + LSHAttention(norm(x))` over the pixels (heads of 16 channels,
 * buckets of 64, 4 rounds), a residual block of two 3x3. The paper gives neither widths nor
 * numbers of blocks nor attention levels: 16 filters, depth 4, 8x4d and all levels are choices. It writes a sigmoid at the
 * head, which does not fit its multi-class cross-entropy: here it is a softmax.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = residualAttentionUnet({
 *   inputShape: [37, 41, 1],
 *   numClasses: 3,
 *   filters: 8,
 *   depth: 2,
 * });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Chen, Yao and Zhang 2020, arXiv:2004.05645
 */
export function residualAttentionUnet(
  args: ResidualUNetArgs & AttentionLevelsArgs,
): tf.LayersModel {
  const { attention = "lsh" } = args;
  const parts = { encoder: "resnext", decoder: "resnet", attention } as const;
  return buildUNet("residualAttentionUnet", parts, args);
}

/**
 * The ablation M-A: {@link residualAttentionUnet} without attention.
 *
 * @example
 * const model = ma({ inputShape: [37, 41, 1], numClasses: 3, filters: 8, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Chen, Yao and Zhang 2020, arXiv:2004.05645, table II
 */
export function ma(args: ResidualUNetArgs): tf.LayersModel {
  return buildUNet("ma", { encoder: "resnext", decoder: "resnet", attention: "none" }, args);
}

/**
 * The ablation M-R: {@link residualAttentionUnet} with plain blocks of two convolutions in place of
 * ResNeXt.
 *
 * @example
 * const model = mr({ inputShape: [37, 41, 1], numClasses: 3, filters: 8, depth: 2 });
 * model.outputShape; // [null, 37, 41, 3]
 * @see Chen, Yao and Zhang 2020, arXiv:2004.05645, table II
 */
export function mr(args: UNetArgs & AttentionLevelsArgs): tf.LayersModel {
  const { attention = "lsh" } = args;
  return buildUNet("mr", { encoder: "conv", decoder: "resnet", attention }, args);
}
