import * as tf from "@tensorflow/tfjs";
import { expectShape } from "../../core/shapes";
import { statelessNormal } from "../../core/ops/statelessRandom";

/**
 * Random rotations of the hash, one tensor `[numHashes, dim, buckets / 2]` a factor; the number of
 * buckets is the product over the factors.
 */
export type Rotations = readonly tf.Tensor3D[];

/** Rotations that depend on the seed alone; int32 `[2]`. */
export function drawRotations(
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
export function countBuckets(rotations: Rotations): number {
  return rotations.reduce((product, { shape }) => product * 2 * shape[2], 1);
}

/**
 * Step 1: the bucket of each row in each round, `argmax([x R; -x R])`. Near rows fall into one
 * bucket more often than far ones.
 *
 * @param rows `[rows, dim]`
 * @returns int32 `[numHashes, rows]`
 * @see Andoni et al. 2015, arXiv:1509.02897
 */
export function hash(rows: tf.Tensor2D, rotations: Rotations): tf.Tensor2D {
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
