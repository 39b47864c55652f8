import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { joinMasks } from "./attention/attentionMask";
import type { AttentionCall } from "./attention/attentionMask";
import { scaledDotProductAttention } from "./attention/scaledDotProductAttention";
import { BookLayer } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import type { CountsOperations } from "./support/operations";

export interface ScaledDotProductAttentionArgs extends LayerOptions {
  /** Whether query `i` attends keys up to `i` only; default false. */
  readonly causal?: boolean;
  /** Factor of the logits; default `1 / sqrt(dim)`. */
  readonly scale?: number;
  /** Share of the weights that training drops; default 0. */
  readonly dropout?: number;
  /** Fixes the dropout; default 0. */
  readonly seed?: number;
}

type Filled = Required<Omit<ScaledDotProductAttentionArgs, keyof LayerOptions | "scale">> &
  Pick<ScaledDotProductAttentionArgs, "scale">;

/** Per-call options of {@link ScaledDotProductAttention}. */
export interface ScaledDotProductAttentionCall extends AttentionCall {
  /** Whether the weights come back too, as `[output, weights]`; default false. */
  readonly returnWeights?: boolean;
}

/** `[query, value]` or `[query, value, key]`. */
function three<T>(where: string, inputs: T | T[]): [T, T, T] {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  if (list.length !== 2 && list.length !== 3) {
    throw new ShapeError({
      where,
      expected: "[query, value] or [query, value, key]",
      got: `${list.length} inputs`,
    });
  }
  return [list[0], list[1], list[2] ?? list[1]];
}

/**
 * Dot-product attention without weights of its own; see the function of the same name.
 *
 * Inputs `[query, value]` or `[query, value, key]`, in Keras' order: `[batch, queries, dim]`,
 * `[batch, keys, valueDim]`, `[batch, keys, dim]`; the value is the key where there is none.
 * Output `[batch, queries, valueDim]`.
 *
 * @throws ShapeError unless there are two or three inputs that fit
 * @example
 * const layer = new ScaledDotProductAttention({ causal: true });
 * (layer.apply([tf.zeros([1, 3, 5]), tf.zeros([1, 7, 5])]) as tf.Tensor).shape; // [1, 3, 5]
 * @see Vaswani et al. 2017, arXiv:1706.03762, equation 1
 */
export class ScaledDotProductAttention extends BookLayer<Filled> implements CountsOperations {
  static className = "ScaledDotProductAttention";
  private seeds: SeedGenerator | null = null;

  constructor(options: ScaledDotProductAttentionArgs = {}) {
    const { causal = false, scale, dropout = 0, seed = 0 } = options;
    super(options, { causal, ...(scale === undefined ? {} : { scale }), dropout, seed });
    if (!(dropout >= 0 && dropout < 1)) {
      throw new ConfigError({
        where: "ScaledDotProductAttention.dropout",
        expected: "a number in [0, 1)",
        got: String(dropout),
      });
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    if (this.args.dropout > 0) {
      const state = seedInitializer(this.args.seed);
      this.seeds = new SeedGenerator(
        this.addWeight("seedState", [2], "int32", state, undefined, false),
      );
    }
    super.build(inputShape);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    options: ScaledDotProductAttentionCall = {},
  ): tf.Tensor | tf.Tensor[] {
    const { causal, scale, dropout } = this.args;
    return tf.tidy(() => {
      const [query, value, key] = three(`ScaledDotProductAttention "${this.name}"`, inputs);
      const mask = joinMasks(options);
      const isDropping = options.training === true && this.seeds !== null;
      const attention = {
        causal,
        ...(scale === undefined ? {} : { scale }),
        ...(mask === null ? {} : { mask }),
        ...(isDropping && this.seeds !== null ? { dropout, seed: this.seeds.next() } : {}),
      };
      if (options.returnWeights !== true) {
        return scaledDotProductAttention(query, key, value, attention);
      }
      const { output, weights } = scaledDotProductAttention(query, key, value, {
        ...attention,
        returnWeights: true,
      });
      return [output, weights];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const where = `ScaledDotProductAttention "${this.name}"`;
    const [query, value] = three(where, inputShape as tf.Shape[]);
    return [...query.slice(0, -1), value[value.length - 1]];
  }

  // In place of `supportsMasking`, with which tfjs wants as many masks as outputs.
  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    // tfjs reads "no mask" from null, which its declaration leaves out.
    return (Array.isArray(mask) ? mask[0] : (mask ?? null)) as tf.Tensor;
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [query, value] = three("ScaledDotProductAttention", inputShape as tf.Shape[]);
    const [queries, dim] = query.slice(-2).map((size) => size ?? 1);
    const [keys, valueDim] = value.slice(-2).map((size) => size ?? 1);
    return queries * keys * (2 * dim + 2 * valueDim + 4);
  }
}

tf.serialization.registerClass(ScaledDotProductAttention);
