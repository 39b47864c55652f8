import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { MaskInputs } from "./attention/MaskInputs";
import { DropPath } from "./DropPath";
import { LayerNormalization } from "./LayerNormalization";
import { LSHAttention } from "./LSHAttention";
import { MultiHeadAttention } from "./MultiHeadAttention";
import { SeededDropout } from "./SeededDropout";
import { ACTIVATIONS, activate } from "./support/activations";
import type { Activation } from "./support/activations";
import { isSymbolic, onlyShape } from "./support/BookLayer";
import type { ApplyArguments, ApplyResult, CallOptions, LayerOptions } from "./support/BookLayer";
import { expectCount, expectDivides, expectOneOf, expectFraction } from "./support/checkArgs";
import type { Pair } from "./support/checkArgs";
import { CompositeLayer } from "./support/CompositeLayer";
import { DenseMap } from "./support/DenseMap";
import { deriveSeed } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { channelsOf } from "./support/shapes";
import type { SelfAttentionKind } from "./support/selfAttention";
import { WindowAttention } from "./WindowAttention";
import type { WindowAttentionArgs } from "./WindowAttention";

/** The kind of attention of a {@link TransformerBlock}; `"window"` is for images. */
export type TransformerAttention = SelfAttentionKind | "window";

const ATTENTIONS: readonly TransformerAttention[] = ["multiHead", "lsh", "window"];

export interface TransformerBlockArgs extends LayerOptions {
  readonly numHeads: number;
  /** Query and key channels per head; default the input channels divided by `numHeads`. */
  readonly keyDim?: number;
  /** Hidden channels of the MLP; default four times the input's. */
  readonly intermediateDim?: number;
  /** The kind of attention; default `"multiHead"`. */
  readonly attention?: TransformerAttention;
  /** Whether token `i` attends only to tokens up to `i`; default false. */
  readonly causal?: boolean;
  /** Pre-norm (default true): each branch is normalised first. False: the sum is, as in the paper. */
  readonly normalizeFirst?: boolean;
  /** Activation of the MLP; default `"gelu"`. */
  readonly activation?: Activation;
  /** Dropout rate of the attention weights, in the MLP and after each branch; default 0. */
  readonly dropout?: number;
  /** Fraction of the batch items whose branches are dropped in training; default 0. */
  readonly dropPath?: number;
  /** Added to the variance in the normalisations; default 1e-5. */
  readonly epsilon?: number;
  /**
   * Longest wavelength of rotary position embedding; `"multiHead"` only. Default: no rotary embedding.
   */
  readonly rotaryWavelength?: number;
  /** Chunk size of `"lsh"`; default 64. */
  readonly bucketSize?: number;
  /** Rounds of `"lsh"`; default 4. */
  readonly numHashes?: number;
  /** Pixels of a window of `"window"`; default 7. */
  readonly windowSize?: Pair;
  /** How far the windows of `"window"` are shifted; default 0. */
  readonly shiftSize?: WindowAttentionArgs["shiftSize"];
  /**
   * `["padding"]`: a second input is the mask, `[batch, …tokens]`; tokens with 0 are not attended to.
   * Default: in a model, the padding mask that tfjs carries from `embedding({ maskZero: true })`.
   */
  readonly maskInputs?: readonly "padding"[];
  /** Fixes weights and dropout, together with the block's name; default 0. */
  readonly seed?: number;
}

/** Arguments without a default. */
const OPTIONAL = [
  "keyDim",
  "intermediateDim",
  "rotaryWavelength",
  "windowSize",
  "shiftSize",
  "maskInputs",
] as const;
type Optional = (typeof OPTIONAL)[number];
type Filled = Required<Omit<TransformerBlockArgs, keyof LayerOptions | Optional>> &
  Pick<TransformerBlockArgs, Optional>;

/** Per-call options of {@link TransformerBlock}, for calls with tensors. */
export interface TransformerBlockCall extends CallOptions {
  /** `[batch, …tokens]`: tokens with false or 0 are not attended to. */
  readonly mask?: tf.Tensor | readonly tf.Tensor[] | null;
}

function fill(options: TransformerBlockArgs): Filled {
  const { numHeads, keyDim, intermediateDim, attention = "multiHead", causal = false } = options;
  const { normalizeFirst = true, activation = "gelu", dropout = 0, dropPath = 0 } = options;
  const { epsilon = 1e-5, rotaryWavelength, bucketSize = 64, numHashes = 4 } = options;
  const { windowSize, shiftSize, maskInputs, seed = 0 } = options;
  return {
    ...{ numHeads, attention, causal, normalizeFirst, activation, dropout, dropPath, epsilon },
    ...{ bucketSize, numHashes, seed },
    ...(keyDim === undefined ? {} : { keyDim }),
    ...(intermediateDim === undefined ? {} : { intermediateDim }),
    ...(rotaryWavelength === undefined ? {} : { rotaryWavelength }),
    ...(windowSize === undefined ? {} : { windowSize }),
    ...(shiftSize === undefined ? {} : { shiftSize }),
    ...(maskInputs === undefined ? {} : { maskInputs }),
  };
}

/** Throws for an argument that the kind of attention would ignore. */
function rejectUnusedArguments(filled: Filled): void {
  const { attention } = filled;
  const unused: Record<TransformerAttention, readonly (keyof Filled)[]> = {
    multiHead: ["windowSize", "shiftSize"],
    lsh: ["rotaryWavelength", "windowSize", "shiftSize"],
    window: ["keyDim", "rotaryWavelength", "maskInputs"],
  };
  const name = unused[attention].find((each) => filled[each] !== undefined);
  if (name !== undefined || (attention === "window" && filled.causal)) {
    const argument = name ?? "causal";
    throw new ConfigError({
      where: `TransformerBlock.${argument}`,
      expected: `no ${argument} with attention: "${attention}"`,
      got: JSON.stringify(filled[argument]),
    });
  }
}

/**
 * A transformer encoder block, or with `causal` the block of a language model: self-attention, then an
 * MLP applied to each token, each with a residual connection and layer normalisation.
 *
 * Input and output `[batch, tokens, channels]`, or `[batch, height, width, channels]` whose pixels are
 * the tokens. Weights under `norm1`, `attention`, `norm2`, `mlp1` and `mlp2`.
 *
 * With `attention: "window"` it is Swin's block, for images: in a network, every second block has a
 * `shiftSize` of half its `windowSize`.
 *
 * @throws ConfigError for an argument outside its range
 * @example
 * const block = new TransformerBlock({ numHeads: 2 });
 * (block.apply(tf.zeros([1, 5, 8])) as tf.Tensor).shape; // [1, 5, 8]
 * @see Vaswani et al. 2017, arXiv:1706.03762, figure 1; pre-norm: Xiong et al. 2020, arXiv:2002.04745
 */
export class TransformerBlock extends CompositeLayer<Filled> implements CountsOperations {
  static className = "TransformerBlock";
  override supportsMasking = true;
  private readonly maskInputs: MaskInputs<"padding">;
  private readonly norms: readonly [LayerNormalization, LayerNormalization];
  private readonly dropouts: readonly SeededDropout[];
  private readonly paths: readonly DropPath[];
  private attention!: MultiHeadAttention | LSHAttention | WindowAttention;
  private mlp!: readonly [DenseMap, DenseMap];

  constructor(options: TransformerBlockArgs) {
    const filled = fill(options);
    super(options, filled, OPTIONAL);
    const { numHeads, attention, activation, dropout, dropPath, epsilon } = filled;
    expectCount("TransformerBlock.numHeads", numHeads);
    expectOneOf("TransformerBlock.attention", attention, ATTENTIONS);
    expectOneOf("TransformerBlock.activation", activation, ACTIVATIONS);
    expectFraction("TransformerBlock.dropout", dropout);
    expectFraction("TransformerBlock.dropPath", dropPath);
    for (const name of ["keyDim", "intermediateDim"] as const) {
      if (filled[name] !== undefined) expectCount(`TransformerBlock.${name}`, filled[name]);
    }
    rejectUnusedArguments(filled);
    this.norms = [
      this.addChild(new LayerNormalization({ name: "norm1", epsilon })),
      this.addChild(new LayerNormalization({ name: "norm2", epsilon })),
    ];
    const names = dropout > 0 ? ["dropout1", "dropout2", "dropout3"] : [];
    this.dropouts = names.map((name) =>
      this.addChild(new SeededDropout({ name, rate: dropout, seed: this.seedOf(name) })),
    );
    const pathNames = dropPath > 0 ? ["path1", "path2"] : [];
    this.paths = pathNames.map((name) =>
      this.addChild(new DropPath({ name, rate: dropPath, seed: this.seedOf(name) })),
    );
    const where = `TransformerBlock "${this.name}"`;
    this.maskInputs = new MaskInputs(where, filled.maskInputs, ["padding"], ["padding"]);
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
    const ranks = this.args.attention === "window" ? [4] : [3, 4];
    const channels = channelsOf(`TransformerBlock "${this.name}"`, shape, ranks);
    const { intermediateDim = 4 * channels } = this.args;
    this.attention = this.addChild(this.createAttention(channels));
    this.mlp = [this.createDense("mlp1", intermediateDim), this.createDense("mlp2", channels)];
    for (const layer of [...this.norms, this.attention, ...this.dropouts, ...this.paths]) {
      this.buildChild(layer, shape);
    }
    this.buildChild(this.mlp[1], this.buildChild(this.mlp[0], shape));
    super.build(inputShape);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { training = false, mask: givenMask }: TransformerBlockCall = {},
  ): tf.Tensor {
    const given = this.maskInputs.split(
      Array.isArray(inputs) ? inputs : [inputs],
      ({ rank }) => rank,
    );
    const { padding } = this.maskInputs.named(given.masks);
    const mask = padding ?? (Array.isArray(givenMask) ? (givenMask[0] as tf.Tensor) : givenMask);
    if (mask && this.args.attention === "window") this.rejectMask();
    const run = (layer: tf.layers.Layer | undefined, x: tf.Tensor): tf.Tensor =>
      layer === undefined ? x : (layer.apply(x, { training }) as tf.Tensor);
    const attend = (x: tf.Tensor): tf.Tensor =>
      run(this.dropouts[0], this.attention.apply(x, { training, mask }) as tf.Tensor);
    const transform = (x: tf.Tensor): tf.Tensor => {
      const middle = activate(run(this.mlp[0], x), this.args.activation);
      return run(this.dropouts[2], run(this.mlp[1], run(this.dropouts[1], middle)));
    };
    return tf.tidy(() =>
      [attend, transform].reduce((x, branch, index) => {
        const norm = this.norms[index];
        if (!this.args.normalizeFirst) {
          return run(norm, tf.add(x, run(this.paths[index], branch(x))));
        }
        return tf.add(x, run(this.paths[index], branch(run(norm, x))));
      }, given.inputs[0]),
    );
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    return (Array.isArray(mask) ? mask[0] : (mask ?? null)) as tf.Tensor;
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const values = valuesOf(shape);
    const { intermediateDim = 4 * (shape[shape.length - 1] ?? 1) } = this.args;
    return this.attention.countOperations(shape) + 4 * values * intermediateDim + 14 * values;
  }

  private seedOf(part: string): number {
    return deriveSeed(this.args.seed, `${this.seedLabel}/${part}`);
  }

  private createAttention(channels: number): MultiHeadAttention | LSHAttention | WindowAttention {
    const { numHeads, attention, causal, dropout, bucketSize, numHashes } = this.args;
    const { rotaryWavelength, windowSize = 7, shiftSize = 0 } = this.args;
    if (this.args.keyDim === undefined) {
      expectDivides("TransformerBlock.numHeads", numHeads, channels);
    }
    const { keyDim = channels / numHeads } = this.args;
    const seed = this.seedOf("attention");
    const common = { name: "attention", numHeads, seed };
    switch (attention) {
      case "lsh":
        return new LSHAttention({ ...common, keyDim, causal, bucketSize, numHashes });
      case "window":
        return new WindowAttention({ ...common, windowSize, shiftSize, dropout });
      case "multiHead": {
        const rotary = rotaryWavelength === undefined ? {} : { rotaryWavelength };
        return new MultiHeadAttention({ ...common, keyDim, causal, dropout, ...rotary });
      }
    }
  }

  private rejectMask(): never {
    throw new ConfigError({
      where: `TransformerBlock "${this.name}"`,
      expected: 'no mask with attention: "window"',
      got: "a mask",
      remedy: "Crop the image, or pad it with zeros.",
    });
  }

  private createDense(name: string, units: number): DenseMap {
    return this.addChild(new DenseMap({ name, units, seed: this.seedOf(name) }));
  }
}

tf.serialization.registerClass(TransformerBlock);
