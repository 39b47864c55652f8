import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { expectShape } from "../../core/shapes";
import { statelessNormal } from "../../core/ops/statelessRandom";
import { bucketFactors } from "./geometry";
import type { LshGeometry, LshGroup, LshSizes } from "./geometry";
import type { LshOptions, Rotations } from "./options";

/** Buckets of some sequences. */
export type Hashed = {
  /** int32 `[numHashes, rows]` */
  readonly buckets: tf.Tensor2D;
  /** More than any bucket. */
  readonly numBuckets: number;
};

/**
 * Step 1 of some sequences: their rows, and int32 `[rows]`, 0 for masked ones, or `null`. It has no
 * gradient.
 */
export type HashRows = (q: tf.Tensor2D, valid: tf.Tensor1D | null, group: LshGroup) => Hashed;

/** Rotations that depend only on the seed, int32 `[2]`. */
function drawRotations(
  seed: tf.Tensor1D,
  numHashes: number,
  dim: number,
  factors: readonly number[],
): tf.Tensor3D[] {
  const columns = factors.reduce((sum, size) => sum + size / 2, 0);
  const drawn = statelessNormal([numHashes, dim, columns], seed);
  if (factors.length === 1) return [drawn as tf.Tensor3D];
  return tf.split<tf.Tensor3D>(
    drawn,
    factors.map((size) => size / 2),
    2,
  );
}

/** How many buckets the rotations hash into. */
function countBuckets(rotations: Rotations): number {
  return rotations.reduce((product, { shape }) => product * 2 * shape[2], 1);
}

/**
 * The bucket of each row in each round, `argmax([x R; -x R])`. Nearby rows share a bucket more often
 * than distant ones.
 *
 * @param rows `[rows, dim]`
 * @returns int32 `[numHashes, rows]`
 * @see Andoni et al. 2015, arXiv:1509.02897
 */
function hash(rows: tf.Tensor2D, rotations: Rotations): tf.Tensor2D {
  const dim = rows.shape[1];
  const [{ shape }] = rotations;
  for (const rotation of rotations) {
    expectShape("lshAttention.rotations", rotation, [shape[0], dim, null]);
  }
  const round = (index: number): tf.Tensor =>
    tf.tidy(() => {
      let stride = 1;
      const parts = rotations.map((rotation) => {
        const half = rotation.shape[2];
        const directions = tf.reshape(tf.slice(rotation, [index, 0, 0], [1, dim, half]), [
          dim,
          half,
        ]);
        const both = tf.concat([directions, tf.neg(directions)], 1);
        const nearest = tf.argMax(tf.matMul(rows, both), 1);
        const part: tf.Tensor = tf.mul(nearest, tf.scalar(stride, "int32"));
        stride *= 2 * half;
        return part;
      });
      return parts.reduce((sum, part) => tf.add(sum, part));
    });
  return tf.tidy(() =>
    tf.stack(Array.from({ length: shape[0] }, (_, index) => round(index))),
  ) as tf.Tensor2D;
}

/** Step 1 by hashing; masked and padded tokens get a separate, last bucket. */
export function hashing(options: LshOptions, dim: number, geometry: LshGeometry): HashRows {
  const { numBuckets = geometry.padded / geometry.bucketSize, seed, rotations } = options;
  const drawn =
    rotations ??
    drawRotations(
      seed ?? tf.tensor1d([0, 0], "int32"),
      geometry.numHashes,
      dim,
      bucketFactors(numBuckets),
    );
  const behind = countBuckets(drawn);
  return (q, valid) => {
    const buckets = hash(q, drawn);
    if (valid === null) return { buckets, numBuckets: behind };
    const isMasked = tf.sub(tf.scalar(1, "int32"), valid);
    const moved = tf.mul(isMasked, tf.scalar(behind, "int32"));
    return { buckets: tf.add(tf.mul(buckets, valid), moved), numBuckets: behind + 1 };
  };
}

/** Step 1 with given buckets; padding comes after them. */
export function givenBuckets(buckets: tf.Tensor4D, options: LshOptions, sizes: LshSizes): HashRows {
  const { batch, length, heads, geometry } = sizes;
  const { padded, numHashes, rows, bucketSize } = geometry;
  expectShape("lshAttention.buckets", buckets, [numHashes, batch, length, heads]);
  const { numBuckets = bucketFactors(padded / bucketSize).reduce((a, b) => a * b, 1) } = options;
  const perHead = tf.transpose(buckets, [0, 1, 3, 2]);
  const behind: [number, number] = [0, padded - length];
  const filled = tf.pad(perHead, [[0, 0], [0, 0], [0, 0], behind], numBuckets);
  const all = tf.reshape<tf.Rank.R2>(filled, [numHashes, rows]);
  return (_q, _valid, group) => ({
    buckets: tf.slice(all, [0, group.begin], [numHashes, group.geometry.rows]),
    numBuckets: numBuckets + 1,
  });
}

/** @throws ConfigError for rotations of another number of rounds */
export function checkRotations(options: LshOptions, numHashes: number): void {
  for (const { shape } of options.rotations ?? []) {
    if (shape[0] === numHashes) continue;
    throw new ConfigError({
      where: "lshAttention.rotations",
      expected: `rotations for ${numHashes} rounds`,
      got: `${shape[0]}`,
      remedy: "Set numHashes to the same number.",
    });
  }
}
