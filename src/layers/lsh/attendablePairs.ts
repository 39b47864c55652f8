import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import { lastChunk, lookBack, previousRound, rowOfRound } from "./chunks";
import type { LshGeometry } from "./geometry";
import type { FilledLshSettings } from "./options";

/** The positions of the tokens after sorting; not differentiable. */
export interface SortedTokens {
  /** int32 `[numHashes, rows]`, from `sort`. */
  readonly order: tf.Tensor2D;
  /** int32 `[numHashes, rows]`; `null` if tokens attend across buckets. */
  readonly buckets: tf.Tensor2D | null;
  /** int32 `[rows]`, 0 for masked and padded tokens; `null` if there are none. */
  readonly valid: tf.Tensor1D | null;
}

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");

/**
 * Pairs of two tokens, not one: bool `[sequences * chunks, m, 2m]`. Within a round, a token meets
 * itself only on the diagonal; the first chunk may meet a token again in the tail of the other round.
 */
function differentTokens(own: tf.Tensor3D, tail: tf.Tensor3D): tf.Tensor {
  const [sequences, chunks, m] = own.shape;
  const first = tf.slice(own, [0, 0, 0], [sequences, 1, m]);
  const seen = tf.reshape(tf.concat([first, tail], 2), [sequences, 1, 1, 2 * m]);
  const ofFirst = tf.notEqual(tf.reshape(first, [sequences, 1, m, 1]), seen);
  const place = tf.range(0, 2 * m, 1, "int32");
  const offDiagonal = tf.notEqual(tf.expandDims(tf.slice(place, [0], [m]), 1), place);
  const ofRest = tf.tile(tf.reshape(offDiagonal, [1, 1, m, 2 * m]), [sequences, chunks - 1, 1, 1]);
  return tf.reshape(tf.concat([ofFirst, ofRest], 1), [sequences * chunks, m, 2 * m]);
}

/**
 * The pairs of one round that attend: bool `[sequences * chunks, m, 2m]`. Excludes the token itself,
 * which attends to itself only if there is nothing else (see `combine`).
 *
 * With `discountDuplicates`, a pair that already attends in an earlier round is excluded too; with one
 * softmax over all rounds, this equals subtracting the log of the pair's count.
 */
export function attendablePairs(
  tokens: SortedTokens,
  round: number,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): tf.Tensor3D {
  const { sequences, chunks, bucketSize: m, numHashes } = geometry;
  const { discountDuplicates, causal } = settings;
  const earlier = previousRound(round, numHashes);
  return tf.tidy(() => {
    const own = rowOfRound(tokens.order, round);
    const tail = lastChunk(rowOfRound(tokens.order, earlier), geometry);

    const sorted = (values: tf.Tensor1D, rows: tf.Tensor1D, width: number): tf.Tensor =>
      tf.reshape(gatherRows(tf.reshape(values, [-1, 1]), rows), [sequences, width, m]);
    const asQueries = (values: tf.Tensor): tf.Tensor =>
      tf.reshape(values, [sequences * chunks, m, 1]);
    const asKeys = (values: tf.Tensor, tailValues: tf.Tensor): tf.Tensor =>
      tf.reshape(lookBack(values, tailValues), [sequences * chunks, 1, 2 * m]);

    type Compare = (query: tf.Tensor, key: tf.Tensor) => tf.Tensor;
    /** Compares a value of the query's row with one of the key's. */
    const pairs = (query: tf.Tensor1D, key: tf.Tensor1D, compare: Compare): tf.Tensor =>
      compare(
        asQueries(sorted(query, own, chunks)),
        asKeys(sorted(key, own, chunks), sorted(key, tail, 1)),
      );

    // Within one sequence, rows ascend with positions.
    const ownRows = tf.reshape<tf.Rank.R3>(own, [sequences, chunks, m]);
    const tailRows = tf.reshape<tf.Rank.R3>(tail, [sequences, 1, m]);
    let attendable = causal
      ? tf.greater(asQueries(ownRows), asKeys(ownRows, tailRows))
      : differentTokens(ownRows, tailRows);
    const require = (condition: tf.Tensor): void => {
      attendable = tf.logicalAnd(attendable, condition);
    };

    if (tokens.valid !== null) {
      // Never equal where either is masked.
      const one = int(1);
      const queryFlag = tf.sub<tf.Tensor1D>(tokens.valid, one); // 0, or -1
      const keyFlag = tf.mul<tf.Tensor1D>(queryFlag, int(2)); // 0, or -2
      require(pairs(queryFlag, keyFlag, tf.equal));
    }
    if (tokens.buckets !== null) {
      const buckets = rowOfRound(tokens.buckets, round);
      const ownBuckets = sorted(buckets, own, chunks);
      // Another round's buckets are other buckets.
      const tailBuckets =
        numHashes === 1 ? sorted(buckets, tail, 1) : tf.fill([sequences, 1, m], -1, "int32");
      require(tf.equal(asQueries(ownBuckets), asKeys(ownBuckets, tailBuckets)));
    }
    if (!discountDuplicates || numHashes === 1) return attendable as tf.Tensor3D;

    const chunkOf = (index: number): tf.Tensor1D =>
      tf.mod(tf.floorDiv(invertPermutation(rowOfRound(tokens.order, index)), int(m)), int(chunks));
    /** 0 for rows that stand in this chunk of a round, `elsewhere` for the others. */
    const chunkFlag = (index: number, chunk: number, elsewhere: number): tf.Tensor1D =>
      tf.mul(tf.cast(tf.notEqual(chunkOf(index), int(chunk)), "int32"), int(elsewhere));

    for (let other = 0; other < round; other++) {
      const chunk = chunkOf(other);
      const leaveOut = (query: tf.Tensor1D, key: tf.Tensor1D): void =>
        require(pairs(query, key, tf.notEqual));
      if (tokens.buckets === null) {
        leaveOut(chunk, chunk);
        leaveOut(chunk, tf.add(chunk, int(1)));
        // The first chunk sees the last of the round before.
        leaveOut(
          chunkFlag(other, 0, -1),
          chunkFlag(previousRound(other, numHashes), chunks - 1, -2),
        );
      } else {
        // One number for bucket and chunk; the next chunk's is one more, never another bucket's.
        const buckets = tf.mul(rowOfRound(tokens.buckets, other), int(chunks + 1));
        const place = tf.add<tf.Tensor1D>(buckets, chunk);
        leaveOut(place, place);
        leaveOut(place, tf.add(place, int(1)));
      }
    }
    if (tokens.buckets === null) {
      // The first chunk may meet a token of its own once more in the other round's last chunk.
      const nowhere = tf.fill([sequences, chunks, m], -2, "int32");
      const first = sorted(chunkFlag(round, 0, -1), own, chunks);
      const firstOfTail = sorted(chunkFlag(round, 0, -2), tail, 1);
      require(tf.notEqual(asQueries(first), asKeys(nowhere, firstOfTail)));
    }
    return attendable as tf.Tensor3D;
  });
}
