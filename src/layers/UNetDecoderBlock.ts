import * as tf from "@tensorflow/tfjs";
import { conv2dTranspose } from "../core/ops/conv2dTranspose";
import { AttentionGate } from "./AttentionGate";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { BLOCK_KINDS, createBlock } from "./support/block";
import type { BlockKind } from "./support/block";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { createNormalization, fillNormalization } from "./support/ConvUnit";
import { fitSize } from "./support/fitSize";
import { seededInitializer } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";
import { createSelfAttention } from "./support/selfAttention";

/** How a decoder attends: not at all, over its pixels (two ways), or by gating the skip. */
export type DecoderAttention = "none" | "lsh" | "multiHead" | "gate";

const DECODER_ATTENTIONS: readonly DecoderAttention[] = ["none", "lsh", "multiHead", "gate"];

export interface UNetDecoderBlockArgs extends BlockArgs {
  /** `"conv"` (two 3x3; default), `"resnet"` or `"resnext"`. */
  readonly block?: BlockKind;
  /** Paths of a `"resnext"` block; default 8. */
  readonly cardinality?: number;
  /** Default `"none"`. */
  readonly attention?: DecoderAttention;
  /** Heads of `"lsh"` and `"multiHead"`; default `filters / 16`, at least 1. */
  readonly numHeads?: number;
  /** Channels a head; default 16. */
  readonly keyDim?: number;
  /** Of `"lsh"`; default 64. */
  readonly bucketSize?: number;
  /** Rounds of `"lsh"`; default 4. */
  readonly numHashes?: number;
}

/**
 * One level on the way up: 2x2 transposed convolution of the coarse features, concatenation with
 * the skip, attention, and a block.
 *
 * Inputs `[x, skip]`: `x` `[batch, h, w, channels]`, `skip` `[batch, height, width, skipChannels]`;
 * output `[batch, height, width, filters]`. What the transposed convolution makes is cropped or
 * padded to the skip, so any size will do. With `"lsh"` and `"multiHead"` the joined features `y`
 * become `y + attention(norm(y))` over their `height * width` pixels; with `"gate"` the skip goes
 * through an {@link AttentionGate} that `x` steers.
 *
 * @throws ShapeError unless there are two inputs of rank 4
 * @example
 * const decoder = new UNetDecoderBlock({ filters: 8 });
 * (decoder.apply([tf.zeros([1, 3, 4, 16]), tf.zeros([1, 5, 7, 8])]) as tf.Tensor).shape; // [1, 5, 7, 8]
 * @see Ronneberger et al. 2015, arXiv:1505.04597; attention: Chen et al. 2020, arXiv:2004.05645
 */
export class UNetDecoderBlock
  extends BlockLayer<FilledArgs<UNetDecoderBlockArgs>>
  implements CountsOperations
{
  static className = "UNetDecoderBlock";
  /** Reads the map of a `"gate"`; `null` otherwise. */
  readonly gate: AttentionGate | null = null;
  private readonly attentionNorm: ReturnType<typeof createNormalization> = null;
  private readonly attention: ReturnType<typeof createSelfAttention> | null = null;
  private readonly inner: ReturnType<typeof createBlock>;
  private upKernel!: tf.LayerVariable;
  private upBias: tf.LayerVariable | null = null;

  constructor(options: UNetDecoderBlockArgs) {
    const { filters, block = "conv", cardinality = 8, attention = "none", seed = 0 } = options;
    const { numHeads = Math.max(1, Math.floor(filters / 16)), keyDim = 16 } = options;
    const { bucketSize = 64, numHashes = 4 } = options;
    const normalization = fillNormalization(options);
    const heads = { numHeads, keyDim, bucketSize, numHashes };
    const own = { filters, block, cardinality, attention, seed };
    super(options, { ...own, ...heads, ...normalization });
    expectCount("UNetDecoderBlock.filters", filters);
    expectOneOf("UNetDecoderBlock.block", block, BLOCK_KINDS);
    expectOneOf("UNetDecoderBlock.attention", attention, DECODER_ATTENTIONS);
    const inner = { filters, seed: this.childSeed(), ...normalization };
    if (attention === "gate") {
      const gateFilters = Math.max(1, Math.floor(filters / 2));
      this.gate = this.addChild(
        new AttentionGate({ ...inner, name: "gate", filters: gateFilters }),
      );
    } else if (attention !== "none") {
      this.attentionNorm = createNormalization("attentionNorm", 2 * filters, normalization);
      if (this.attentionNorm !== null) this.addChild(this.attentionNorm);
      this.attention = this.addChild(
        createSelfAttention(attention, { ...heads, seed: this.childSeed() }),
      );
    }
    this.inner = this.addChild(createBlock(block, { ...inner, name: "block" }, { cardinality }));
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [x, skip] = this.bothShapes(inputShape);
    const { filters, normalization } = this.args;
    this.upKernel = this.addWeight(
      "up/kernel",
      [2, 2, filters, x[3]],
      "float32",
      seededInitializer("glorotUniform", this.childSeed(), "up/kernel"),
    );
    // A batch norm takes any constant away again.
    if (normalization !== "batch") {
      this.upBias = this.addWeight("up/bias", [filters], "float32", tf.initializers.zeros());
    }
    if (this.gate !== null) this.buildChild(this.gate, skip, x);
    const joined = this.joinedShape(skip);
    if (this.attentionNorm !== null) this.buildChild(this.attentionNorm, joined);
    if (this.attention !== null) this.buildChild(this.attention, joined);
    this.buildChild(this.inner, joined);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const [x, skip] = inputs as [tf.Tensor4D, tf.Tensor4D];
      const gated =
        this.gate === null ? skip : (this.gate.apply([skip, x], { ...options }) as tf.Tensor4D);
      const joined = tf.concat4d([gated, this.upsample(x, skip)], 3);
      return this.inner.apply(this.attend(joined, options), { ...options }) as tf.Tensor;
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const skip = this.bothShapes(inputShape)[1];
    return [skip[0], skip[1], skip[2], this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [x, skip] = this.bothShapes(inputShape);
    const { filters } = this.args;
    const joined = this.joinedShape(skip);
    let total = 2 * 4 * filters * valuesOf(x) + this.inner.countOperations(joined);
    if (this.gate !== null) total += this.gate.countOperations([skip, x]);
    if (this.attention !== null) {
      total += this.attention.countOperations(joined) + valuesOf(joined);
      total += this.attentionNorm?.countOperations(joined) ?? 0;
    }
    return total;
  }

  private upsample(x: tf.Tensor4D, skip: tf.Tensor4D): tf.Tensor4D {
    const [batch, h, w] = x.shape;
    const kernel = this.upKernel.read() as tf.Tensor4D;
    const size: [number, number, number, number] = [batch, 2 * h, 2 * w, this.args.filters];
    const up = fitSize(conv2dTranspose(x, kernel, size, [2, 2]), skip.shape[1], skip.shape[2]);
    return this.upBias === null ? up : tf.add(up, this.upBias.read());
  }

  private attend(joined: tf.Tensor4D, options: CallOptions): tf.Tensor {
    if (this.attention === null) return joined;
    const input =
      this.attentionNorm === null
        ? joined
        : (this.attentionNorm.apply(joined, { ...options }) as tf.Tensor);
    // Not the other options: tfjs adds the mask of an embedding elsewhere in the model to them.
    const { training = false } = options;
    return tf.add(joined, this.attention.apply(input, { training }) as tf.Tensor);
  }

  private joinedShape(skip: tf.Shape): tf.Shape {
    return [skip[0], skip[1], skip[2], (skip[3] ?? 0) + this.args.filters];
  }

  private bothShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape] {
    return expectTwoImages(`UNetDecoderBlock "${this.name}"`, "[x, skip]", inputShape);
  }
}

tf.serialization.registerClass(UNetDecoderBlock);
