import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { expectShape } from "../../core/shapes";

/** Sizes of LSH attention over some sequences: each head of each batch item is one. */
export interface LshGeometry {
  readonly sequences: number;
  /** Tokens of a sequence with padding: a multiple of `2 * bucketSize`. */
  readonly padded: number;
  readonly bucketSize: number;
  /** Chunks per sequence, `padded / bucketSize`. */
  readonly chunks: number;
  readonly numHashes: number;
  /** `sequences * padded`: one row per token, sequence after sequence. */
  readonly rows: number;
}

/** Sizes of `qk`, whose heads become sequences. */
export interface LshSizes {
  readonly batch: number;
  /** Tokens as given. */
  readonly length: number;
  readonly heads: number;
  /** Geometry of all sequences. */
  readonly geometry: LshGeometry;
}

/** Sizes for `qk` `[batch, length, heads, dim]`. */
export function lshSizes(
  qk: tf.Tensor4D,
  { bucketSize, numHashes }: { bucketSize: number; numHashes: number },
): LshSizes {
  const { b, s, h } = expectShape("lshAttention.qk", qk, ["b", "s", "h", null]);
  const padded = Math.ceil(s / (2 * bucketSize)) * 2 * bucketSize;
  const geometry = ofSequences(b * h, padded, bucketSize, numHashes);
  return { batch: b, length: s, heads: h, geometry };
}

function ofSequences(
  sequences: number,
  padded: number,
  bucketSize: number,
  numHashes: number,
): LshGeometry {
  const chunks = padded / bucketSize;
  return { sequences, padded, bucketSize, chunks, numHashes, rows: sequences * padded };
}

/** A group of sequences that are processed together. */
export interface LshGroup {
  /** The first of its rows among all. */
  readonly begin: number;
  readonly geometry: LshGeometry;
}

/** Maximum number of logits of a round held at once. */
const MAX_LOGITS = 2 ** 24;

/**
 * Splits sequences into groups that are processed one after the other, so that the memory of a round
 * does not grow with batch and heads.
 */
export function groupsOf(geometry: LshGeometry): readonly LshGroup[] {
  const { sequences, padded, bucketSize, numHashes } = geometry;
  const most = Math.max(1, Math.floor(MAX_LOGITS / (padded * 2 * bucketSize)));
  const count = Math.ceil(sequences / most);
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor((index * sequences) / count);
    const end = Math.floor(((index + 1) * sequences) / count);
    return {
      begin: begin * padded,
      geometry: ofSequences(end - begin, padded, bucketSize, numHashes),
    };
  });
}

/** Weights of all rounds in 128 MiB. */
const FEW_WEIGHTS = 2 ** 25;

/**
 * Whether the weights of all rounds are few enough to favour speed over memory: rounds may then run in
 * parallel, and their weights are kept for the backward pass.
 */
export function areFewWeights({ rows, bucketSize, numHashes }: LshGeometry): boolean {
  return rows * 2 * bucketSize * numHashes <= FEW_WEIGHTS;
}

/**
 * Sizes of the factors that a hash of `numBuckets` is made of. Few buckets are one factor; many are
 * two of about the root, so that the rotation and its product stay small. The product of the
 * factors is then the number of buckets: at least `numBuckets`.
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
