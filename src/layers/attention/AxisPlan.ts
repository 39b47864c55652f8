import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";

const product = (sizes: readonly (number | null)[]): number =>
  sizes.reduce<number>((total, size) => total * (size ?? 1), 1);

/**
 * Which axes of `[batch, …, channels]` attention is computed over, and which count as batch ("free").
 * Folds tensors to `[batch * free, tokens, channels]` and back.
 */
export class AxisPlan {
  private readonly freeAxes: readonly number[];
  private readonly tokenAxes: readonly number[];

  /**
   * @param where names the layer in errors
   * @param rank of the inputs, batch and channels included
   * @param attentionAxes default all but the first and the last
   */
  constructor(where: string, rank: number, attentionAxes?: readonly number[]) {
    const inner = Array.from({ length: Math.max(rank - 2, 0) }, (_, index) => index + 1);
    const tokenAxes = attentionAxes ?? inner;
    const isFit =
      tokenAxes.length > 0 &&
      new Set(tokenAxes).size === tokenAxes.length &&
      tokenAxes.every((axis) => inner.includes(axis));
    if (!isFit) {
      throw new ConfigError({
        where: `${where}.attentionAxes`,
        expected: `some of [${inner.join(", ")}], each once`,
        got: `[${tokenAxes.join(", ")}]`,
      });
    }
    this.tokenAxes = tokenAxes;
    this.freeAxes = inner.filter((axis) => !tokenAxes.includes(axis));
  }

  /** Number of tokens per attention. */
  tokens(shape: tf.Shape): number {
    return product(this.tokenAxes.map((axis) => shape[axis]));
  }

  /** Number of separate attentions per batch item. */
  free(shape: tf.Shape): number {
    return product(this.freeAxes.map((axis) => shape[axis]));
  }

  /** `[batch, …, channels]` → `[batch * free, tokens, channels]` */
  toRows(x: tf.Tensor): tf.Tensor3D {
    const last = x.rank - 1;
    const moved = tf.transpose(x, [0, ...this.freeAxes, ...this.tokenAxes, last]);
    return tf.reshape(moved, [x.shape[0] * this.free(x.shape), this.tokens(x.shape), -1]);
  }

  /** `[batch * free * tokens, channels]` → `[batch, …, channels]`, as `shape` has it. */
  fromRows(rows: tf.Tensor, shape: readonly number[]): tf.Tensor {
    const order = [0, ...this.freeAxes, ...this.tokenAxes];
    const channels = rows.shape[rows.rank - 1];
    const sizes = order.map((axis) => shape[axis]);
    const back = Array.from({ length: shape.length - 1 }, (_, axis) => order.indexOf(axis));
    return tf.transpose(tf.reshape(rows, [...sizes, channels]), [...back, shape.length - 1]);
  }

  /** A padding mask `[batch, …]` → `[batch * free, tokens]` */
  foldPadding(mask: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.toRows(tf.expandDims(tf.cast(mask, "int32"), -1)), [2]);
  }

  /** A mask of pairs `[batch, …tokens, …tokens]` → `[batch * free, queries, keys]` */
  foldPairs(mask: tf.Tensor, query: tf.Shape, key: tf.Shape): tf.Tensor {
    const [batch] = mask.shape;
    const pairs = [this.tokens(query), this.tokens(key)];
    const perItem = tf.reshape(tf.cast(mask, "int32"), [batch, 1, ...pairs]);
    const spread = tf.tile(perItem, [1, this.free(query), 1, 1]);
    return tf.reshape(spread, [batch * this.free(query), ...pairs]);
  }

  /** Weights `[batch * free, heads, queries, keys]` → `[batch, …free, heads, …queries, …keys]` */
  unfoldScores(weights: tf.Tensor4D, query: readonly number[], key: readonly number[]): tf.Tensor {
    const sizes = (axes: readonly number[], shape: readonly number[]): number[] =>
      axes.map((axis) => shape[axis]);
    return tf.reshape(weights, [
      query[0],
      ...sizes(this.freeAxes, query),
      weights.shape[1],
      ...sizes(this.tokenAxes, query),
      ...sizes(this.tokenAxes, key),
    ]);
  }
}
