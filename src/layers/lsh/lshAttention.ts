import * as tf from "@tensorflow/tfjs";
import { expectShape } from "../../core/shapes";
import { attendWithinChunks } from "./attendWithinChunks";
import type { RoundOutput } from "./attendWithinChunks";
import { attendablePairs } from "./attendablePairs";
import { rowOfRound } from "./chunks";
import { fallBackToOwnValue, combine } from "./combine";
import { lshSizes } from "./geometry";
import { checkRotations, givenBuckets, hashing } from "./hash";
import type { HashRows } from "./hash";
import { inGroups, inTurn } from "./inGroups";
import type { LshContext, LshForward, LshRows } from "./inGroups";
import { keysOf } from "./keys";
import { lshGradient } from "./lshGradient";
import { checkLshOptions } from "./options";
import type { LshOptions } from "./options";
import { sort, unsort } from "./sort";
import { fromRows, toRows, validRows } from "./tokens";

/** The five steps for some sequences: 3 to 5 round by round, each added to the sum before the next. */
function attendByHashing(
  { q, v, valid }: LshRows,
  hash: HashRows,
  context: LshContext,
): LshForward {
  const { settings, geometry, group, keepsWeights, waitFor } = context;
  return tf.tidy(() => {
    // 1. Hash: nearby tokens share a bucket more often than distant ones.
    const { buckets, numBuckets } = hash(q, valid, group);
    // 2. Sort each round's tokens by bucket, and cut the sorted order into chunks.
    const order = sort(buckets, numBuckets, geometry);

    const sorted = { order, buckets: settings.attendAcrossBuckets ? null : buckets, valid };
    const tokens = { q, k: keysOf(q, settings), v };
    let total: RoundOutput | null = null;
    const roundLse: tf.Tensor1D[] = [];
    const weightsOrPairs: tf.Tensor3D[] = [];
    for (let index = 0; index < geometry.numHashes; index++) {
      const previous: RoundOutput | null = total;
      const step = tf.tidy(() => {
        const turn = inTurn(order, previous?.output ?? waitFor, keepsWeights);
        const round = { order: turn, index, geometry };
        const pairs = attendablePairs({ ...sorted, order: turn }, index, settings, geometry);
        // 3. Attend within each chunk, and back to the chunk before it.
        const { weights, ...attended } = attendWithinChunks(tokens, pairs, round);
        // 4. Unsort: back to the tokens' own order.
        const unsorted = unsort(attended, rowOfRound(turn, index));
        // 5. Combine the rounds under one softmax.
        const combined = combine(previous, unsorted);
        const lse = tf.reshape<tf.Rank.R1>(attended.lse, [geometry.rows]);
        return { combined, lse, weightsOrPairs: keepsWeights ? weights : pairs };
      });
      tf.dispose(previous ?? []);
      total = step.combined;
      roundLse.push(step.lse);
      weightsOrPairs.push(step.weightsOrPairs);
    }
    return {
      ...fallBackToOwnValue(total as unknown as RoundOutput, v),
      order,
      roundLse: tf.stack(roundLse) as tf.Tensor2D,
      weightsOrPairs,
    };
  });
}

/**
 * Attention among tokens that hash alike, in time and memory linear in the length (up to the sort):
 * queries and keys are one tensor, keys of unit norm; each round sorts the tokens by bucket and
 * attends within chunks of the sorted order; rounds join under one softmax.
 *
 * A token attends to itself only if there is nothing else to attend to. Masked tokens are not attended
 * to and attend only to themselves. Any length works: it is padded internally to a multiple of `2 *
 * bucketSize`.
 *
 * @param qk queries and keys, `[batch, length, heads, dim]`
 * @param v values, `[batch, length, heads, valueDim]`
 * @param options see {@link LshOptions}
 * @returns `[batch, length, heads, valueDim]`
 * @throws ShapeError when shapes do not fit; ConfigError when an option does not, or is unknown
 * @example
 * const qk = tf.randomNormal<tf.Rank.R4>([1, 10, 2, 8]);
 * lshAttention(qk, tf.ones<tf.Rank.R4>([1, 10, 2, 3]), { bucketSize: 4 }).shape; // [1, 10, 2, 3]
 * @see Kitaev, Kaiser and Levskaya 2020, arXiv:2001.04451
 */
export function lshAttention(
  qk: tf.Tensor4D,
  v: tf.Tensor4D,
  options: LshOptions = {},
): tf.Tensor4D {
  const settings = checkLshOptions("lshAttention", options);
  const sizes = lshSizes(qk, settings);
  const { batch, length, heads, geometry } = sizes;
  expectShape("lshAttention.v", v, [batch, length, heads, null]);
  checkRotations(options, geometry.numHashes);
  return tf.tidy(() => {
    const hash =
      options.buckets === undefined
        ? hashing(options, qk.shape[3], geometry)
        : givenBuckets(options.buckets, options, sizes);
    const valid = validRows(options.mask, sizes);
    const rows = { q: toRows(qk, sizes), v: toRows(v, sizes), valid };
    const forward = (own: LshRows, context: LshContext): LshForward =>
      attendByHashing(own, hash, context);
    return fromRows(inGroups(rows, settings, geometry, forward, lshGradient), sizes);
  });
}

/**
 * The buckets that {@link lshAttention} hashes the tokens into, for inspection or to pass back to it.
 *
 * @param qk `[batch, length, heads, dim]`
 * @returns int32 `[numHashes, batch, length, heads]`
 */
export function lshBuckets(qk: tf.Tensor4D, options: LshOptions = {}): tf.Tensor4D {
  const sizes = lshSizes(qk, checkLshOptions("lshBuckets", options));
  const { batch, length, heads, geometry } = sizes;
  const { numHashes, padded } = geometry;
  checkRotations(options, numHashes);
  return tf.tidy(() => {
    const valid = validRows(options.mask, sizes);
    const hash = hashing(options, qk.shape[3], geometry);
    const { buckets } = hash(toRows(qk, sizes), valid, { begin: 0, geometry });
    const perHead = tf.reshape<tf.Rank.R4>(buckets, [numHashes, batch, heads, padded]);
    const cut = tf.slice(perHead, [0, 0, 0, 0], [numHashes, batch, heads, length]);
    return tf.transpose(cut, [0, 1, 3, 2]);
  });
}
