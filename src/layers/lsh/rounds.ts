import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import { runAfter } from "../../core/ops/runAfter";
import { attendBackward, attendWithinChunks } from "./attend";
import type { BackwardRows, KeyGradients, Partial, Round } from "./attend";
import { attendSelfIfAlone, combine, isAlone } from "./combine";
import { isLarge } from "./geometry";
import type { LshGeometry } from "./geometry";
import { keysBackward } from "./keys";
import type { FilledLshSettings } from "./options";
import { reach, roundOf } from "./reach";
import type { SortedTokens } from "./reach";

/** What the forward pass of some sequences leaves for the backward pass, besides its inputs. */
export type Forward = Partial & {
  /** `lse` of each round, in sorted order: `[numHashes, rows]`. */
  readonly roundLse: tf.Tensor2D;
  /** Which pairs each round attends: bool `[sequences * chunks, m, 2m]`, a byte a pair. */
  readonly allowed: tf.Tensor3D[];
};

/** The order for a round that waits for the one before, where its memory is worth it. */
function afterwards(
  order: tf.Tensor2D,
  previous: tf.Tensor | null,
  geometry: LshGeometry,
): tf.Tensor2D {
  return previous === null || !isLarge(geometry) ? order : runAfter(order, previous);
}

/** Step 4: rows back from sorted order to the tokens' own. */
function unsort(sorted: Partial, order: tf.Tensor1D): Partial {
  const inverse = invertPermutation(order);
  return { lse: gatherRows(sorted.lse, inverse), output: gatherRows(sorted.output, inverse) };
}

/**
 * Steps 3 to 5 of some sequences: round by round, each joined to the sum before the next begins.
 *
 * @param after what the first round waits for in a recorded graph
 */
export function attendForward(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  sorted: SortedTokens,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  after: tf.Tensor | null,
): Forward {
  return tf.tidy(() => {
    let sum: Partial | null = null;
    const lse: tf.Tensor1D[] = [];
    const allowed: tf.Tensor3D[] = [];
    for (let index = 0; index < geometry.numHashes; index++) {
      const previous: Partial | null = sum;
      const step = tf.tidy(() => {
        const order = afterwards(sorted.order, previous?.output ?? after, geometry);
        const pairs = reach({ ...sorted, order }, index, settings, geometry);
        const round = { order, index, settings, geometry, allowed: pairs };
        const attended = attendWithinChunks(q, v, round);
        const unsorted = unsort(attended, roundOf(order, index));
        const joined = combine(previous, unsorted);
        return { joined, pairs, lse: tf.reshape<tf.Rank.R1>(attended.lse, [geometry.rows]) };
      });
      tf.dispose(previous ?? []);
      sum = step.joined;
      lse.push(step.lse);
      allowed.push(step.pairs);
    }
    return {
      ...attendSelfIfAlone(sum as unknown as Partial, v),
      roundLse: tf.stack(lse) as tf.Tensor2D,
      allowed,
    };
  });
}

/** Gradients of queries and values. */
export type Gradients = {
  readonly dq: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

type Sums = Gradients & { readonly dk: tf.Tensor2D };
type Step = { readonly sums: Sums; readonly tail: KeyGradients };

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

/** One round's gradients added to those of the rounds behind it. */
function addRound(sums: Sums | null, gradients: Sums, inverse: tf.Tensor1D): Sums {
  const unsorted = (name: keyof Sums): tf.Tensor2D => gatherRows(gradients[name], inverse);
  if (sums === null) return { dq: unsorted("dq"), dk: unsorted("dk"), dv: unsorted("dv") };
  return {
    dq: tf.add(sums.dq, unsorted("dq")),
    dk: tf.add(sums.dk, unsorted("dk")),
    dv: tf.add(sums.dv, unsorted("dv")),
  };
}

/** Sums of all rounds, the last first: what a round's first chunk saw belongs to the round before. */
function sumRounds(
  rows: BackwardRows,
  sorted: tf.Tensor2D,
  { roundLse, allowed }: Pick<Forward, "roundLse" | "allowed">,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  after: tf.Tensor | null,
): Sums {
  const { numHashes } = geometry;
  let sums: Sums | null = null;
  let tail: KeyGradients | null = null;
  for (let index = numHashes - 1; index >= 0; index--) {
    const previous: Step | null = sums === null || tail === null ? null : { sums, tail };
    const step: Step = tf.tidy(() => {
      const order = afterwards(sorted, previous?.sums.dq ?? after, geometry);
      const round: Round = { order, index, settings, geometry, allowed: allowed[index] };
      const own = attendBackward(rows, roundOf(roundLse, index), previous?.tail ?? null, round);
      const inverse = invertPermutation(roundOf(order, index));
      return { sums: addRound(previous?.sums ?? null, own, inverse), tail: own.tail };
    });
    if (previous !== null) tf.dispose(previous);
    ({ sums, tail } = step);
  }
  const { dq, dk, dv } = sums as unknown as Sums;
  const first = tail as unknown as KeyGradients;
  // Other rounds' buckets are not attended, so they have no gradient.
  if (numHashes === 1 || !settings.attendAcrossBuckets) return { dq, dk, dv };
  const inverse = invertPermutation(roundOf(sorted, numHashes - 1));
  const belated = (x: tf.Tensor2D): tf.Tensor2D => gatherRows(padTail(x, geometry), inverse);
  return { dq, dk: tf.add(dk, belated(first.dk)), dv: tf.add(dv, belated(first.dv)) };
}

/** The gradient of {@link attendForward}, whose weights are recomputed. */
export function attendGradients(
  { q, v, dy }: { q: tf.Tensor2D; v: tf.Tensor2D; dy: tf.Tensor2D },
  { lse, output, roundLse, allowed }: Forward,
  order: tf.Tensor2D,
  settings: FilledLshSettings,
  geometry: LshGeometry,
  after: tf.Tensor | null,
): Gradients {
  return tf.tidy(() => {
    const alone = isAlone(lse);
    const zeros = tf.zerosLike(dy);
    const dOutput = tf.where(alone, zeros, dy);
    const total = tf.sum(tf.mul<tf.Tensor2D>(dOutput, output), 1, true);
    const safeLse = tf.where(alone, tf.zerosLike(lse), lse);
    const lseAndTotal = tf.concat<tf.Tensor2D>([safeLse, total as tf.Tensor2D], 1);
    const rows = { q, v, dOutput, lseAndTotal };
    const { dq, dk, dv } = sumRounds(rows, order, { roundLse, allowed }, settings, geometry, after);
    return {
      dq: tf.add<tf.Tensor2D>(dq, keysBackward(dk, q, settings)),
      dv: tf.add<tf.Tensor2D>(dv, tf.where(alone, dy, zeros)),
    };
  });
}
