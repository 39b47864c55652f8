import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import type { LshGeometry } from "./geometry";

/** One round of some sequences. */
export interface Round {
  /** int32 `[numHashes, rows]`, from `sort`. */
  readonly order: tf.Tensor2D;
  readonly index: number;
  readonly geometry: LshGeometry;
}

/** Row `index` of a matrix that has a row per round. */
export function rowOfRound(matrix: tf.Tensor2D, index: number): tf.Tensor1D {
  const columns = matrix.shape[1];
  return tf.reshape(tf.slice(matrix, [index, 0], [1, columns]), [columns]);
}

/** The round before; the first follows the last, as in the one long row that all rounds form. */
export const previousRound = (index: number, numHashes: number): number =>
  (index + numHashes - 1) % numHashes;

/** Rows of the last chunk of each sequence, in sorted order: `[sequences * m]`. */
export function lastChunk(order: tf.Tensor1D, geometry: LshGeometry): tf.Tensor1D {
  const { sequences, chunks, bucketSize } = geometry;
  const perSequence = tf.reshape(order, [sequences, chunks, bucketSize]);
  const last = tf.slice(perSequence, [0, chunks - 1, 0], [sequences, 1, bucketSize]);
  return tf.reshape(last, [sequences * bucketSize]);
}

/**
 * The entries that each chunk attends to: its own and those of the previous chunk, `[sequences *
 * chunks, 2m, …]`. `tail` stands before the first chunk, `[sequences, 1, m, …]`.
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

/** A round's rows in sorted order, by chunk: `[sequences * chunks, m, …]`. */
export function inChunks(x: tf.Tensor2D, { order, index, geometry }: Round): tf.Tensor3D {
  const { sequences, chunks, bucketSize } = geometry;
  const sorted = gatherRows(x, rowOfRound(order, index));
  return tf.reshape(sorted, [sequences * chunks, bucketSize, x.shape[1]]);
}

/** The rows that each chunk sees, int32 `[sequences * chunks * 2m]`. */
export function rowsSeen({ order, index, geometry }: Round): tf.Tensor1D {
  const { sequences, chunks, bucketSize, numHashes } = geometry;
  const own = tf.reshape(rowOfRound(order, index), [sequences, chunks, bucketSize]);
  const tail = lastChunk(rowOfRound(order, previousRound(index, numHashes)), geometry);
  return tf.reshape(lookBack(own, tf.reshape(tail, [sequences, 1, bucketSize])), [-1]);
}

/**
 * The rows of `x` that each chunk attends to: `[sequences * chunks, 2m, …]`.
 *
 * @param rows from {@link rowsSeen}
 */
export function seenByChunks(x: tf.Tensor2D, rows: tf.Tensor1D, { geometry }: Round): tf.Tensor3D {
  const { sequences, chunks, bucketSize } = geometry;
  return tf.reshape(gatherRows(x, rows), [sequences * chunks, 2 * bucketSize, x.shape[1]]);
}
