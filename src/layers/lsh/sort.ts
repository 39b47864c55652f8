import * as tf from "@tensorflow/tfjs";
import { argsortRows, invertPermutation } from "../../core/ops/argsort";
import { gatherRows } from "../../core/ops/gatherRows";
import { ConfigError } from "../../core/errors";
import type { RoundOutput } from "./attendWithinChunks";
import type { LshGeometry } from "./geometry";

/** Integers up to here are exact: WebGL computes them as float32. */
function largestKey(): number {
  return tf.getBackend() === "webgl" ? 2 ** 24 : 2 ** 31;
}

/**
 * Step 2: the rows of each sequence in the order of their buckets, tokens of one bucket in their own
 * order. Sorted by `bucket * length + position`, round by round: all keys differ, so the sort is
 * stable, and they stay exact in 32 bits.
 *
 * @param buckets int32 `[numHashes, rows]`
 * @param numBuckets more than any bucket
 * @returns int32 `[numHashes, rows]`: row indices, sequence after sequence
 * @throws ConfigError when the keys would overflow
 */
export function sort(
  buckets: tf.Tensor2D,
  numBuckets: number,
  { sequences, padded, numHashes, rows }: LshGeometry,
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
    const perSequence = tf.reshape(buckets, [numHashes * sequences, padded]);
    const keys = tf.add<tf.Tensor2D>(
      tf.mul(perSequence, tf.scalar(padded, "int32")),
      tf.range(0, padded, 1, "int32"),
    );
    const positions = tf.reshape(argsortRows(keys), [numHashes, sequences, padded]);
    const first = tf.reshape(tf.range(0, rows, padded, "int32"), [sequences, 1]);
    return tf.reshape(tf.add(positions, first), [numHashes, rows]);
  });
}

/**
 * Step 4: restores the original token order of a round's output.
 *
 * @param order int32 `[rows]`, of this round
 */
export function unsort(sorted: RoundOutput, order: tf.Tensor1D): RoundOutput {
  const inverse = invertPermutation(order);
  return { lse: gatherRows(sorted.lse, inverse), output: gatherRows(sorted.output, inverse) };
}
