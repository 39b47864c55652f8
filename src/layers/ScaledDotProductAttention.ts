import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { joinMasks, maskOptions } from "./attention/attentionMask";
import type { AttentionCall, AttentionMaskInput } from "./attention/attentionMask";
import { MaskInputs } from "./attention/MaskInputs";
import { scaledDotProductAttention } from "./attention/scaledDotProductAttention";
import { BookLayer, isSymbolic } from "./support/BookLayer";
import type { ApplyArguments, ApplyResult, LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import type { CountsOperations } from "./support/operations";

export interface ScaledDotProductAttentionArgs extends LayerOptions {
  /** Whether query `i` attends only to keys up to `i`; default false. */
  readonly causal?: boolean;
  /** Factor of the logits; default `1 / sqrt(dim)`. */
  readonly scale?: number;
  /** Fraction of the attention weights that training drops; default 0. */
  readonly dropout?: number;
  /** Fixes the dropout; default 0. */
  readonly seed?: number;
  /**
   * Masks that follow query, value and key as inputs: padding of one of them (`[batch, tokens]`), or
   * `"attention"`, true where a query may attend to a key (`[batch, queries, keys]`). Default: in a
   * model, the padding masks that tfjs carries from `embedding({ maskZero: true })`.
   */
  readonly maskInputs?: readonly AttentionMaskInput[];
}

type Optional = "scale" | "maskInputs";
type Filled = Required<Omit<ScaledDotProductAttentionArgs, keyof LayerOptions | Optional>> &
  Pick<ScaledDotProductAttentionArgs, Optional>;

/** Per-call options of {@link ScaledDotProductAttention}, for calls with tensors. */
export interface ScaledDotProductAttentionCall extends AttentionCall {
  /** Whether to return the attention weights too, as `[output, weights]`; default false. */
  readonly returnWeights?: boolean;
}

const asList = <T>(inputs: T | T[]): T[] => (Array.isArray(inputs) ? inputs : [inputs]);

/** `[query, value]` or `[query, value, key]`. */
function three<T>(where: string, list: readonly T[]): [T, T, T] {
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
 * Dot-product attention without trainable weights; see the function of the same name.
 *
 * Inputs `[query, value]` or `[query, value, key]`, in Keras' order: `[batch, queries, dim]`, `[batch,
 * keys, valueDim]`, `[batch, keys, dim]`; without a key, the value is used as the key. Output `[batch,
 * queries, valueDim]`.
 *
 * @throws ShapeError unless there are two or three compatible inputs
 * @example
 * const layer = new ScaledDotProductAttention({ causal: true });
 * (layer.apply([tf.zeros([1, 3, 5]), tf.zeros([1, 7, 5])]) as tf.Tensor).shape; // [1, 3, 5]
 * @see Vaswani et al. 2017, arXiv:1706.03762, equation 1
 */
export class ScaledDotProductAttention extends BookLayer<Filled> implements CountsOperations {
  static className = "ScaledDotProductAttention";
  private seeds: SeedGenerator | null = null;
  private readonly maskInputs: MaskInputs<AttentionMaskInput>;

  constructor(options: ScaledDotProductAttentionArgs = {}) {
    const { causal = false, scale, dropout = 0, seed = 0, maskInputs } = options;
    const filled = {
      causal,
      ...(scale === undefined ? {} : { scale }),
      dropout,
      seed,
      ...(maskInputs === undefined ? {} : { maskInputs }),
    };
    super(options, filled, ["scale", "maskInputs"]);
    expectFraction("ScaledDotProductAttention.dropout", dropout);
    this.supportsMasking = true;
    this.maskInputs = new MaskInputs(
      `ScaledDotProductAttention "${this.name}"`,
      maskInputs,
      ["query", "value", "key"],
      ["query", "value", "key", "attention"],
    );
  }

  protected override get callOptions(): readonly string[] {
    return ["attentionMask", "returnWeights"];
  }

  override apply(...[inputs, options = {}]: ApplyArguments): ApplyResult {
    if (isSymbolic(inputs)) {
      const given = Array.isArray(inputs) ? inputs : [inputs];
      return super.apply(this.maskInputs.wire(given), options);
    }
    return super.apply(inputs, this.maskInputs.sift(inputs, options));
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
    // tfjs requires a mask for each output, and the weights have none.
    this.supportsMasking = options.returnWeights !== true;
    return tf.tidy(() => {
      const given = this.maskInputs.split(asList(inputs), ({ rank }) => rank);
      const [query, value, key] = three(`ScaledDotProductAttention "${this.name}"`, given.inputs);
      const named = this.maskInputs.named(given.masks);
      const mask = joinMasks({ ...options, ...maskOptions(named, 3) });
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
    const [query, value] = this.threeShapes(inputShape);
    return [...query.slice(0, -1), value[value.length - 1]];
  }

  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    // tfjs accepts null for "no mask", although its type declaration does not.
    return (Array.isArray(mask) ? mask[0] : (mask ?? null)) as tf.Tensor;
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [query, value] = this.threeShapes(inputShape);
    const [queries, dim] = query.slice(-2).map((size) => size ?? 1);
    const [keys, valueDim] = value.slice(-2).map((size) => size ?? 1);
    return queries * keys * (2 * dim + 2 * valueDim + 4);
  }

  private threeShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape, tf.Shape] {
    const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tf.Shape[];
    const { inputs } = this.maskInputs.split(shapes, ({ length }) => length);
    return three(`ScaledDotProductAttention "${this.name}"`, inputs);
  }
}

tf.serialization.registerClass(ScaledDotProductAttention);
