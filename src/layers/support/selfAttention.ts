import type * as tf from "@tensorflow/tfjs";
import { LSHAttention } from "../LSHAttention";
import type { CallOptions } from "./BookLayer";

/** How the pixels of a decoder gather from one another. */
export type SelfAttentionKind = "lsh";

export interface SelfAttentionArgs {
  readonly numHeads: number;
  readonly keyDim: number;
  readonly bucketSize: number;
  readonly numHashes: number;
  readonly seed: number;
}

/** The attention layer of a kind, named `attention`; its output has its input's channels. */
export function createSelfAttention(
  kind: SelfAttentionKind,
  { numHeads, keyDim, bucketSize, numHashes, seed }: SelfAttentionArgs,
): LSHAttention {
  const common = { name: "attention", numHeads, keyDim, seed };
  switch (kind) {
    case "lsh":
      return new LSHAttention({ ...common, bucketSize, numHashes });
  }
}

/** Every pixel of `x` `[batch, height, width, channels]` attends to the pixels of its image. */
export function attendToSelf(layer: LSHAttention, x: tf.Tensor, options: CallOptions): tf.Tensor {
  return layer.apply(x, { ...options }) as tf.Tensor;
}
