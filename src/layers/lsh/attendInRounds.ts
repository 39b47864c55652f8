import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "../../core/ops/gatherRows";
import { invertPermutation } from "../../core/ops/argsort";
import { attendBackward, attendWithinChunks } from "./attend";
import type { BackwardRows, Partial } from "./attend";
import { combine, normalise } from "./combine";
import type { LshGeometry } from "./geometry";
import type { FilledLshSettings } from "./options";
import { before, roundOf } from "./reach";
import type { SortedTokens } from "./reach";

/** Added to a squared norm, so that a zero vector has a finite gradient. */
const EPSILON = 1e-9;

function inverseNorm(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.rsqrt(tf.add<tf.Tensor2D>(tf.sum(tf.square(x), 1, true), EPSILON)));
}

function keyScale({ scale }: FilledLshSettings, dim: number): number {
  return scale === "sqrtDim" ? 1 / Math.sqrt(dim) : 1;
}

/** Step 4: rows back from sorted order to the tokens' own. */
function unsort(sorted: Partial, order: tf.Tensor1D): Partial {
  return tf.tidy(() => {
    const inverse = invertPermutation(order);
    return {
      largest: gatherRows(sorted.largest, inverse),
      total: gatherRows(sorted.total, inverse),
      output: gatherRows(sorted.output, inverse),
    };
  });
}

/** Runs the rounds one after the other, each with the sum so far, which it replaces. */
function overRounds<T extends tf.TensorContainer>(
  { numHashes }: LshGeometry,
  step: (round: number, sum: T | null) => T,
): T {
  let sum = tf.tidy(() => step(0, null));
  for (let round = 1; round < numHashes; round++) {
    const previous = sum;
    sum = tf.tidy(() => step(round, previous));
    tf.dispose(previous);
  }
  return sum;
}

function forward(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  tokens: SortedTokens,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): Partial {
  const scale = keyScale(settings, q.shape[1]);
  return tf.tidy(() => {
    const k = tf.mul<tf.Tensor2D>(q, tf.mul(inverseNorm(q), scale));
    return overRounds<Partial>(geometry, (round, sum) => {
      const sorted = attendWithinChunks({ q, k, v }, tokens, round, settings, geometry);
      return combine(sum, unsort(sorted, roundOf(tokens.order, round)));
    });
  });
}

type Gradients = {
  readonly dq: tf.Tensor2D;
  readonly dk: tf.Tensor2D;
  readonly dv: tf.Tensor2D;
};

/** A last chunk's rows among zeros for the others, still in sorted order. */
function padTail(
  tail: tf.Tensor2D,
  { batch, heads, padded, bucketSize, rows }: LshGeometry,
): tf.Tensor2D {
  const dim = tail.shape[1];
  const perHead = tf.reshape<tf.Rank.R3>(tail, [batch * heads, bucketSize, dim]);
  const front: [number, number] = [padded - bucketSize, 0];
  return tf.reshape(tf.pad3d(perHead, [[0, 0], front, [0, 0]]), [rows, dim]);
}

/** Gradients of queries, keys and values over all rounds. */
function backward(
  rows: BackwardRows,
  tokens: SortedTokens,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): Gradients {
  return overRounds<Gradients>(geometry, (round, sum) => {
    const inverse = invertPermutation(roundOf(tokens.order, round));
    const behind = roundOf(tokens.order, before(round, geometry.numHashes));
    const inverseBehind = invertPermutation(behind);
    const sorted = attendBackward(rows, tokens, round, settings, geometry);
    const collect = (own: tf.Tensor2D, tail: tf.Tensor2D): tf.Tensor2D =>
      tf.add(gatherRows(own, inverse), gatherRows(padTail(tail, geometry), inverseBehind));
    const own = {
      dq: gatherRows(sorted.dq, inverse),
      dk: collect(sorted.dk, sorted.dkTail),
      dv: collect(sorted.dv, sorted.dvTail),
    };
    if (sum === null) return own;
    return {
      dq: tf.add(sum.dq, own.dq),
      dk: tf.add(sum.dk, own.dk),
      dv: tf.add(sum.dv, own.dv),
    };
  });
}

/**
 * Steps 3 to 5 for all rounds, with a gradient that keeps one row a token and recomputes each
 * round's weights: memory grows with the tokens, not with rounds times chunks.
 *
 * @param q `[rows, dim]`
 * @param v `[rows, valueDim]`
 * @returns `[rows, valueDim]`
 */
export function attendInRounds(
  q: tf.Tensor2D,
  v: tf.Tensor2D,
  tokens: SortedTokens,
  settings: FilledLshSettings,
  geometry: LshGeometry,
): tf.Tensor2D {
  const attend = tf.customGrad((...args) => {
    const [queries, values] = args as unknown as [tf.Tensor2D, tf.Tensor2D];
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const { output, isAlone, largest, total } = normalise(
      forward(queries, values, tokens, settings, geometry),
      values,
    );
    const { order, buckets, valid } = tokens;
    save([
      queries,
      values,
      output,
      isAlone,
      largest,
      total,
      order,
      buckets,
      ...(valid ? [valid] : []),
    ]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const [x, y, result, alone, top, sum] = saved as tf.Tensor2D[];
        const kept: SortedTokens = {
          order: saved[6] as tf.Tensor2D,
          buckets: saved[7] as tf.Tensor2D,
          valid: saved.length > 8 ? (saved[8] as tf.Tensor1D) : null,
        };
        const scale = keyScale(settings, x.shape[1]);
        const norm = inverseNorm(x);
        const unit = tf.mul<tf.Tensor2D>(x, norm);
        const zeros = tf.zerosLike(dy);
        const dOutput = tf.where(alone, zeros as tf.Tensor2D, tf.div<tf.Tensor2D>(dy, sum));
        const { dq, dk, dv } = backward(
          {
            q: x,
            k: tf.mul<tf.Tensor2D>(unit, scale),
            v: y,
            largest: top,
            dOutput,
            dTotal: tf.sum(tf.mul(dOutput, result), 1, true),
          },
          kept,
          settings,
          geometry,
        );
        // Through k = scale * x / |x|.
        const along = tf.mul(unit, tf.sum(tf.mul(dk, unit), 1, true));
        const throughKeys = tf.mul(tf.sub(dk, along), tf.mul(norm, scale));
        return [tf.add(dq, throughKeys), tf.add(dv, tf.where(alone, dy, zeros))];
      });
    return { value: output, gradFunc };
  });
  return attend(q, v);
}
