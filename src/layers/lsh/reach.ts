import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import type { LshGeometry } from "./geometry";
import type { FilledLshSettings } from "./options";

/** Who stands where; none of it has a gradient. */
export interface SortedTokens {
  /** int32 `[numHashes, rows]`, from `sort`. */
  readonly order: tf.Tensor2D;
  /** int32 `[numHashes, rows]`; `null` where all of two chunks is in reach. */
  readonly buckets: tf.Tensor2D | null;
  /** int32 `[rows]`, 0 for masked and padded tokens; `null` where there are none. */
  readonly valid: tf.Tensor1D | null;
}

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");

/** Row `index` of a matrix. */
export function roundOf(matrix: tf.Tensor2D, index: number): tf.Tensor1D {
  const columns = matrix.shape[1];
  return tf.reshape(tf.slice(matrix, [index, 0], [1, columns]), [columns]);
}

/** The round before; the first follows the last, as in the one long row that all rounds form. */
export const before = (round: number, numHashes: number): number =>
  (round + numHashes - 1) % numHashes;

/** Rows of the last chunk of each sequence, in sorted order: `[sequences * m]`. */
export function lastChunk(order: tf.Tensor1D, geometry: LshGeometry): tf.Tensor1D {
  const { sequences, chunks, bucketSize } = geometry;
  const perSequence = tf.reshape(order, [sequences, chunks, bucketSize]);
  const last = tf.slice(perSequence, [0, chunks - 1, 0], [sequences, 1, bucketSize]);
  return tf.reshape(last, [sequences * bucketSize]);
}

/**
 * What each chunk sees: its own entries and those of the chunk before, `[sequences * chunks, 2m, …]`.
 * Before the first chunk stands `tail`, `[sequences, 1, m, …]`.
 *
 * @param own `[sequences, chunks, m, …]`
 */
export function lookBack<T extends tf.Tensor>(own: T, tail: tf.Tensor): tf.Tensor {
  const [sequences, chunks, bucketSize, ...rest] = own.shape;
  const begin = own.shape.map(() => 0);
  const front = tf.slice(own, begin, [sequences, chunks - 1, bucketSize, ...rest]);
  const previous = tf.concat([tail, front], 1);
  return tf.reshape(tf.concat([own, previous], 2), [sequences * chunks, 2 * bucketSize, ...rest]);
}

/** What is compared is a whole number or a half: nearer than this means equal. */
const NEAR = 0.5;

/** Further than any two that are compared as equal. */
const FAR = 2;

/**
 * The pairs of one round that attend: bool `[sequences * chunks, m, 2m]`. A token itself is left
 * out: it is attended only where nothing else is (see `combine`).
 *
 * A pair that an earlier round attends already is left out too when duplicates are discounted;
 * with all rounds under one softmax that is the same as subtracting the log of its count.
 *
 * Each reason to leave a pair out is a squared distance that is then near zero; the smallest of them
 * decides, in one comparison. TensorFlow's comparisons are several times as slow as its arithmetic.
 */
export function reach(
  tokens: SortedTokens,
  round: number,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): tf.Tensor3D {
  const { sequences, padded, chunks, bucketSize: m, numHashes } = geometry;
  const { discountDuplicates, causal } = settings;
  const earlier = before(round, numHashes);
  return tf.tidy(() => {
    const own = roundOf(tokens.order, round);
    const tail = lastChunk(roundOf(tokens.order, earlier), geometry);

    const sorted = (values: tf.Tensor1D, rows: tf.Tensor1D, width: number): tf.Tensor =>
      tf.reshape(gatherRows(tf.reshape(values, [-1, 1]), rows), [sequences, width, m]);
    const asQueries = (values: tf.Tensor): tf.Tensor =>
      tf.reshape(values, [sequences * chunks, m, 1]);
    const asKeys = (values: tf.Tensor, tailValues: tf.Tensor): tf.Tensor =>
      tf.reshape(lookBack(values, tailValues), [sequences * chunks, 1, 2 * m]);
    const queriesOf = (values: tf.Tensor1D): tf.Tensor => asQueries(sorted(values, own, chunks));
    const keysOf = (values: tf.Tensor1D): tf.Tensor =>
      asKeys(sorted(values, own, chunks), sorted(values, tail, 1));

    const position = (rows: tf.Tensor1D): tf.Tensor =>
      tf.cast(tf.mod(rows, int(padded)), "float32");
    const positions = asQueries(tf.reshape(position(own), [sequences, chunks, m]));
    const keyPositions = asKeys(
      tf.reshape(position(own), [sequences, chunks, m]),
      tf.reshape(position(tail), [sequences, 1, m]),
    );
    // Of the smallest distance of each pair to a reason to leave it out.
    let distance = tf.squaredDifference(positions, keyPositions);
    const leaveOut = (near: tf.Tensor): void => {
      distance = tf.minimum(distance, near);
    };

    if (tokens.valid !== null) {
      const near = tf.mul<tf.Tensor1D>(tf.cast(tokens.valid, "float32"), FAR);
      leaveOut(queriesOf(near));
      leaveOut(keysOf(near));
    }
    if (discountDuplicates && numHashes > 1) {
      const chunkOf = (index: number): tf.Tensor1D =>
        tf.cast(
          tf.mod(tf.floorDiv(invertPermutation(roundOf(tokens.order, index)), int(m)), int(chunks)),
          "float32",
        );
      /** 0 where a round's chunk is `chunk`, `other` elsewhere. */
      const mark = (index: number, chunk: number, other: number): tf.Tensor1D =>
        tf.mul(tf.cast(tf.notEqual(chunkOf(index), chunk), "float32"), other);

      for (let other = 0; other < round; other++) {
        const chunk = chunkOf(other);
        // 1/4 where the key's chunk is the query's or the one before, 9/4 or more elsewhere.
        const near = tf.squaredDifference(queriesOf(tf.sub(chunk, 0.5)), keysOf(chunk));
        if (tokens.buckets === null) {
          leaveOut(near);
          // The first chunk sees the last of the round before.
          const last = mark(before(other, numHashes), chunks - 1, -FAR);
          leaveOut(tf.squaredDifference(queriesOf(mark(other, 0, FAR)), keysOf(last)));
        } else {
          const buckets = tf.cast(roundOf(tokens.buckets, other), "float32");
          const apart = tf.squaredDifference(queriesOf(buckets), keysOf(buckets));
          leaveOut(tf.maximum(near, apart));
        }
      }
      if (tokens.buckets === null) {
        // The first chunk may meet a token of its own once more in the other round's last chunk.
        const nowhere = tf.fill([sequences, chunks, m], -FAR);
        const first = sorted(mark(round, 0, FAR), own, chunks);
        const firstOfTail = sorted(mark(round, 0, -FAR), tail, 1);
        leaveOut(tf.squaredDifference(asQueries(first), asKeys(nowhere, firstOfTail)));
      }
    }
    let allowed = tf.greater(distance, NEAR);
    if (causal) allowed = tf.logicalAnd(allowed, tf.greater(positions, keyPositions));
    if (tokens.buckets !== null) {
      const ownBuckets = sorted(roundOf(tokens.buckets, round), own, chunks);
      // Another round's buckets are other buckets.
      const tailBuckets =
        numHashes === 1
          ? sorted(roundOf(tokens.buckets, round), tail, 1)
          : tf.fill([sequences, 1, m], -1, "int32");
      const together = tf.equal(asQueries(ownBuckets), asKeys(ownBuckets, tailBuckets));
      allowed = tf.logicalAnd(allowed, together);
    }
    return allowed as tf.Tensor3D;
  });
}
