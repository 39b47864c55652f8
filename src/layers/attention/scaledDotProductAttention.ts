import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../../core/errors";
import { fusedAttention } from "../../core/ops/fusedAttention";
import { expectShape, formatShape } from "../../core/shapes";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import { attendInSpans, dropoutOf, spansOf, weightsOf } from "./attendInSpans";

/** Maximum number of weights kept for the backward pass: 64 MiB. */
const FEW_WEIGHTS = 2 ** 24;

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions {
  /**
   * Broadcastable to `[...batch, queries, keys]`. bool or int32: true or nonzero where a query may
   * attend to a key. float32: added to the logits; it has a gradient.
   */
  readonly mask?: tf.Tensor;
  /** Whether query `i` attends only to keys up to `i`; default false. */
  readonly causal?: boolean;
  /** Factor of the logits; default `1 / sqrt(dim)`. */
  readonly scale?: number;
  /** Fraction of the weights that is dropped; default 0. Needs a `seed`. */
  readonly dropout?: number;
  /** int32 `[2]`, from `SeedGenerator.next()`: which weights are dropped. */
  readonly seed?: tf.Tensor1D;
  /**
   * Maximum number of logits held at once; beyond it, queries are processed in chunks. Default 2^22,
   * with up to 2^24 weights kept for the gradient.
   */
  readonly maxLogits?: number;
}

const OPTIONS: readonly (keyof AttentionOptions | "returnWeights")[] = [
  "mask",
  "causal",
  "scale",
  "dropout",
  "seed",
  "maxLogits",
  "returnWeights",
];

/** Sizes with the batch axes folded into one. */
interface Sizes {
  readonly batch: number[];
  readonly folded: number;
  readonly queries: number;
  readonly keys: number;
}

function sizesOf(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): Sizes {
  const where = "scaledDotProductAttention";
  if (q.rank < 2) {
    throw new ShapeError({
      where: `${where}.q`,
      expected: "[...batch, queries, dim]",
      got: formatShape(q.shape),
    });
  }
  const batch = q.shape.slice(0, -2);
  const [queries, dim] = q.shape.slice(-2);
  expectShape(`${where}.k`, k, [...batch, "keys", dim]);
  const keys = k.shape[k.rank - 2];
  expectShape(`${where}.v`, v, [...batch, keys, "valueDim"]);
  return { batch, folded: batch.reduce((a, b) => a * b, 1), queries, keys };
}

/** A mask as `[folded or 1, queries or 1, keys or 1]`. */
function foldMask(mask: tf.Tensor, { batch, folded, queries, keys }: Sizes): tf.Tensor3D {
  const full = [...batch, queries, keys];
  const missing = full.length - mask.rank;
  const shape = [...new Array<number>(Math.max(missing, 0)).fill(1), ...mask.shape];
  if (missing < 0 || shape.some((size, axis) => size !== 1 && size !== full[axis])) {
    throw new ShapeError({
      where: "scaledDotProductAttention.mask",
      expected: `a shape broadcastable to ${formatShape(full)}`,
      got: formatShape(mask.shape),
    });
  }
  const last = shape.slice(-2);
  const wide = tf.reshape(mask, shape);
  if (shape.slice(0, -2).every((size) => size === 1)) {
    return tf.reshape(wide, [1, ...last] as [number, number, number]);
  }
  const spread = wide.dtype === "bool" ? tf.cast(wide, "int32") : wide;
  const folds: [number, number, number] = [folded, last[0], last[1]];
  if (spread.dtype !== "float32") {
    return tf.reshape(tf.broadcastTo(spread, [...batch, ...last]), folds);
  }
  // tfjs' broadcastTo has no gradient past rank 4, so broadcast by adding zeros.
  return tf.reshape(tf.add(spread, tf.zeros([...batch, ...last])), folds);
}

/** Output and weights; see {@link scaledDotProductAttention}. */
export type WeightedAttention = {
  /** `[...batch, queries, valueDim]` */
  readonly output: tf.Tensor;
  /** `[...batch, queries, keys]`, before dropout; each row sums to 1, or to 0 if all is masked. */
  readonly weights: tf.Tensor;
};

function checkDropout(dropout: number, seed: tf.Tensor1D | undefined): void {
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ConfigError({
      where: "scaledDotProductAttention.dropout",
      expected: "a number in [0, 1)",
      got: String(dropout),
    });
  }
  if (dropout > 0 && seed === undefined) {
    throw new ConfigError({
      where: "scaledDotProductAttention.seed",
      expected: "an int32 tensor of 2 with dropout",
      got: "none",
      remedy: "Take it from SeedGenerator.next().",
    });
  }
}

/**
 * `softmax(q kᵀ / sqrt(dim)) v`. Many queries are processed in chunks, and the weights are recomputed
 * for the gradient if there are too many to keep: memory grows with queries plus keys, not with their
 * product.
 *
 * The output of a query that may attend to nothing is 0.
 *
 * @param q `[...batch, queries, dim]`
 * @param k `[...batch, keys, dim]`
 * @param v `[...batch, keys, valueDim]`
 * @param options see {@link AttentionOptions}; with `returnWeights: true` all weights are made at
 *   once and returned too
 * @returns `[...batch, queries, valueDim]`
 * @throws ShapeError when shapes do not fit; ConfigError for an unknown option and a dropout outside [0, 1)
 * @example
 * const [q, v] = [tf.zeros([1, 2, 3]), tf.tensor3d([[[1], [3]]])];
 * scaledDotProductAttention(q, q, v).arraySync(); // [[[2], [2]]]
 * scaledDotProductAttention(q, q, v, { causal: true }).arraySync(); // [[[1], [2]]]
 * @see Vaswani et al. 2017, arXiv:1706.03762, equation 1
 */
export function scaledDotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options?: AttentionOptions & { readonly returnWeights?: false },
): tf.Tensor;
export function scaledDotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: AttentionOptions & { readonly returnWeights: true },
): WeightedAttention;
export function scaledDotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: AttentionOptions & { readonly returnWeights?: boolean } = {},
): tf.Tensor | WeightedAttention {
  rejectUnknownOptions("scaledDotProductAttention", options, OPTIONS);
  const sizes = sizesOf(q, k, v);
  const { batch, folded, queries, keys } = sizes;
  const [dim, valueDim] = [q.shape[q.rank - 1], v.shape[v.rank - 1]];
  const { causal = false, dropout = 0, maxLogits = 2 ** 22, returnWeights = false } = options;
  const { scale = 1 / Math.sqrt(dim) } = options;
  checkDropout(dropout, options.seed);
  const fold = (x: tf.Tensor): tf.Tensor3D => tf.reshape(x, [folded, -1, x.shape[x.rank - 1]]);
  return tf.tidy(() => {
    const mask = options.mask === undefined ? null : foldMask(options.mask, sizes);
    const seed = dropout > 0 && options.seed !== undefined ? options.seed : null;
    const spans = spansOf(folded, queries, keys, returnWeights ? Infinity : maxLogits);
    const areFew = folded * queries * keys <= FEW_WEIGHTS;
    const keepsWeights = areFew && options.maxLogits === undefined;
    const settings = { scale, causal, rate: dropout, spans, keepsWeights };
    const outputShape = [...batch, queries, valueDim];
    if (!returnWeights) {
      const attend = (x: tf.Tensor3D, y: tf.Tensor3D, z: tf.Tensor3D): tf.Tensor3D =>
        attendInSpans(x, y, z, mask, seed, settings);
      const isPlain = mask === null && seed === null;
      const output = isPlain
        ? fusedAttention(fold(q), fold(k), fold(v), settings, attend)
        : attend(fold(q), fold(k), fold(v));
      return tf.reshape(output, outputShape);
    }
    const weights = weightsOf(fold(q), fold(k), mask, spans[0], settings);
    const dropMask = dropoutOf(weights.shape, dropout, seed, spans[0]);
    const dropped = dropMask === null ? weights : tf.mul<tf.Tensor3D>(weights, dropMask);
    return {
      output: tf.reshape(tf.matMul(dropped, fold(v)), outputShape),
      weights: tf.reshape(weights, [...batch, queries, keys]),
    };
  });
}
