import * as tf from "@tensorflow/tfjs";
import { argsortRows } from "../../core/ops/argsort";
import { ConfigError } from "../../core/errors";
import type { LshGeometry } from "./geometry";

/** Integers up to here are exact: WebGL computes them as float32. */
function largestKey(): number {
  return tf.getBackend() === "webgl" ? 2 ** 24 : 2 ** 31;
}

/**
 * Step 2: the rows of each sequence and head in the order of their buckets, tokens of one bucket in
 * their own order. Sorted by `bucket * length + position`, round by round: all keys differ, so the
 * sort is stable, and they stay exact in 32 bits.
 *
 * @param buckets int32 `[numHashes, rows]`
 * @param numBuckets more than any bucket
 * @returns int32 `[numHashes, rows]`: row numbers; sequences and heads one behind the other
 * @throws ConfigError when the keys would overflow
 */
export function sort(
  buckets: tf.Tensor2D,
  numBuckets: number,
  { batch, padded, heads, numHashes, rows }: LshGeometry,
): tf.Tensor2D {
  if (numBuckets * padded > largestKey()) {
    throw new ConfigError({
      where: "lshAttention",
      expected: `buckets * length of at most ${largestKey()} on ${tf.getBackend()}`,
      got: `${numBuckets} * ${padded}`,
      remedy: "Raise bucketSize or shorten the sequence.",
    });
  }
  return tf.tidy(() => {
    const int = (value: number): tf.Scalar => tf.scalar(value, "int32");
    const perHead = tf.transpose(
      tf.reshape(buckets, [numHashes, batch, padded, heads]),
      [0, 1, 3, 2],
    );
    const keys = tf.add(tf.mul(perHead, int(padded)), tf.range(0, padded, 1, "int32"));
    const sorted = argsortRows(tf.reshape<tf.Rank.R2>(keys, [-1, padded]));
    const positions = tf.reshape(sorted, [numHashes, batch, heads, padded]);
    // position → row: (sequence * padded + position) * heads + head
    const first = tf.add(
      tf.reshape(tf.range(0, rows, padded * heads, "int32"), [batch, 1, 1]),
      tf.reshape(tf.range(0, heads, 1, "int32"), [heads, 1]),
    );
    return tf.reshape(tf.add(tf.mul(positions, int(heads)), first), [numHashes, rows]);
  });
}
