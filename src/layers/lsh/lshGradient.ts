import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import { attendBackward } from "./attendWithinChunks";
import type { BackwardRows, KeyGradients, RoundGradients } from "./attendWithinChunks";
import { rowOfRound } from "./chunks";
import { isAlone } from "./combine";
import type { LshGeometry } from "./geometry";
import { inTurn } from "./inGroups";
import type { LshContext, LshForward } from "./inGroups";
import { keysBackward, keysOf } from "./keys";

/** Gradients of queries and values. */
export type LshGradients = {
  readonly dq: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

type Sums = LshGradients & { readonly dk: tf.Tensor2D };
type Step = { readonly sums: Sums; readonly behind: KeyGradients };

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");

/**
 * The positions of each token's gradients among those of {@link KeyGradients}: in its own chunk, and
 * in the next one, which looks back at it. The last chunk is followed by the first chunk of the next
 * round, whose rows come after all others.
 */
function seenAt(
  order: tf.Tensor1D,
  { chunks, bucketSize: m, padded, numHashes, rows }: LshGeometry,
): { readonly position: tf.Tensor1D; readonly own: tf.Tensor1D; readonly next: tf.Tensor1D } {
  const position = invertPermutation(order);
  const block = tf.floorDiv(position, int(m));
  const own = tf.add<tf.Tensor1D>(position, tf.mul(block, int(m)));
  const isLast = tf.equal(tf.mod(block, int(chunks)), int(chunks - 1));
  const sequence = tf.floorDiv(position, int(padded));
  const place = tf.mod(position, int(m));
  // With one round, the sequence's own first chunk, which looks back at its last.
  const first =
    numHashes === 1
      ? tf.add(tf.mul(sequence, int(2 * padded)), tf.add(place, int(m)))
      : tf.add(tf.mul(sequence, int(m)), tf.add(place, int(2 * rows)));
  const next = tf.where(isLast, first, tf.add(own, int(3 * m)));
  return { position, own, next: next as tf.Tensor1D };
}

/** The gradients that the first chunks of a round give to the previous round: `[sequences * m, …]`. */
function ofFirstChunks(
  gradient: tf.Tensor2D,
  { sequences, padded, bucketSize: m }: LshGeometry,
): tf.Tensor2D {
  const dim = gradient.shape[1];
  const perSequence = tf.reshape<tf.Rank.R3>(gradient, [sequences, 2 * padded, dim]);
  return tf.reshape(tf.slice(perSequence, [0, m, 0], [sequences, m, dim]), [sequences * m, dim]);
}

/** Adds one round's gradients to those of the later rounds. */
function addRound(
  sums: Sums | null,
  gradients: RoundGradients,
  behind: KeyGradients | null,
  order: tf.Tensor1D,
  geometry: LshGeometry,
): Sums {
  const { sequences, bucketSize, numHashes } = geometry;
  const { position, own, next } = seenAt(order, geometry);
  const seen = (name: keyof KeyGradients): tf.Tensor2D =>
    tf.tidy(() => {
      const gradient = gradients[name];
      const ofBehind =
        behind?.[name] ?? tf.zeros<tf.Rank.R2>([sequences * bucketSize, gradient.shape[1]]);
      const all = numHashes === 1 ? gradient : tf.concat<tf.Tensor2D>([gradient, ofBehind]);
      return tf.add(gatherRows(all, own), gatherRows(all, next));
    });
  const added = (name: keyof Sums, gradient: tf.Tensor2D): tf.Tensor2D =>
    sums === null ? gradient : tf.add(sums[name], gradient);
  return {
    dq: added("dq", gatherRows(gradients.dq, position)),
    dk: added("dk", seen("dk")),
    dv: added("dv", seen("dv")),
  };
}

/**
 * Sums over all rounds, from the last: the look-back of a round's first chunk belongs to the previous
 * round.
 */
function sumRounds(
  rows: BackwardRows,
  { order: sorted, roundLse, weightsOrPairs }: LshForward,
  context: LshContext,
): Sums {
  const { settings, geometry, keepsWeights, waitFor } = context;
  const { numHashes } = geometry;
  let sums: Sums | null = null;
  let behind: KeyGradients | null = null;
  for (let index = numHashes - 1; index >= 0; index--) {
    const previous: Step | null = sums === null || behind === null ? null : { sums, behind };
    const step: Step = tf.tidy(() => {
      const order = inTurn(sorted, previous?.sums.dq ?? waitFor, keepsWeights);
      const round = { order, index, geometry };
      const own = attendBackward(rows, weightsOrPairs[index], rowOfRound(roundLse, index), round);
      const [of, ofBehind] = [previous?.sums ?? null, previous?.behind ?? null];
      return {
        sums: addRound(of, own, ofBehind, rowOfRound(order, index), geometry),
        behind: { dk: ofFirstChunks(own.dk, geometry), dv: ofFirstChunks(own.dv, geometry) },
      };
    });
    if (previous !== null) tf.dispose(previous);
    ({ sums, behind } = step);
  }
  const { dq, dk, dv } = sums as unknown as Sums;
  const first = behind as unknown as KeyGradients;
  // Other rounds' buckets are not attended, so they have no gradient.
  if (numHashes === 1 || !settings.attendAcrossBuckets) return { dq, dk, dv };
  const inverse = invertPermutation(rowOfRound(sorted, numHashes - 1));
  const belated = (x: tf.Tensor2D): tf.Tensor2D => gatherRows(padTail(x, geometry), inverse);
  return { dq, dk: tf.add(dk, belated(first.dk)), dv: tf.add(dv, belated(first.dv)) };
}

/** Pads the last chunk's rows with zeros for the others, in sorted order. */
function padTail(
  tail: tf.Tensor2D,
  { sequences, padded, bucketSize, rows }: LshGeometry,
): tf.Tensor2D {
  const dim = tail.shape[1];
  const perSequence = tf.reshape<tf.Rank.R3>(tail, [sequences, bucketSize, dim]);
  const front: [number, number] = [padded - bucketSize, 0];
  return tf.reshape(tf.pad3d(perSequence, [[0, 0], front, [0, 0]]), [rows, dim]);
}

/**
 * The gradient of the five steps for some sequences. Hash and sort have none.
 *
 * @param dy of the output, `[rows, valueDim]`
 */
export function lshGradient(
  { q, v, dy }: { q: tf.Tensor2D; v: tf.Tensor2D; dy: tf.Tensor2D },
  forward: LshForward,
  context: LshContext,
): LshGradients {
  const { settings, geometry } = context;
  const { lse, output } = forward;
  return tf.tidy(() => {
    const alone = isAlone(lse);
    const zeros = tf.zerosLike(dy);
    const dOutput = tf.where(alone, zeros, dy);
    const total = tf.sum(tf.mul<tf.Tensor2D>(dOutput, output), 1, true);
    const safeLse = tf.where(alone, tf.zerosLike(lse), lse);
    const rows: BackwardRows = {
      q,
      k: keysOf(q, settings),
      vAndMinusOne: tf.concat<tf.Tensor2D>([v, tf.fill<tf.Rank.R2>([geometry.rows, 1], -1)], 1),
      dOutputTotalLse: tf.concat<tf.Tensor2D>([dOutput, total as tf.Tensor2D, safeLse], 1),
    };
    const sums = sumRounds(rows, forward, context);
    return {
      dq: tf.add<tf.Tensor2D>(sums.dq, keysBackward(sums.dk, q, settings)),
      dv: tf.add<tf.Tensor2D>(sums.dv, tf.where(alone, dy, zeros)),
    };
  });
}
