import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import type { LshGeometry } from "./geometry";
import { keysOf } from "./keys";
import type { FilledLshSettings } from "./options";
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
  /** What `reach` gives: computed in the forward pass, kept for the backward one. */
  readonly allowed: tf.Tensor3D;
  readonly index: number;
  readonly settings: FilledLshSettings;
  readonly geometry: LshGeometry;
}

/** Sorted rows as chunks `[sequences, chunks, m, dim]`. */
function inChunks(sorted: tf.Tensor2D, { geometry }: Round): tf.Tensor4D {
  const { sequences, chunks, bucketSize } = geometry;
  return tf.reshape(sorted, [sequences, chunks, bucketSize, sorted.shape[1]]);
}

/** Rows of the chunk before the first, `[sequences * m, dim]`. */
function tailOf(x: tf.Tensor2D, { order, index, geometry }: Round): tf.Tensor2D {
  const previous = roundOf(order, before(index, geometry.numHashes));
  return gatherRows(x, lastChunk(previous, geometry));
}

/** Sorted rows as each chunk sees them: `[sequences * chunks, 2m, dim]`. */
function seen(sorted: tf.Tensor2D, tail: tf.Tensor2D, round: Round): tf.Tensor3D {
  const { sequences, bucketSize } = round.geometry;
  const before4d = tf.reshape(tail, [sequences, 1, bucketSize, sorted.shape[1]]);
  return lookBack(inChunks(sorted, round), before4d) as tf.Tensor3D;
}

const asBlocks = (sorted: tf.Tensor2D, { geometry }: Round): tf.Tensor3D => {
  const { sequences, chunks, bucketSize } = geometry;
  return tf.reshape(sorted, [sequences * chunks, bucketSize, sorted.shape[1]]);
};

/** Queries, keys and values of a round, and its masked logits `[sequences * chunks, m, 2m]`. */
function gather(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  round: Round,
): { queries: tf.Tensor3D; keys: tf.Tensor3D; values: tf.Tensor3D; logits: tf.Tensor3D } {
  const order = roundOf(round.order, round.index);
  const sorted = gatherRows(q, order);
  const { settings } = round;
  const keys = seen(keysOf(sorted, settings), keysOf(tailOf(q, round), settings), round);
  const values = seen(gatherRows(v, order), tailOf(v, round), round);
  const queries = asBlocks(sorted, round);
  const logits = tf.tidy(() =>
    tf.where(round.allowed, tf.matMul(queries, keys, false, true), HARD_MASK),
  );
  return { queries, keys, values, logits: logits as tf.Tensor3D };
}

/**
 * Step 3: attends within the chunks of one round, in sorted order.
 *
 * @param q queries `[rows, dim]`, of which the keys are made
 * @param v values `[rows, valueDim]`
 */
export function attendWithinChunks(q: tf.Tensor2D, v: tf.Tensor2D, round: Round): Partial {
  const { rows } = round.geometry;
  return tf.tidy(() => {
    const { logits, values } = gather(q, v, round);
    const weights = tf.softmax(logits);
    // The largest weight is the largest logit's: exp(largest - lse).
    const lse = tf.sub(tf.max(logits, 2, true), tf.log(tf.max(weights, 2, true)));
    return {
      lse: tf.reshape<tf.Rank.R2>(lse, [rows, 1]),
      output: tf.reshape<tf.Rank.R2>(tf.matMul(weights, values), [rows, v.shape[1]]),
    };
  });
}

/** What the backward pass of a round reads, one row a token in its own order. */
export interface BackwardRows {
  readonly q: tf.Tensor2D;
  readonly v: tf.Tensor2D;
  /** Gradient of the output, `[rows, valueDim]`. */
  readonly dOutput: tf.Tensor2D;
  /** Over all rounds, and the product of output and gradient: `[rows, 2]`. */
  readonly lseAndTotal: tf.Tensor2D;
}

/** Gradients of keys and values in sorted order. */
export type KeyGradients = {
  readonly dk: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

/** Gradients of one round in sorted order. */
export type RoundGradients = KeyGradients & {
  readonly dq: tf.Tensor2D;
  /** Of the chunk before the first, which is the last of the round before: `[sequences * m, …]`. */
  readonly tail: KeyGradients;
};

/**
 * Gradients of what chunks saw, given back to the chunks that it came from.
 *
 * @param behind adds to the last chunk: what the next round's first chunk saw of it
 */
function undoLookBack(
  gradient: tf.Tensor3D,
  behind: tf.Tensor2D | null,
  { geometry }: Round,
): { own: tf.Tensor2D; tail: tf.Tensor2D } {
  const { sequences, chunks, bucketSize: m, rows, numHashes } = geometry;
  const dim = gradient.shape[2];
  const both = tf.reshape(gradient, [sequences, chunks, 2 * m, dim]);
  const own = tf.slice(both, [0, 0, 0, 0], [sequences, chunks, m, dim]);
  const tail = tf.slice(both, [0, 0, m, 0], [sequences, 1, m, dim]);
  const previous = tf.slice(both, [0, 1, m, 0], [sequences, chunks - 1, m, dim]);
  const next = numHashes === 1 ? tail : (behind ?? tf.zeros([sequences * m, dim]));
  const last = tf.reshape(next, [sequences, 1, m, dim]);
  return {
    own: tf.reshape(tf.add(own, tf.concat([previous, last], 1)), [rows, dim]),
    tail: tf.reshape(tail, [sequences * m, dim]),
  };
}

/**
 * The gradient of `attendWithinChunks` under the softmax over all rounds; weights are recomputed.
 *
 * @param x what all rounds share
 * @param roundLse `lse` of this round, in sorted order
 * @param behind gradients of this round's last chunk from the round behind it
 */
export function attendBackward(
  x: BackwardRows,
  roundLse: tf.Tensor1D,
  behind: KeyGradients | null,
  round: Round,
): RoundGradients {
  const { rows } = round.geometry;
  return tf.tidy(() => {
    const { queries, keys, values, logits } = gather(x.q, x.v, round);
    const weights = tf.softmax(logits);
    logits.dispose();
    const order = roundOf(round.order, round.index);
    // The share of this round in the softmax over all.
    const [lse, total] = tf.split(gatherRows(x.lseAndTotal, order), 2, 1);
    const share = tf.exp(tf.sub(tf.reshape(roundLse, [rows, 1]), lse));
    const dOutput = asBlocks(tf.mul(gatherRows(x.dOutput, order), share), round);
    const dTotal = asBlocks(tf.mul(total, share), round);
    const dv = undoLookBack(tf.matMul(weights, dOutput, true), behind?.dv ?? null, round);
    const dLogits = tf.tidy(() =>
      tf.mul<tf.Tensor3D>(weights, tf.sub(tf.matMul(dOutput, values, false, true), dTotal)),
    );
    const dk = undoLookBack(tf.matMul(dLogits, queries, true), behind?.dk ?? null, round);
    return {
      dq: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, keys), [rows, x.q.shape[1]]),
      dk: dk.own,
      dv: dv.own,
      tail: { dk: dk.tail, dv: dv.tail },
    };
  });
}
