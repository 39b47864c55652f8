import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import type { LshGeometry } from "./geometry";
import { before, lastChunk, lookBack, reach, roundOf } from "./reach";
import type { SortedTokens } from "./reach";
import type { FilledLshSettings } from "./options";

/** Stands for "not attended"; far below the soft limit of `isAlone`. */
const HARD_MASK = -1e9;

/** Largest logit, sum of exponentials and weighted sum of values, one row a token. */
export type Partial = {
  /** `[rows, 1]` */
  readonly largest: tf.Tensor2D;
  /** `[rows, 1]` */
  readonly total: tf.Tensor2D;
  /** `[rows, valueDim]` */
  readonly output: tf.Tensor2D;
};

/** Rows in sorted order, cut into chunks, and what each chunk sees of them. */
function chunked(
  x: tf.Tensor2D,
  tokens: SortedTokens,
  round: number,
  geometry: LshGeometry,
): { own: tf.Tensor4D; tail: tf.Tensor4D } {
  const { batch, heads, chunks, bucketSize, numHashes } = geometry;
  const dim = x.shape[1];
  const rows = roundOf(tokens.order, round);
  const previous = roundOf(tokens.order, before(round, numHashes));
  const own = tf.reshape(gatherRows(x, rows), [batch * heads, chunks, bucketSize, dim]);
  const tail = tf.reshape(gatherRows(x, lastChunk(previous, geometry)), [
    batch * heads,
    1,
    bucketSize,
    dim,
  ]);
  return { own: own as tf.Tensor4D, tail: tail as tf.Tensor4D };
}

const flat = (x: tf.Tensor): tf.Tensor3D => {
  const [sequences, chunks, m, dim] = x.shape;
  return tf.reshape(x, [sequences * chunks, m, dim]);
};

/** Logits of one round, `[sequences * chunks, m, 2m]`, masked. */
function logitsOf(q: tf.Tensor3D, keys: tf.Tensor3D, allowed: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() =>
    tf.where(allowed, tf.matMul(q, keys, false, true), tf.scalar(HARD_MASK)),
  ) as tf.Tensor3D;
}

/**
 * Step 3: attends within the chunks of one round, in sorted order.
 *
 * @param q queries `[rows, dim]`
 * @param k keys `[rows, dim]`
 * @param v values `[rows, valueDim]`
 */
export function attendWithinChunks(
  { q, k, v }: { q: tf.Tensor2D; k: tf.Tensor2D; v: tf.Tensor2D },
  tokens: SortedTokens,
  round: number,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): Partial {
  const { rows } = geometry;
  return tf.tidy(() => {
    const queries = flat(chunked(q, tokens, round, geometry).own);
    const keys = chunked(k, tokens, round, geometry);
    const values = chunked(v, tokens, round, geometry);
    const allowed = reach(tokens, round, settings, geometry);
    const logits = logitsOf(queries, lookBack(keys.own, keys.tail) as tf.Tensor3D, allowed);
    const largest = tf.max(logits, 2, true);
    const weights = tf.exp(tf.sub(logits, largest)) as tf.Tensor3D;
    const output = tf.matMul(weights, lookBack(values.own, values.tail));
    return {
      largest: tf.reshape<tf.Rank.R2>(largest, [rows, 1]),
      total: tf.reshape<tf.Rank.R2>(tf.sum(weights, 2), [rows, 1]),
      output: tf.reshape<tf.Rank.R2>(output, [rows, v.shape[1]]),
    };
  });
}

/** What the backward pass of a round reads, one row a token. */
export type BackwardRows = {
  readonly q: tf.Tensor2D;
  readonly k: tf.Tensor2D;
  readonly v: tf.Tensor2D;
  /** Largest logit over all rounds, `[rows, 1]`. */
  readonly largest: tf.Tensor2D;
  /** Gradient of the output over the sum of exponentials, `[rows, valueDim]`. */
  readonly dOutput: tf.Tensor2D;
  /** Its product with the output, `[rows, 1]`. */
  readonly dTotal: tf.Tensor2D;
};

/** Gradients of one round in sorted order, and of the last chunk of the round before. */
export type RoundGradients = {
  readonly dq: tf.Tensor2D;
  readonly dk: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
  /** `[sequences * m, dim]` */
  readonly dkTail: tf.Tensor2D;
  /** `[sequences * m, valueDim]` */
  readonly dvTail: tf.Tensor2D;
};

/** Gradients of what a chunk saw, given back to the chunks that it came from. */
function undoLookBack(
  gradient: tf.Tensor3D,
  { batch, heads, chunks, bucketSize: m, rows }: LshGeometry,
): { own: tf.Tensor2D; tail: tf.Tensor2D } {
  const dim = gradient.shape[2];
  const sequences = batch * heads;
  const both = tf.reshape(gradient, [sequences, chunks, 2 * m, dim]);
  const own = tf.slice(both, [0, 0, 0, 0], [sequences, chunks, m, dim]);
  const tail = tf.slice(both, [0, 0, m, 0], [sequences, 1, m, dim]);
  const previous = tf.slice(both, [0, 1, m, 0], [sequences, chunks - 1, m, dim]);
  const shifted = tf.concat([previous, tf.zeros([sequences, 1, m, dim])], 1);
  return {
    own: tf.reshape(tf.add(own, shifted), [rows, dim]),
    tail: tf.reshape(tail, [sequences * m, dim]),
  };
}

/** The gradient of `attendWithinChunks` under the softmax over all rounds; weights are recomputed. */
export function attendBackward(
  x: BackwardRows,
  tokens: SortedTokens,
  round: number,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): RoundGradients {
  const { rows } = geometry;
  return tf.tidy(() => {
    const sorted = (values: tf.Tensor2D): tf.Tensor3D =>
      flat(chunked(values, tokens, round, geometry).own);
    const seen = (values: tf.Tensor2D): tf.Tensor3D => {
      const { own, tail } = chunked(values, tokens, round, geometry);
      return lookBack(own, tail) as tf.Tensor3D;
    };
    const [queries, keys, values] = [sorted(x.q), seen(x.k), seen(x.v)];
    const dOutput = sorted(x.dOutput);
    const weights = tf.tidy(() => {
      const allowed = reach(tokens, round, settings, geometry);
      return tf.exp(tf.sub<tf.Tensor3D>(logitsOf(queries, keys, allowed), sorted(x.largest)));
    });
    const dv = undoLookBack(tf.matMul(weights, dOutput, true), geometry);
    const dLogits = tf.tidy(() =>
      tf.mul<tf.Tensor3D>(
        weights,
        tf.sub(tf.matMul(dOutput, values, false, true), sorted(x.dTotal)),
      ),
    );
    const dk = undoLookBack(tf.matMul(dLogits, queries, true), geometry);
    return {
      dq: tf.reshape<tf.Rank.R2>(tf.matMul(dLogits, keys), [rows, x.q.shape[1]]),
      dk: dk.own,
      dv: dv.own,
      dkTail: dk.tail,
      dvTail: dv.tail,
    };
  });
}
