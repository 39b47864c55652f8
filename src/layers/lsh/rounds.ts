import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import { runAfter } from "../../core/ops/runAfter";
import { attendBackward, attendWithinChunks } from "./attend";
import type { BackwardRows, KeyGradients, Partial, RoundGradients, TokenRows } from "./attend";
import { attendSelfIfAlone, combine, isAlone } from "./combine";
import type { LshGeometry } from "./geometry";
import { keysBackward, keysOf } from "./keys";
import type { FilledLshSettings } from "./options";
import { reach, roundOf } from "./reach";
import type { SortedTokens } from "./reach";

/** What the forward pass of some sequences leaves for the backward pass, besides its inputs. */
export type Forward = Partial & {
  /** `lse` of each round, in sorted order: `[numHashes, rows]`. */
  readonly roundLse: tf.Tensor2D;
  /**
   * `[sequences * chunks, m, 2m]` a round: its weights where they are few, else who is in reach, a
   * byte a pair.
   */
  readonly kept: tf.Tensor3D[];
};

/** The order for a round that waits for the one before, where its memory is worth it. */
function afterwards(order: tf.Tensor2D, previous: tf.Tensor | null, isSmall: boolean): tf.Tensor2D {
  return previous === null || isSmall ? order : runAfter(order, previous);
}

/** Step 4: rows back from sorted order to the tokens' own. */
function unsort(sorted: Partial, order: tf.Tensor1D): Partial {
  const inverse = invertPermutation(order);
  return { lse: gatherRows(sorted.lse, inverse), output: gatherRows(sorted.output, inverse) };
}

/**
 * Steps 3 to 5 of some sequences: round by round, each joined to the sum before the next begins.
 *
 * @param isSmall from `areFewWeights`, of all sequences: the backward pass is left the weights, which
 *   saves it their computing
 * @param after what the first round waits for in a recorded graph
 */
export function attendForward(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  sorted: SortedTokens,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  isSmall: boolean,
  after: tf.Tensor | null,
): Forward {
  return tf.tidy(() => {
    const tokens: TokenRows = { q, k: keysOf(q, settings), v };
    let sum: Partial | null = null;
    const lse: tf.Tensor1D[] = [];
    const kept: tf.Tensor3D[] = [];
    for (let index = 0; index < geometry.numHashes; index++) {
      const previous: Partial | null = sum;
      const step = tf.tidy(() => {
        const order = afterwards(sorted.order, previous?.output ?? after, isSmall);
        const allowed = reach({ ...sorted, order }, index, settings, geometry);
        const round = { order, index, geometry };
        const { weights, ...attended } = attendWithinChunks(tokens, allowed, round);
        const unsorted = unsort(attended, roundOf(order, index));
        const joined = combine(previous, unsorted);
        const keep = isSmall ? weights : allowed;
        return { joined, keep, lse: tf.reshape<tf.Rank.R1>(attended.lse, [geometry.rows]) };
      });
      tf.dispose(previous ?? []);
      sum = step.joined;
      lse.push(step.lse);
      kept.push(step.keep);
    }
    return {
      ...attendSelfIfAlone(sum as unknown as Partial, v),
      roundLse: tf.stack(lse) as tf.Tensor2D,
      kept,
    };
  });
}

/** Gradients of queries and values. */
export type Gradients = {
  readonly dq: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

type Sums = Gradients & { readonly dk: tf.Tensor2D };
type Step = { readonly sums: Sums; readonly behind: KeyGradients };

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");

/**
 * Where the gradients of what chunks saw stand for each token: in the chunk that it is in, and in the
 * next one, which looks back at it. The last chunk's next is the first of the round behind: its rows
 * stand behind all others.
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

/** What the first chunks of a round saw of the round before it: `[sequences * m, …]`. */
function ofFirstChunks(
  gradient: tf.Tensor2D,
  { sequences, padded, bucketSize: m }: LshGeometry,
): tf.Tensor2D {
  const dim = gradient.shape[1];
  const perSequence = tf.reshape<tf.Rank.R3>(gradient, [sequences, 2 * padded, dim]);
  return tf.reshape(tf.slice(perSequence, [0, m, 0], [sequences, m, dim]), [sequences * m, dim]);
}

/** One round's gradients added to those of the rounds behind it. */
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

/** Sums of all rounds, the last first: what a round's first chunk saw belongs to the round before. */
function sumRounds(
  rows: BackwardRows,
  sorted: tf.Tensor2D,
  { roundLse, kept }: Pick<Forward, "roundLse" | "kept">,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  isSmall: boolean,
  after: tf.Tensor | null,
): Sums {
  const { numHashes } = geometry;
  let sums: Sums | null = null;
  let behind: KeyGradients | null = null;
  for (let index = numHashes - 1; index >= 0; index--) {
    const previous: Step | null = sums === null || behind === null ? null : { sums, behind };
    const step: Step = tf.tidy(() => {
      const order = afterwards(sorted, previous?.sums.dq ?? after, isSmall);
      const round = { order, index, geometry };
      const own = attendBackward(rows, kept[index], roundOf(roundLse, index), round);
      const [of, ofBehind] = [previous?.sums ?? null, previous?.behind ?? null];
      return {
        sums: addRound(of, own, ofBehind, roundOf(order, index), geometry),
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
  const inverse = invertPermutation(roundOf(sorted, numHashes - 1));
  const belated = (x: tf.Tensor2D): tf.Tensor2D => gatherRows(padTail(x, geometry), inverse);
  return { dq, dk: tf.add(dk, belated(first.dk)), dv: tf.add(dv, belated(first.dv)) };
}

/** A last chunk's rows among zeros for the others, in sorted order. */
function padTail(
  tail: tf.Tensor2D,
  { sequences, padded, bucketSize, rows }: LshGeometry,
): tf.Tensor2D {
  const dim = tail.shape[1];
  const perSequence = tf.reshape<tf.Rank.R3>(tail, [sequences, bucketSize, dim]);
  const front: [number, number] = [padded - bucketSize, 0];
  return tf.reshape(tf.pad3d(perSequence, [[0, 0], front, [0, 0]]), [rows, dim]);
}

/** The gradient of {@link attendForward}. */
export function attendGradients(
  { q, v, dy }: { q: tf.Tensor2D; v: tf.Tensor2D; dy: tf.Tensor2D },
  { lse, output, roundLse, kept }: Forward,
  order: tf.Tensor2D,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  isSmall: boolean,
  after: tf.Tensor | null,
): Gradients {
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
    const sums = sumRounds(rows, order, { roundLse, kept }, settings, geometry, isSmall, after);
    return {
      dq: tf.add<tf.Tensor2D>(sums.dq, keysBackward(sums.dk, q, settings)),
      dv: tf.add<tf.Tensor2D>(sums.dv, tf.where(alone, dy, zeros)),
    };
  });
}
