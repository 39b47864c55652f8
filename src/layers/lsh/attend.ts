import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import type { LshGeometry } from "./geometry";
import { before, lastChunk, lookBack, roundOf } from "./reach";

/** Stands for "not attended"; far below the limit of `isAlone`. */
const HARD_MASK = -1e9;

/** What some rounds give a token, one row each. */
export type Partial = {
  /** Log of the sum of exponentials of its logits, `[rows, 1]`. */
  readonly lse: tf.Tensor2D;
  /** Values averaged by their softmax, `[rows, valueDim]`. */
  readonly output: tf.Tensor2D;
};

/** One round of some sequences. */
export interface Round {
  /** int32 `[numHashes, rows]`, from `sort`. */
  readonly order: tf.Tensor2D;
  readonly index: number;
  readonly geometry: LshGeometry;
}

/** A round's rows in sorted order, by chunk: `[sequences * chunks, m, …]`. */
function ofChunks(x: tf.Tensor2D, { order, index, geometry }: Round): tf.Tensor3D {
  const { sequences, chunks, bucketSize } = geometry;
  const sorted = gatherRows(x, roundOf(order, index));
  return tf.reshape(sorted, [sequences * chunks, bucketSize, x.shape[1]]);
}

/** Numbers of the rows that each chunk sees, int32 `[sequences * chunks * 2m]`. */
function seenRows({ order, index, geometry }: Round): tf.Tensor1D {
  const { sequences, chunks, bucketSize, numHashes } = geometry;
  const own = tf.reshape(roundOf(order, index), [sequences, chunks, bucketSize]);
  const tail = lastChunk(roundOf(order, before(index, numHashes)), geometry);
  return tf.reshape(lookBack(own, tf.reshape(tail, [sequences, 1, bucketSize])), [-1]);
}

/** What each chunk sees of `x`: `[sequences * chunks, 2m, …]`. */
function seenBy(x: tf.Tensor2D, rows: tf.Tensor1D, { geometry }: Round): tf.Tensor3D {
  const { sequences, chunks, bucketSize } = geometry;
  return tf.reshape(gatherRows(x, rows), [sequences * chunks, 2 * bucketSize, x.shape[1]]);
}

/** `[sequences * chunks, m, 2m]`, masked where a pair is not allowed. */
function logitsOf(queries: tf.Tensor3D, keys: tf.Tensor3D, allowed: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() =>
    tf.where(allowed, tf.matMul<tf.Tensor3D>(queries, keys, false, true), HARD_MASK),
  );
}

/** What a round gives, and its weights `[sequences * chunks, m, 2m]`. */
export type Attended = Partial & { readonly weights: tf.Tensor3D };

/** Queries, keys and values, one row a token. */
export interface TokenRows {
  /** `[rows, dim]` */
  readonly q: tf.Tensor2D;
  /** `[rows, dim]`, from `keysOf` */
  readonly k: tf.Tensor2D;
  /** `[rows, valueDim]` */
  readonly v: tf.Tensor2D;
}

/**
 * Step 3: attends within the chunks of one round, in sorted order.
 *
 * @param allowed who is in reach, from `reach`
 */
export function attendWithinChunks(
  { q, k, v }: TokenRows,
  allowed: tf.Tensor3D,
  round: Round,
): Attended {
  const { rows } = round.geometry;
  return tf.tidy(() => {
    const seen = seenRows(round);
    const logits = logitsOf(ofChunks(q, round), seenBy(k, seen, round), allowed);
    const weights = tf.softmax(logits);
    // The largest weight is the largest logit's: exp(largest - lse).
    const lse = tf.sub(tf.max(logits, 2, true), tf.log(tf.max(weights, 2, true)));
    const output = tf.matMul(weights, seenBy(v, seen, round));
    return {
      lse: tf.reshape<tf.Rank.R2>(lse, [rows, 1]),
      output: tf.reshape<tf.Rank.R2>(output, [rows, v.shape[1]]),
      weights,
    };
  });
}

/** What the backward pass of a round reads, one row a token in its own order. */
export interface BackwardRows {
  readonly q: tf.Tensor2D;
  readonly k: tf.Tensor2D;
  /** Values, and a column of -1: `[rows, valueDim + 1]`. */
  readonly vAndMinusOne: tf.Tensor2D;
  /**
   * Gradient of the output, its product with the output, and the `lse` over all rounds:
   * `[rows, valueDim + 2]`.
   */
  readonly dOutputTotalLse: tf.Tensor2D;
}

/** Gradients of what chunks saw, `[rows of seenRows, …]`. */
export type KeyGradients = {
  readonly dk: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

/** Gradients of one round. */
export type RoundGradients = KeyGradients & {
  /** In sorted order. */
  readonly dq: tf.Tensor2D;
};

/**
 * The gradient of `attendWithinChunks` under the softmax over all rounds.
 *
 * @param x what all rounds share
 * @param kept the weights; or who is in reach (bool), from which they are computed again
 * @param roundLse `lse` of this round, in sorted order
 */
export function attendBackward(
  x: BackwardRows,
  kept: tf.Tensor3D,
  roundLse: tf.Tensor1D,
  round: Round,
): RoundGradients {
  const { sequences, chunks, bucketSize: m, rows } = round.geometry;
  const [dim, valueDim] = [x.q.shape[1], x.vAndMinusOne.shape[1] - 1];
  const blocks = sequences * chunks;
  return tf.tidy(() => {
    const seen = seenRows(round);
    const [queries, keys] = [ofChunks(x.q, round), seenBy(x.k, seen, round)];
    const weights =
      kept.dtype === "bool" ? tf.tidy(() => tf.softmax(logitsOf(queries, keys, kept))) : kept;
    const [dOutputTotal, lse] = tf.split(ofChunks(x.dOutputTotalLse, round), [valueDim + 1, 1], 2);
    // The share of this round in the softmax over all.
    const share = tf.exp(tf.sub(tf.reshape(roundLse, [blocks, m, 1]), lse));
    const shared = tf.mul<tf.Tensor3D>(dOutputTotal, share);
    const dOutput = tf.slice(shared, [0, 0, 0], [blocks, m, valueDim]);
    const dLogits = tf.tidy(() => {
      // weights * (dOutput . values - total): the difference is one product of longer rows.
      const values = seenBy(x.vAndMinusOne, seen, round);
      return tf.mul<tf.Tensor3D>(weights, tf.matMul(shared, values, false, true));
    });
    return {
      dq: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, keys), [rows, dim]),
      dk: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, queries, true), [2 * rows, dim]),
      dv: tf.reshape<tf.Rank.R2>(tf.matMul(weights, dOutput, true), [2 * rows, valueDim]),
    };
  });
}
