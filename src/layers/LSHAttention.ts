import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { formatShape } from "../core/shapes";
import { MaskInputs } from "./attention/MaskInputs";
import { lshAttention, lshBuckets } from "./lsh/lshAttention";
import { fillLshSettings } from "./lsh/options";
import type { FilledLshSettings, LshOptions, LshSettings } from "./lsh/options";
import { BookLayer, isSymbolic, onlyShape } from "./support/BookLayer";
import type { ApplyArguments, ApplyResult, CallOptions, LayerOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { KERNEL_INITIALIZERS, seededInitializer } from "./support/initializers";
import type { KernelInitializer } from "./support/initializers";
import type { CountsOperations } from "./support/operations";
import { valuesOf } from "./support/operations";

export interface LSHAttentionArgs extends LayerOptions, LshSettings {
  readonly numHeads: number;
  /** Query and key channels per head. */
  readonly keyDim: number;
  /** Value channels per head; default `keyDim`. */
  readonly valueDim?: number;
  /** Output channels; default those of the input. */
  readonly outputDim?: number;
  /** Whether the three projections have a bias; default true. */
  readonly useBias?: boolean;
  /**
   * `["padding"]`: a second input is the mask, `[batch, …tokens]`; tokens with 0 are not attended to.
   * Default: in a model, the padding mask that tfjs carries from `embedding({ maskZero: true })`.
   */
  readonly maskInputs?: readonly "padding"[];
  /** Default `"glorotUniform"`. */
  readonly kernelInitializer?: KernelInitializer;
  /** Fixes the initial kernels, together with the layer's name, and the rotations; default 0. */
  readonly seed?: number;
}

type Filled = FilledLshSettings &
  Required<Pick<LSHAttentionArgs, "numHeads" | "keyDim" | "useBias" | "kernelInitializer">> &
  Required<Pick<LSHAttentionArgs, "valueDim" | "seed">> &
  Pick<LSHAttentionArgs, "outputDim" | "maskInputs">;

/** Per-call options of {@link LSHAttention}, for calls with tensors. */
export interface LSHAttentionCall extends CallOptions {
  /**
   * `[batch, tokens]`, or `[batch, height, width]` of an image: tokens with false or 0 are not
   * attended to.
   */
  readonly mask?: tf.Tensor | readonly tf.Tensor[] | null;
  /** Buckets to use instead of hashed ones, see {@link LSHAttention.bucketsOf}. */
  readonly buckets?: tf.Tensor4D;
}

/** A dense projection of the last axis, `x W + b`. */
interface Projection {
  readonly kernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
}

/**
 * Attention by locality-sensitive hashing, with shared queries and keys, over a sequence or over the
 * pixels of an image: time and memory grow linearly, so that attention over an image of 369 x 369
 * pixels is feasible.
 *
 * Input `[batch, tokens, channels]` or `[batch, height, width, channels]`; output the same with
 * `outputDim` channels. Weights: `kernelQK` `[channels, numHeads * keyDim]`, `kernelV` `[channels,
 * numHeads * valueDim]`, `kernelOut` `[numHeads * valueDim, outputDim]`, one bias for each, and the
 * seed state. Each training call draws new rotations; outside training they depend only on `seed`, so
 * that predictions are reproducible.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for an input of another rank
 * @example
 * const layer = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8 });
 * (layer.apply(tf.zeros([1, 5, 7, 6])) as tf.Tensor).shape; // [1, 5, 7, 6]
 * @see Kitaev, Kaiser and Levskaya 2020, arXiv:2001.04451
 */
export class LSHAttention extends BookLayer<Filled> implements CountsOperations {
  static className = "LSHAttention";
  private projections!: Record<"QK" | "V" | "Out", Projection>;
  private seeds!: SeedGenerator;
  private readonly maskInputs: MaskInputs<"padding">;

  constructor(options: LSHAttentionArgs) {
    const { numHeads, keyDim, valueDim = keyDim, outputDim, useBias = true } = options;
    const { kernelInitializer = "glorotUniform", seed = 0, maskInputs } = options;
    const filled = {
      numHeads,
      keyDim,
      valueDim,
      ...(outputDim === undefined ? {} : { outputDim }),
      useBias,
      ...(maskInputs === undefined ? {} : { maskInputs }),
      kernelInitializer,
      seed,
      ...fillLshSettings("LSHAttention", options),
    };
    super(options, filled, ["outputDim", "maskInputs", "numBuckets"]);
    for (const [name, value] of Object.entries({ numHeads, keyDim, valueDim })) {
      expectCount(`LSHAttention.${name}`, value);
    }
    if (outputDim !== undefined) expectCount("LSHAttention.outputDim", outputDim);
    expectOneOf("LSHAttention.kernelInitializer", kernelInitializer, KERNEL_INITIALIZERS);
    this.supportsMasking = true;
    const where = `LSHAttention "${this.name}"`;
    this.maskInputs = new MaskInputs(where, maskInputs, ["padding"], ["padding"]);
  }

  protected override get callOptions(): readonly string[] {
    return ["buckets"];
  }

  override apply(...[inputs, options = {}]: ApplyArguments): ApplyResult {
    if (isSymbolic(inputs)) {
      const given = Array.isArray(inputs) ? inputs : [inputs];
      return super.apply(this.maskInputs.wire(given), options);
    }
    return super.apply(inputs, this.maskInputs.sift(inputs, options));
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = this.channelsOf(shape);
    const { numHeads, keyDim, valueDim, outputDim = channels } = this.args;
    this.projections = {
      QK: this.addProjection("QK", channels, numHeads * keyDim),
      V: this.addProjection("V", channels, numHeads * valueDim),
      Out: this.addProjection("Out", numHeads * valueDim, outputDim),
    };
    const state = seedInitializer(this.args.seed);
    this.seeds = new SeedGenerator(
      this.addWeight("seedState", [2], "int32", state, undefined, false),
    );
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: LSHAttentionCall = {}): tf.Tensor {
    const { numHeads, outputDim } = this.args;
    return tf.tidy(() => {
      const given = Array.isArray(inputs) ? inputs : [inputs];
      const split = this.maskInputs.split(given, ({ rank }) => rank);
      const [x] = split.inputs;
      const { padding } = this.maskInputs.named(split.masks);
      const channels = this.channelsOf(x.shape);
      const qk = this.project("QK", x, numHeads);
      const v = this.project("V", x, numHeads);
      const attended = lshAttention(
        qk,
        v,
        this.optionsOf(x, padding === undefined ? options : { ...options, mask: padding }),
      );
      const output = this.project("Out", tf.reshape(attended, [x.shape[0], qk.shape[1], -1]), 1);
      return tf.reshape(output, [...x.shape.slice(0, -1), outputDim ?? channels]);
    });
  }

  /**
   * The buckets that a call outside training hashes the tokens into, int32 `[numHashes, batch, tokens,
   * numHeads]`: for inspection, or to pass to another call as `buckets`.
   */
  bucketsOf(inputs: tf.Tensor, options: LSHAttentionCall = {}): tf.Tensor4D {
    return tf.tidy(() => {
      if (!this.built) this.build(inputs.shape);
      const qk = this.project("QK", inputs, this.args.numHeads);
      return lshBuckets(qk, this.optionsOf(inputs, { ...options, training: false }));
    });
  }

  /**
   * The attention weights of one token in a call outside training, over all rounds: float32 `[batch,
   * tokens, numHeads]`, which sums to 1 over the tokens. On an image, token `row * width + column`.
   *
   * @throws ConfigError for a token out of range
   */
  weightsFrom(inputs: tf.Tensor, token: number, options: LSHAttentionCall = {}): tf.Tensor3D {
    return tf.tidy(() => {
      if (!this.built) this.build(inputs.shape);
      const qk = this.project("QK", inputs, this.args.numHeads);
      const [batch, tokens, heads] = qk.shape;
      if (!Number.isInteger(token) || token < 0 || token >= tokens) {
        throw new ConfigError({
          where: `LSHAttention "${this.name}".weightsFrom`,
          expected: `a token from 0 to ${tokens - 1}`,
          got: String(token),
        });
      }
      const settings = this.optionsOf(inputs, { ...options, training: false });
      // The output is linear in the values, so its gradient with respect to them is the weights.
      const isToken = tf.reshape(tf.oneHot([token], tokens), [1, tokens, 1, 1]);
      const ofToken = (values: tf.Tensor): tf.Tensor =>
        tf.sum(tf.mul(lshAttention(qk, values as tf.Tensor4D, settings), isToken));
      return tf.reshape(tf.grad(ofToken)(tf.zeros([batch, tokens, heads, 1])), [
        batch,
        tokens,
        heads,
      ]);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = onlyShape(inputShape);
    const { outputDim } = this.args;
    return outputDim === undefined ? shape : [...shape.slice(0, -1), outputDim];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const channels = this.channelsOf(shape);
    const tokens = valuesOf(shape) / channels;
    const { numHeads, keyDim, valueDim, outputDim = channels, numHashes, bucketSize } = this.args;
    const projections = 2 * channels * numHeads * (keyDim + valueDim);
    const output = 2 * numHeads * valueDim * outputDim;
    const seen = 2 * bucketSize;
    const attention = numHeads * numHashes * seen * (2 * keyDim + 2 * valueDim + 4);
    return tokens * (projections + output + attention);
  }

  private channelsOf(shape: tf.Shape): number {
    const channels = shape[shape.length - 1];
    const kernel = this.built ? this.projections.QK.kernel : null;
    if (kernel !== null && kernel.shape[0] !== channels) {
      throw new ShapeError({
        where: `LSHAttention "${this.name}"`,
        expected: `${kernel.shape[0]} channels, as it was built with`,
        got: formatShape(shape),
      });
    }
    if ((shape.length !== 3 && shape.length !== 4) || channels === null) {
      throw new ShapeError({
        where: `LSHAttention "${this.name}"`,
        expected: "[batch, tokens, channels] or [batch, height, width, channels]",
        got: formatShape(shape),
      });
    }
    return channels;
  }

  private addProjection(name: string, from: number, to: number): Projection {
    const { kernelInitializer, seed, useBias } = this.args;
    const label = `kernel${name}`;
    const initializer = seededInitializer(kernelInitializer, seed, `${this.seedLabel}/${label}`);
    return {
      kernel: this.addWeight(label, [from, to], "float32", initializer),
      bias: useBias
        ? this.addWeight(`bias${name}`, [to], "float32", tf.initializers.zeros())
        : null,
    };
  }

  /** `[batch, tokens, heads, channels]` */
  private project(name: "QK" | "V" | "Out", x: tf.Tensor, heads: number): tf.Tensor4D {
    const { kernel, bias } = this.projections[name];
    const rows = tf.reshape<tf.Rank.R2>(x, [-1, x.shape[x.rank - 1]]);
    const product = tf.matMul(rows, kernel.read());
    const output: tf.Tensor = bias === null ? product : tf.add(product, bias.read());
    const tokens = rows.shape[0] / x.shape[0];
    return tf.reshape(output, [x.shape[0], tokens, heads, -1]);
  }

  // Overrides tfjs' own, which passes on the masks of all inputs.
  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    return (Array.isArray(mask) ? mask[0] : (mask ?? null)) as tf.Tensor;
  }

  private optionsOf(x: tf.Tensor, { training, mask, buckets }: LSHAttentionCall): LshOptions {
    const seed = training === true ? this.seeds.next() : tf.tensor1d([this.args.seed, 0], "int32");
    const given = Array.isArray(mask) ? (mask[0] as tf.Tensor) : (mask as tf.Tensor | null);
    return {
      ...fillLshSettings("LSHAttention", this.args),
      seed,
      ...(given ? { mask: tf.reshape<tf.Rank.R2>(given, [x.shape[0], -1]) } : {}),
      ...(buckets === undefined ? {} : { buckets }),
    };
  }
}

tf.serialization.registerClass(LSHAttention);
