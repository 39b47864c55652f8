import * as tf from "@tensorflow/tfjs";
import type { LshSettings } from "../../src/layers/lsh/options";

interface Reference extends Required<Omit<LshSettings, "numBuckets" | "numHashes">> {
  /** `[numHashes][batch][length][heads]`, a multiple of `2 * bucketSize` tokens. */
  readonly buckets: number[][][][];
  /** `[batch][length]` */
  readonly mask?: boolean[][];
}

/** How often token `i` can attend to token `j`, over all rounds, counted pair by pair. */
function multiplicity(options: Reference, batch: number, head: number): number[][] {
  const { bucketSize, attendAcrossBuckets, causal, mask } = options;
  const rounds = options.buckets.map((round) => round[batch].map((token) => token[head]));
  const length = rounds[0].length;
  const chunks = length / bucketSize;
  // The sorted rows of all rounds form one ring of chunks.
  const places = rounds.map((buckets) => {
    const order = Array.from(buckets.keys()).sort((a, b) => buckets[a] - buckets[b] || a - b);
    const place = new Array<number>(length);
    order.forEach((token, at) => (place[token] = Math.floor(at / bucketSize)));
    return place;
  });
  const ring = chunks * rounds.length;
  return Array.from({ length }, (_, i) =>
    Array.from({ length }, (_unused, j) => {
      if (i === j || (causal && j > i)) return 0;
      if (mask !== undefined && !(mask[batch][i] && mask[batch][j])) return 0;
      let count = 0;
      rounds.forEach((queryBuckets, a) =>
        rounds.forEach((keyBuckets, b) => {
          const isSameBucket = a === b && queryBuckets[i] === keyBuckets[j];
          if (!attendAcrossBuckets && !isSameBucket) return;
          const distance = a * chunks + places[a][i] - (b * chunks + places[b][j]);
          if (distance === 0 || (distance + ring) % ring === 1) count++;
        }),
      );
      return count;
    }),
  );
}

/** LSH attention in O(length²), one dense matrix per head; differentiable by tfjs alone. */
export function lshReference(qk: tf.Tensor4D, v: tf.Tensor4D, options: Reference): tf.Tensor4D {
  const [batch, length, heads, dim] = qk.shape;
  const counts = tf.tensor4d(
    Array.from({ length: batch }, (_, b) =>
      Array.from({ length: heads }, (_unused, h) => multiplicity(options, b, h)),
    ),
  );
  const q = tf.transpose(qk, [0, 2, 1, 3]);
  const k = tf.div(q, tf.sqrt(tf.sum(tf.square(q), -1, true)));
  const scale = options.scale === "sqrtDim" ? 1 / Math.sqrt(dim) : 1;
  const isReached = tf.greater(counts, 0);
  const weight = options.discountDuplicates ? tf.cast(isReached, "float32") : counts;
  const isAlone = tf.logicalNot(tf.any(isReached, -1, true));
  const self = tf.mul(tf.cast(isAlone, "float32"), tf.eye(length));
  const logits = tf.where(isReached, tf.mul(tf.matMul(q, k, false, true), scale), -1e9);
  const exponentials = tf.mul(tf.exp(tf.sub(logits, tf.max(logits, -1, true))), weight);
  const sum = tf.where(isAlone, 1, tf.sum(exponentials, -1, true));
  const attention = tf.add(tf.div(exponentials, sum), self);
  const output = tf.matMul(attention, tf.transpose(v, [0, 2, 1, 3]));
  return tf.transpose(output, [0, 2, 1, 3]) as tf.Tensor4D;
}
