import * as tf from "@tensorflow/tfjs";
import { inChunks, rowsSeen, seenByChunks } from "./chunks";
import type { Round } from "./chunks";

/** Stands for "not attended"; far below the limit of `isAlone`. */
const HARD_MASK = -1e9;

/** The output of one round, or of several combined; one row per token. */
export type RoundOutput = {
  /** Log of the sum of exponentials of its logits, `[rows, 1]`. */
  readonly lse: tf.Tensor2D;
  /** Values averaged by their softmax, `[rows, valueDim]`. */
  readonly output: tf.Tensor2D;
};

/** `[sequences * chunks, m, 2m]`, masked where a pair may not attend. */
function logitsOf(queries: tf.Tensor3D, keys: tf.Tensor3D, attendable: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() =>
    tf.where(attendable, tf.matMul<tf.Tensor3D>(queries, keys, false, true), HARD_MASK),
  );
}

/** The output of a round and its weights `[sequences * chunks, m, 2m]`. */
export type Attended = RoundOutput & { readonly weights: tf.Tensor3D };

/** Queries, keys and values, one row per token. */
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
 * @param attendable from `attendablePairs`
 */
export function attendWithinChunks(
  { q, k, v }: TokenRows,
  attendable: tf.Tensor3D,
  round: Round,
): Attended {
  const { rows } = round.geometry;
  return tf.tidy(() => {
    const seen = rowsSeen(round);
    const logits = logitsOf(inChunks(q, round), seenByChunks(k, seen, round), attendable);
    const weights = tf.softmax(logits);
    // The largest weight is the largest logit's: exp(largest - lse).
    const lse = tf.sub(tf.max(logits, 2, true), tf.log(tf.max(weights, 2, true)));
    const output = tf.matMul(weights, seenByChunks(v, seen, round));
    return {
      lse: tf.reshape<tf.Rank.R2>(lse, [rows, 1]),
      output: tf.reshape<tf.Rank.R2>(output, [rows, v.shape[1]]),
      weights,
    };
  });
}

/** The inputs of a round's backward pass, one row per token in the original order. */
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

/** Gradients of the keys and values that chunks attended to, `[rows of rowsSeen, …]`. */
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
 * @param weightsOrPairs the weights; or the attendable pairs (bool), from which the weights are
 * recomputed
 * @param roundLse `lse` of this round, in sorted order
 */
export function attendBackward(
  x: BackwardRows,
  weightsOrPairs: tf.Tensor3D,
  roundLse: tf.Tensor1D,
  round: Round,
): RoundGradients {
  const { sequences, chunks, bucketSize: m, rows } = round.geometry;
  const [dim, valueDim] = [x.q.shape[1], x.vAndMinusOne.shape[1] - 1];
  const blocks = sequences * chunks;
  return tf.tidy(() => {
    const seen = rowsSeen(round);
    const [queries, keys] = [inChunks(x.q, round), seenByChunks(x.k, seen, round)];
    const weights =
      weightsOrPairs.dtype === "bool"
        ? tf.tidy(() => tf.softmax(logitsOf(queries, keys, weightsOrPairs)))
        : weightsOrPairs;
    const [dOutputTotal, lse] = tf.split(inChunks(x.dOutputTotalLse, round), [valueDim + 1, 1], 2);
    // The fraction of this round in the softmax over all rounds.
    const share = tf.exp(tf.sub(tf.reshape(roundLse, [blocks, m, 1]), lse));
    const shared = tf.mul<tf.Tensor3D>(dOutputTotal, share);
    const dOutput = tf.slice(shared, [0, 0, 0], [blocks, m, valueDim]);
    const dLogits = tf.tidy(() => {
      // weights * (dOutput . values - total): the difference is one product of longer rows.
      const values = seenByChunks(x.vAndMinusOne, seen, round);
      return tf.mul<tf.Tensor3D>(weights, tf.matMul(shared, values, false, true));
    });
    return {
      dq: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, keys), [rows, dim]),
      dk: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, queries, true), [2 * rows, dim]),
      dv: tf.reshape<tf.Rank.R2>(tf.matMul(weights, dOutput, true), [2 * rows, valueDim]),
    };
  });
}
