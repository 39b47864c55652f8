import { LSHAttention } from "../LSHAttention";
import { MultiHeadAttention } from "../MultiHeadAttention";

/** Kinds of self-attention over the pixels of a decoder. */
export type SelfAttentionKind = "lsh" | "multiHead";

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
): LSHAttention | MultiHeadAttention {
  const common = { name: "attention", numHeads, keyDim, seed };
  switch (kind) {
    case "lsh":
      return new LSHAttention({ ...common, bucketSize, numHashes });
    case "multiHead":
      return new MultiHeadAttention(common);
  }
}
