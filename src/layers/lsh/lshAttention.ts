import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { expectShape } from "../../core/shapes";
import { attendInGroups } from "./attendInGroups";
import type { Hash } from "./attendInGroups";
import { bucketFactors, lshSizes } from "./geometry";
import type { LshGeometry, LshSizes } from "./geometry";
import { countBuckets, drawRotations, hash } from "./hash";
import { fillLshSettings } from "./options";
import type { LshOptions } from "./options";

/** `[batch, length, heads, dim]` → `[batch * heads * padded, dim]`, zeros behind the last token. */
function toRows(x: tf.Tensor4D, { length, geometry }: LshSizes): tf.Tensor2D {
  const perHead = tf.transpose(x, [0, 2, 1, 3]);
  const behind: [number, number] = [0, geometry.padded - length];
  const filled = behind[1] === 0 ? perHead : tf.pad4d(perHead, [[0, 0], [0, 0], behind, [0, 0]]);
  return tf.reshape(filled, [geometry.rows, x.shape[3]]);
}

/** Rows back as `[batch, length, heads, dim]`. */
function fromRows(rows: tf.Tensor2D, { batch, length, heads, geometry }: LshSizes): tf.Tensor4D {
  const dim = rows.shape[1];
  const perHead = tf.reshape<tf.Rank.R4>(rows, [batch, heads, geometry.padded, dim]);
  const cut =
    geometry.padded === length
      ? perHead
      : tf.slice(perHead, [0, 0, 0, 0], [batch, heads, length, dim]);
  return tf.transpose(cut, [0, 2, 1, 3]);
}

/** int32 `[rows]`, 1 for tokens that count; `null` where all do. */
function validRows(
  mask: tf.Tensor2D | undefined,
  { batch, length, heads, geometry }: LshSizes,
): tf.Tensor1D | null {
  const { padded, rows } = geometry;
  if (mask === undefined && padded === length) return null;
  if (mask !== undefined) expectShape("lshAttention.mask", mask, [batch, length]);
  const tokens =
    mask === undefined ? tf.ones([batch, length], "int32") : tf.cast(tf.notEqual(mask, 0), "int32");
  const behind: [number, number] = [0, padded - length];
  const filled = tf.expandDims(tf.pad(tokens, [[0, 0], behind]), 1);
  return tf.reshape(tf.tile(filled, [1, heads, 1]), [rows]);
}

/** Hashed buckets; masked and padded tokens stand in one of their own behind all others. */
function hashing(options: LshOptions, dim: number, geometry: LshGeometry): Hash {
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

/** Buckets as given; padding stands behind them. */
function givenBuckets(buckets: tf.Tensor4D, options: LshOptions, sizes: LshSizes): Hash {
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

function checkRotations(options: LshOptions, numHashes: number): void {
  for (const { shape } of options.rotations ?? []) {
    if (shape[0] === numHashes) continue;
    throw new ConfigError({
      where: "lshAttention.rotations",
      expected: `rotations for ${numHashes} rounds`,
      got: `${shape[0]}`,
      remedy: "Give numHashes as many.",
    });
  }
}

/**
 * Attention among tokens that hash alike, in time and memory linear in the length (up to the sort):
 * queries and keys are one tensor, keys of unit norm; each round sorts the tokens by bucket and
 * attends within chunks of the sorted order; rounds join under one softmax.
 *
 * A token attends itself only where nothing else is in reach. Masked tokens are not attended and
 * attend themselves. Any length will do: it is padded to a multiple of `2 * bucketSize` inside.
 *
 * @param qk queries and keys, `[batch, length, heads, dim]`
 * @param v values, `[batch, length, heads, valueDim]`
 * @param options see {@link LshOptions}
 * @returns `[batch, length, heads, valueDim]`
 * @throws ShapeError when shapes do not fit; ConfigError when an option does not
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
  const settings = fillLshSettings("lshAttention", options);
  const sizes = lshSizes(qk, settings);
  const { batch, length, heads, geometry } = sizes;
  expectShape("lshAttention.v", v, [batch, length, heads, null]);
  checkRotations(options, geometry.numHashes);
  return tf.tidy(() => {
    const hashed =
      options.buckets === undefined
        ? hashing(options, qk.shape[3], geometry)
        : givenBuckets(options.buckets, options, sizes);
    const valid = validRows(options.mask, sizes);
    const rows = [toRows(qk, sizes), toRows(v, sizes)] as const;
    return fromRows(attendInGroups(...rows, valid, hashed, settings, geometry), sizes);
  });
}

/**
 * The buckets that {@link lshAttention} hashes the tokens into, to look at or to give back to it.
 *
 * @param qk `[batch, length, heads, dim]`
 * @returns int32 `[numHashes, batch, length, heads]`
 */
export function lshBuckets(qk: tf.Tensor4D, options: LshOptions = {}): tf.Tensor4D {
  const sizes = lshSizes(qk, fillLshSettings("lshBuckets", options));
  const { batch, length, heads, geometry } = sizes;
  const { numHashes, padded } = geometry;
  checkRotations(options, numHashes);
  return tf.tidy(() => {
    const valid = validRows(options.mask, sizes);
    const hashed = hashing(options, qk.shape[3], geometry);
    const { buckets } = hashed(toRows(qk, sizes), valid, { begin: 0, geometry });
    const perHead = tf.reshape<tf.Rank.R4>(buckets, [numHashes, batch, heads, padded]);
    const cut = tf.slice(perHead, [0, 0, 0, 0], [numHashes, batch, heads, length]);
    return tf.transpose(cut, [0, 1, 3, 2]);
  });
}
