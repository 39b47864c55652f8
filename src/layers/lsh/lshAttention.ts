import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { expectShape } from "../../core/shapes";
import { attendInRounds } from "./attendInRounds";
import { bucketFactors, lshGeometry } from "./geometry";
import type { LshGeometry } from "./geometry";
import { countBuckets, drawRotations, hash } from "./hash";
import { fillLshSettings } from "./options";
import type { LshOptions } from "./options";
import { sort } from "./sort";

/** `[batch, length, heads, dim]` → `[batch * padded * heads, dim]`, zeros behind the last token. */
function toRows(x: tf.Tensor4D, { padded, length, rows }: LshGeometry): tf.Tensor2D {
  const behind: [number, number] = [0, padded - length];
  const filled = padded === length ? x : tf.pad4d(x, [[0, 0], behind, [0, 0], [0, 0]]);
  return tf.reshape(filled, [rows, x.shape[3]]);
}

/** int32 `[rows]`, 1 for tokens that count; `null` where all do. */
function validRows(
  mask: tf.Tensor2D | undefined,
  { batch, length, padded, heads, rows }: LshGeometry,
): tf.Tensor1D | null {
  if (mask === undefined && padded === length) return null;
  if (mask !== undefined) expectShape("lshAttention.mask", mask, [batch, length]);
  const tokens =
    mask === undefined ? tf.ones([batch, length], "int32") : tf.cast(tf.notEqual(mask, 0), "int32");
  const filled = tf.pad(tokens, [
    [0, 0],
    [0, padded - length],
  ]);
  return tf.reshape(tf.tile(tf.expandDims(filled, 2), [1, 1, heads]), [rows]);
}

/** Runs `body` off the tape: neither hash nor sort has a gradient, nor needs one. */
function withoutGradient<T extends tf.Tensor>(x: tf.Tensor2D, body: (x: tf.Tensor2D) => T): T {
  return tf.customGrad((input) => ({
    value: body(input as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x) as T;
}

interface Hashed {
  /** int32 `[numHashes, rows]` */
  readonly buckets: tf.Tensor2D;
  /** More than any bucket. */
  readonly numBuckets: number;
}

/** Hashed buckets; masked and padded tokens stand in one of their own behind all others. */
function hashRows(
  q: tf.Tensor2D,
  valid: tf.Tensor1D | null,
  options: LshOptions,
  geometry: LshGeometry,
): Hashed {
  const { numHashes, padded, bucketSize } = geometry;
  const { numBuckets = padded / bucketSize } = options;
  const rotations =
    options.rotations ??
    drawRotations(
      options.seed ?? tf.tensor1d([0, 0], "int32"),
      numHashes,
      q.shape[1],
      bucketFactors(numBuckets),
    );
  const behind = countBuckets(rotations);
  const buckets = withoutGradient(q, (rows) => hash(rows, rotations));
  if (valid === null) return { buckets, numBuckets: behind };
  const isMasked = tf.sub(tf.scalar(1, "int32"), valid);
  const moved = tf.add(tf.mul(buckets, valid), tf.mul(isMasked, tf.scalar(behind, "int32")));
  return { buckets: moved as tf.Tensor2D, numBuckets: behind + 1 };
}

/** Buckets as given; padding stands behind them. */
function givenBuckets(buckets: tf.Tensor4D, options: LshOptions, geometry: LshGeometry): Hashed {
  const { batch, length, heads, padded, numHashes, rows, bucketSize } = geometry;
  expectShape("lshAttention.buckets", buckets, [numHashes, batch, length, heads]);
  const { numBuckets = bucketFactors(padded / bucketSize).reduce((a, b) => a * b, 1) } = options;
  const behind: [number, number] = [0, padded - length];
  const filled = tf.pad(buckets, [[0, 0], [0, 0], behind, [0, 0]], numBuckets);
  return { buckets: tf.reshape(filled, [numHashes, rows]), numBuckets: numBuckets + 1 };
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
  const geometry = lshGeometry(qk, settings);
  const { batch, length, heads, padded } = geometry;
  expectShape("lshAttention.v", v, [batch, length, heads, null]);
  checkRotations(options, geometry.numHashes);
  return tf.tidy(() => {
    const rows = toRows(qk, geometry);
    const valid = validRows(options.mask, geometry);
    const { buckets, numBuckets } =
      options.buckets === undefined
        ? hashRows(rows, valid, options, geometry)
        : givenBuckets(options.buckets, options, geometry);
    const order = sort(buckets, numBuckets, geometry);
    const tokens = { order, buckets, valid };
    const output = attendInRounds(rows, toRows(v, geometry), tokens, settings, geometry);
    const perToken = tf.reshape<tf.Rank.R4>(output, [batch, padded, heads, v.shape[3]]);
    if (padded === length) return perToken;
    return tf.slice(perToken, [0, 0, 0, 0], [batch, length, heads, v.shape[3]]);
  });
}

/**
 * The buckets that {@link lshAttention} hashes the tokens into, to look at or to give back to it.
 *
 * @param qk `[batch, length, heads, dim]`
 * @returns int32 `[numHashes, batch, length, heads]`
 */
export function lshBuckets(qk: tf.Tensor4D, options: LshOptions = {}): tf.Tensor4D {
  const geometry = lshGeometry(qk, fillLshSettings("lshBuckets", options));
  const { batch, length, heads, padded, numHashes } = geometry;
  checkRotations(options, numHashes);
  return tf.tidy(() => {
    const valid = validRows(options.mask, geometry);
    const { buckets } = hashRows(toRows(qk, geometry), valid, options, geometry);
    const perToken = tf.reshape<tf.Rank.R4>(buckets, [numHashes, batch, padded, heads]);
    return tf.slice(perToken, [0, 0, 0, 0], [numHashes, batch, length, heads]);
  });
}
