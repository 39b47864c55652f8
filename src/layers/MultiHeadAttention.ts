import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { formatShape } from "../core/shapes";
import { joinMasks, maskOptions, paddingMasks } from "./attention/attentionMask";
import type { AttentionCall, AttentionMaskInput } from "./attention/attentionMask";
import { AxisPlan } from "./attention/AxisPlan";
import { MaskInputs } from "./attention/MaskInputs";
import { rotaryEmbedding } from "./attention/rotaryEmbedding";
import { scaledDotProductAttention } from "./attention/scaledDotProductAttention";
import { BookLayer, isSymbolic } from "./support/BookLayer";
import type { ApplyArguments, ApplyResult, LayerOptions } from "./support/BookLayer";
import { expectCount, expectOneOf, expectFraction } from "./support/checkArgs";
import { KERNEL_INITIALIZERS, seededInitializer } from "./support/initializers";
import type { KernelInitializer } from "./support/initializers";
import type { CountsOperations } from "./support/operations";

export interface MultiHeadAttentionArgs extends LayerOptions {
  readonly numHeads: number;
  /** Query and key channels per head. */
  readonly keyDim: number;
  /** Value channels per head; default `keyDim`. */
  readonly valueDim?: number;
  /** Output channels; default those of the query. */
  readonly outputDim?: number;
  /** Fraction of the attention weights that training drops; default 0. */
  readonly dropout?: number;
  /** Whether the four projections have a bias; default true. */
  readonly useBias?: boolean;
  /** Whether query `i` attends only to keys up to `i`; default false. */
  readonly causal?: boolean;
  /**
   * Masks that follow query, value and key as inputs: padding of one of them (`[batch, …tokens]`), or
   * `"attention"`, true where a query may attend to a key (`[batch, …queries, …keys]`). Default: in a
   * model, the padding masks that tfjs carries from `embedding({ maskZero: true })`.
   */
  readonly maskInputs?: readonly AttentionMaskInput[];
  /**
   * Applies rotary position embedding to queries and keys, with this longest wavelength, usually
   * 10000; `keyDim` must be even. Default: no rotary embedding.
   */
  readonly rotaryWavelength?: number;
  /** Axes over which attention is computed (batch is 0); default all but the first and the last. */
  readonly attentionAxes?: readonly number[];
  /** Default `"glorotUniform"`. */
  readonly kernelInitializer?: KernelInitializer;
  /** Fixes the initial kernels, together with the layer's name, and the dropout; default 0. */
  readonly seed?: number;
}

type Optional = "outputDim" | "attentionAxes" | "maskInputs" | "rotaryWavelength";
type Filled = Required<Omit<MultiHeadAttentionArgs, keyof LayerOptions | Optional>> &
  Pick<MultiHeadAttentionArgs, Optional>;

/** Per-call options of {@link MultiHeadAttention}, for calls with tensors; Keras names. */
export interface MultiHeadAttentionCall extends AttentionCall {
  /** Whether query `i` attends only to keys up to `i`; default the layer's `causal`. */
  readonly useCausalMask?: boolean;
  /** Whether to return the attention weights too, as `[output, weights]`; default false. */
  readonly returnAttentionScores?: boolean;
}

interface Projection {
  readonly kernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
}

type Part = "query" | "key" | "value";

/** `[query, value, key]` of one input (self-attention), two or three. */
function three<T>(inputs: readonly T[]): [T, T, T] {
  const [query, value = query, key = value] = inputs;
  return [query, value, key];
}

const asList = <T>(inputs: T | T[]): T[] => (Array.isArray(inputs) ? inputs : [inputs]);

/** tfjs passes one shape or a list of shapes. */
const asShapes = (shape: tf.Shape | tf.Shape[]): tf.Shape[] =>
  Array.isArray(shape[0]) ? (shape as tf.Shape[]) : [shape as tf.Shape];

/** In self-attention the single mask applies to queries and keys. */
function selfOrAll(
  masks: readonly (tf.Tensor | null)[],
  inputs: readonly tf.Tensor[],
): readonly (tf.Tensor | null)[] {
  return inputs.length === 1 && masks.length === 1 ? [masks[0], masks[0]] : masks;
}

function foldedPairs(
  { attentionMask }: AttentionCall,
  plan: AxisPlan,
  query: tf.Shape,
  key: tf.Shape,
): Pick<AttentionCall, "attentionMask"> {
  if (attentionMask === undefined) return {};
  return { attentionMask: plan.foldPairs(attentionMask, query, key) };
}

/**
 * Multi-head attention, with separate projections per head. (tfjs' own is not exported and cannot be
 * trained.)
 *
 * Inputs as in Keras: one tensor `[batch, …, channels]` attends to itself; `[query, value]` or
 * `[query, value, key]` attend across. Attention is computed over `attentionAxes`, and the other axes
 * are treated like the batch: on an image `[batch, height, width, channels]` the default is all
 * pixels, and `[2]` is each row separately. Output: the query's shape with `outputDim` channels.
 *
 * In a model, tfjs drops call options: use `causal` and `maskInputs` there. Masks of `embedding({
 * maskZero: true })` are detected automatically.
 *
 * Weights as in Keras 3: `query/kernel` and `key/kernel` `[channels, numHeads, keyDim]`,
 * `value/kernel` `[channels, numHeads, valueDim]`, `attention_output/kernel`
 * `[numHeads, valueDim, outputDim]`, each with a `bias`.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for incompatible inputs
 * @example
 * const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
 * (layer.apply(tf.zeros([1, 5, 7, 6])) as tf.Tensor).shape; // [1, 5, 7, 6]
 * (layer.apply([tf.zeros([1, 5, 7, 6]), tf.zeros([1, 3, 2, 6])]) as tf.Tensor).shape; // [1, 5, 7, 6]
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2
 */
export class MultiHeadAttention extends BookLayer<Filled> implements CountsOperations {
  static className = "MultiHeadAttention";
  private readonly maskInputs: MaskInputs<AttentionMaskInput>;
  private projections!: Readonly<Record<Part | "attention_output", Projection>>;
  private seeds: SeedGenerator | null = null;

  constructor(options: MultiHeadAttentionArgs) {
    const { numHeads, keyDim, valueDim = keyDim, outputDim, dropout = 0, useBias = true } = options;
    const { attentionAxes, kernelInitializer = "glorotUniform", seed = 0 } = options;
    const { causal = false, maskInputs, rotaryWavelength } = options;
    const filled = {
      numHeads,
      keyDim,
      valueDim,
      ...(outputDim === undefined ? {} : { outputDim }),
      dropout,
      useBias,
      causal,
      ...(maskInputs === undefined ? {} : { maskInputs }),
      ...(rotaryWavelength === undefined ? {} : { rotaryWavelength }),
      ...(attentionAxes === undefined ? {} : { attentionAxes }),
      kernelInitializer,
      seed,
    };
    super(options, filled, ["outputDim", "attentionAxes", "maskInputs", "rotaryWavelength"]);
    for (const [name, value] of Object.entries({ numHeads, keyDim, valueDim })) {
      expectCount(`MultiHeadAttention.${name}`, value);
    }
    if (outputDim !== undefined) expectCount("MultiHeadAttention.outputDim", outputDim);
    expectOneOf("MultiHeadAttention.kernelInitializer", kernelInitializer, KERNEL_INITIALIZERS);
    expectFraction("MultiHeadAttention.dropout", dropout);
    this.supportsMasking = true;
    this.maskInputs = new MaskInputs(
      `MultiHeadAttention "${this.name}"`,
      maskInputs,
      ["query", "value", "key"],
      ["query", "value", "key", "attention"],
    );
  }

  protected override get callOptions(): readonly string[] {
    return ["attentionMask", "useCausalMask", "returnAttentionScores"];
  }

  override apply(...[inputs, options = {}]: ApplyArguments): ApplyResult {
    if (isSymbolic(inputs)) return super.apply(this.maskInputs.wire(asList(inputs)), options);
    return super.apply(inputs, this.maskInputs.sift(inputs, options));
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [query, value, key] = this.threeShapes(inputShape);
    const { numHeads, keyDim, valueDim, dropout } = this.args;
    const { outputDim = this.channelsOf(query) } = this.args;
    this.planFor(query); // refuses axes that are not there
    const heads = (size: number): [number, number] => [numHeads, size];
    this.projections = {
      query: this.addProjection("query", [this.channelsOf(query), ...heads(keyDim)], 2),
      key: this.addProjection("key", [this.channelsOf(key), ...heads(keyDim)], 2),
      value: this.addProjection("value", [this.channelsOf(value), ...heads(valueDim)], 2),
      attention_output: this.addProjection("attention_output", [...heads(valueDim), outputDim], 1),
    };
    if (dropout > 0) {
      const state = seedInitializer(this.args.seed);
      this.seeds = new SeedGenerator(
        this.addWeight("seedState", [2], "int32", state, undefined, false),
      );
    }
    super.build(inputShape);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    options: MultiHeadAttentionCall = {},
  ): tf.Tensor | tf.Tensor[] {
    const { numHeads, keyDim, valueDim, dropout } = this.args;
    // tfjs requires a mask for each output, and the scores have none.
    this.supportsMasking = options.returnAttentionScores !== true;
    return tf.tidy(() => {
      const given = this.maskInputs.split(asList(inputs), ({ rank }) => rank);
      const [query, value, key] = three(given.inputs);
      const plan = this.planFor(query.shape);
      const isDropping = options.training === true && this.seeds !== null;
      const masked = {
        ...options,
        ...maskOptions(this.maskInputs.named(given.masks), given.inputs.length),
      };
      const padding = selfOrAll(paddingMasks(masked), given.inputs);
      const mask = joinMasks({
        ...masked,
        mask: padding.map((one) => one && plan.foldPadding(one)),
        ...foldedPairs(masked, plan, query.shape, key.shape),
      });
      const attention = {
        causal: options.useCausalMask ?? this.args.causal,
        ...(mask === null ? {} : { mask: tf.expandDims(mask, 1) }),
        ...(isDropping && this.seeds !== null ? { dropout, seed: this.seeds.next() } : {}),
      };
      const q = this.turn(this.toHeads("query", plan.toRows(query), keyDim));
      const k = this.turn(this.toHeads("key", plan.toRows(key), keyDim));
      const v = this.toHeads("value", plan.toRows(value), valueDim);
      const project = (heads: tf.Tensor): tf.Tensor => {
        const rows = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [-1, numHeads * valueDim]);
        return plan.fromRows(this.multiply("attention_output", rows), query.shape);
      };
      if (options.returnAttentionScores !== true) {
        return project(scaledDotProductAttention(q, k, v, attention));
      }
      const { output, weights } = scaledDotProductAttention(q, k, v, {
        ...attention,
        returnWeights: true,
      });
      return [project(output), plan.unfoldScores(weights as tf.Tensor4D, query.shape, key.shape)];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [query] = this.threeShapes(inputShape);
    return [...query.slice(0, -1), this.args.outputDim ?? query[query.length - 1]];
  }

  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    // tfjs accepts null for "no mask", although its type declaration does not.
    return (Array.isArray(mask) ? mask[0] : (mask ?? null)) as tf.Tensor;
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [query, value, key] = this.threeShapes(inputShape);
    const { numHeads, keyDim, valueDim } = this.args;
    const { outputDim = this.channelsOf(query) } = this.args;
    const plan = this.planFor(query);
    const tokens = (shape: tf.Shape): number => plan.tokens(shape) * plan.free(shape);
    const projections =
      tokens(query) * (this.channelsOf(query) * keyDim + valueDim * outputDim) +
      tokens(key) * this.channelsOf(key) * keyDim +
      tokens(value) * this.channelsOf(value) * valueDim;
    const pairs = plan.free(query) * plan.tokens(query) * plan.tokens(key);
    return numHeads * (2 * projections + pairs * (2 * keyDim + 2 * valueDim + 4));
  }

  /** Queries or keys `[folded, heads, tokens, keyDim]`, with rotary position embedding applied. */
  private turn(heads: tf.Tensor): tf.Tensor {
    const { rotaryWavelength } = this.args;
    if (rotaryWavelength === undefined) return heads;
    return rotaryEmbedding(heads, { maxWavelength: rotaryWavelength });
  }

  private threeShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape, tf.Shape] {
    return three(this.maskInputs.split(asShapes(inputShape), ({ length }) => length).inputs);
  }

  private planFor(query: tf.Shape): AxisPlan {
    return new AxisPlan(`MultiHeadAttention "${this.name}"`, query.length, this.args.attentionAxes);
  }

  private channelsOf(shape: tf.Shape): number {
    const channels = shape[shape.length - 1];
    if (shape.length < 3 || channels === null) {
      throw new ShapeError({
        where: `MultiHeadAttention "${this.name}"`,
        expected: "[batch, …, channels] with known channels",
        got: formatShape(shape),
      });
    }
    return channels;
  }

  private addProjection(name: string, shape: number[], biasAxes: 1 | 2): Projection {
    const { kernelInitializer, seed, useBias } = this.args;
    const label = `${name}/kernel`;
    const initializer = seededInitializer(kernelInitializer, seed, `${this.seedLabel}/${label}`);
    const zeros = tf.initializers.zeros();
    return {
      kernel: this.addWeight(label, shape, "float32", initializer),
      bias: useBias
        ? this.addWeight(`${name}/bias`, shape.slice(-biasAxes), "float32", zeros)
        : null,
    };
  }

  /** Multiplies rows by a kernel flattened to a matrix. */
  private multiply(name: Part | "attention_output", rows: tf.Tensor): tf.Tensor {
    const { kernel, bias } = this.projections[name];
    const width = rows.shape[rows.rank - 1];
    const matrix = tf.reshape<tf.Rank.R2>(kernel.read(), [width, -1]);
    const product: tf.Tensor = tf.matMul(tf.reshape<tf.Rank.R2>(rows, [-1, width]), matrix);
    return bias === null ? product : tf.add(product, tf.reshape(bias.read(), [-1]));
  }

  /** `[folded, tokens, channels]` → `[folded, heads, tokens, size]` */
  private toHeads(part: Part, rows: tf.Tensor3D, size: number): tf.Tensor {
    const [folded, tokens] = rows.shape;
    const split = tf.reshape(this.multiply(part, rows), [folded, tokens, this.args.numHeads, size]);
    return tf.transpose(split, [0, 2, 1, 3]);
  }
}

tf.serialization.registerClass(MultiHeadAttention);
