import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { expectShape } from "../../core/shapes";

/** Sizes of one LSH attention; `padded` tokens fall into `chunks` of `bucketSize`. */
export interface LshGeometry {
  readonly batch: number;
  /** Tokens as given. */
  readonly length: number;
  readonly heads: number;
  /** Tokens with padding: the next multiple of `2 * bucketSize`. */
  readonly padded: number;
  readonly bucketSize: number;
  /** `padded / bucketSize`, a sequence. */
  readonly chunks: number;
  readonly numHashes: number;
  /** `batch * padded * heads`: one row a token and head, in that order. */
  readonly rows: number;
}

/** Sizes for `qk` `[batch, length, heads, dim]`. */
export function lshGeometry(
  qk: tf.Tensor4D,
  { bucketSize, numHashes }: { bucketSize: number; numHashes: number },
): LshGeometry {
  const { b, s, h } = expectShape("lshAttention.qk", qk, ["b", "s", "h", null]);
  const padded = Math.ceil(s / (2 * bucketSize)) * 2 * bucketSize;
  return {
    batch: b,
    length: s,
    heads: h,
    padded,
    bucketSize,
    chunks: padded / bucketSize,
    numHashes,
    rows: b * padded * h,
  };
}

/**
 * Sizes of the factors that a hash of `numBuckets` is made of. Few buckets are one factor; many are
 * two of about the root, so that the rotation and its product stay small. The product of the
 * factors is then the number of buckets, the least even-by-even one that holds `numBuckets`.
 */
export function bucketFactors(numBuckets: number): number[] {
  if (!Number.isInteger(numBuckets) || numBuckets < 2 || numBuckets % 2 !== 0) {
    throw new ConfigError({
      where: "lshAttention.numBuckets",
      expected: "an even number of at least 2",
      got: String(numBuckets),
    });
  }
  if (numBuckets <= 128) return [numBuckets];
  const first = 2 * Math.ceil(Math.sqrt(numBuckets) / 2);
  return [first, 2 * Math.ceil(numBuckets / first / 2)];
}
