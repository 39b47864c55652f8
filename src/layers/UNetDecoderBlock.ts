import * as tf from "@tensorflow/tfjs";
import { conv2dTranspose } from "../core/ops/conv2dTranspose";
import { conv3dTranspose } from "../core/ops/conv3dTranspose";
import { AttentionGate } from "./AttentionGate";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs, SpatialArgs } from "./support/BlockLayer";
import { BLOCK_KINDS, createBlock } from "./support/block";
import type { BlockKind } from "./support/block";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { createNormalization, fillNormalization, SPATIAL_DIMS } from "./support/ConvUnit";
import { fitSize } from "./support/fitSize";
import { seededInitializer } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";
import { createSelfAttention } from "./support/selfAttention";

/** How a decoder attends: not at all, over its pixels (two ways), or by gating the skip. */
export type DecoderAttention = "none" | "lsh" | "multiHead" | "gate";

/** The kinds of attention that are not limited to images. */
const SPATIAL_ATTENTIONS: readonly DecoderAttention[] = ["none", "multiHead"];
const DECODER_ATTENTIONS: readonly DecoderAttention[] = ["none", "lsh", "multiHead", "gate"];

export interface UNetDecoderBlockArgs extends BlockArgs, SpatialArgs {
  /** `"conv"` (two 3x3; default), `"resnet"` or `"resnext"`. */
  readonly block?: BlockKind;
  /** Paths of a `"resnext"` block; default 8. */
  readonly cardinality?: number;
  /** Default `"none"`. */
  readonly attention?: DecoderAttention;
  /** Heads of `"lsh"` and `"multiHead"`; default `filters / 16`, at least 1. */
  readonly numHeads?: number;
  /** Channels per head; default 16. */
  readonly keyDim?: number;
  /** Chunk size of `"lsh"`; default 64. */
  readonly bucketSize?: number;
  /** Rounds of `"lsh"`; default 4. */
  readonly numHashes?: number;
}

/**
 * One decoder level: 2x2 transposed convolution of the coarse features, concatenation with the skip,
 * attention, and a block.
 *
 * Inputs `[x, skip]`: `x` `[batch, h, w, channels]`, `skip` `[batch, height, width, skipChannels]`;
 * output `[batch, height, width, filters]`. The upsampled features are cropped or padded to the size
 * of the skip, so any size works. With `"lsh"` and `"multiHead"` the joined features `y` become `y +
 * attention(norm(y))` over their `height * width` pixels; with `"gate"` the skip passes through an
 * {@link AttentionGate} whose gating signal is `x`.
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
  /** The attention gate of `"gate"`; `null` otherwise. */
  readonly gate: AttentionGate | null = null;
  private readonly attentionNorm: ReturnType<typeof createNormalization> = null;
  private readonly attention: ReturnType<typeof createSelfAttention> | null = null;
  private readonly inner: ReturnType<typeof createBlock>;
  private upKernel!: tf.LayerVariable;
  private upBias: tf.LayerVariable | null = null;

  constructor(options: UNetDecoderBlockArgs) {
    const {
      filters,
      block = "conv",
      cardinality = 8,
      attention = "none",
      seed = 0,
      spatialDims = 2,
    } = options;
    const { numHeads = Math.max(1, Math.floor(filters / 16)), keyDim = 16 } = options;
    const { bucketSize = 64, numHashes = 4 } = options;
    const normalization = fillNormalization(options);
    const heads = { numHeads, keyDim, bucketSize, numHashes };
    const own = { filters, block, cardinality, attention, seed };
    super(options, { spatialDims, ...own, ...heads, ...normalization });
    expectCount("UNetDecoderBlock.filters", filters);
    expectOneOf("UNetDecoderBlock.spatialDims", spatialDims, SPATIAL_DIMS);
    expectOneOf("UNetDecoderBlock.block", block, BLOCK_KINDS);
    expectOneOf(
      "UNetDecoderBlock.attention",
      attention,
      spatialDims === 2 ? DECODER_ATTENTIONS : SPATIAL_ATTENTIONS,
    );
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
    this.inner = this.addChild(
      createBlock(block, { ...inner, spatialDims, name: "block" }, { cardinality }),
    );
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [x, skip] = this.bothShapes(inputShape);
    const { filters, normalization } = this.args;
    this.upKernel = this.addWeight(
      "up/kernel",
      [...x.slice(1, -1).map(() => 2), filters, x[x.length - 1]],
      "float32",
      seededInitializer("glorotUniform", this.childSeed(), "up/kernel"),
    );
    // A batch norm would cancel any constant.
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
      const [x, skip] = inputs as [tf.Tensor, tf.Tensor];
      const gated =
        this.gate === null ? skip : (this.gate.apply([skip, x], { ...options }) as tf.Tensor);
      const joined = tf.concat([gated, this.upsample(x, skip)], skip.rank - 1);
      return this.inner.apply(this.attend(joined, options), { ...options }) as tf.Tensor;
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const skip = this.bothShapes(inputShape)[1];
    return [...skip.slice(0, -1), this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [x, skip] = this.bothShapes(inputShape);
    const { filters } = this.args;
    const joined = this.joinedShape(skip);
    let total =
      2 * 2 ** this.spatialDims * filters * valuesOf(x) + this.inner.countOperations(joined);
    if (this.gate !== null) total += this.gate.countOperations([skip, x]);
    if (this.attention !== null) {
      total += this.attention.countOperations(joined) + valuesOf(joined);
      total += this.attentionNorm?.countOperations(joined) ?? 0;
    }
    return total;
  }

  private upsample(x: tf.Tensor, skip: tf.Tensor): tf.Tensor {
    const doubled = this.double(x, this.upKernel.read());
    const up = fitSize(doubled, ...skip.shape.slice(1, -1));
    return this.upBias === null ? up : tf.add(up, this.upBias.read());
  }

  /** The transposed convolution, which doubles each spatial axis. */
  private double(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const [batch, d, h, w] = x.shape;
    const { filters } = this.args;
    switch (this.spatialDims) {
      case 1: {
        // A sequence is an image of height 1.
        const [row, rowKernel] = [tf.expandDims(x, 1), tf.expandDims(kernel, 0)];
        const size: [number, number, number, number] = [batch, 1, 2 * d, filters];
        const spread = conv2dTranspose(row as tf.Tensor4D, rowKernel as tf.Tensor4D, size, [1, 2]);
        return tf.squeeze(spread, [1]);
      }
      case 2: {
        const size: [number, number, number, number] = [batch, 2 * d, 2 * h, filters];
        return conv2dTranspose(x as tf.Tensor4D, kernel as tf.Tensor4D, size, [2, 2]);
      }
      case 3: {
        const size: [number, number, number, number, number] = [
          batch,
          2 * d,
          2 * h,
          2 * w,
          filters,
        ];
        return conv3dTranspose(x as tf.Tensor5D, kernel as tf.Tensor5D, size, [2, 2, 2]);
      }
    }
  }

  private attend(joined: tf.Tensor, options: CallOptions): tf.Tensor {
    if (this.attention === null) return joined;
    const input =
      this.attentionNorm === null
        ? joined
        : (this.attentionNorm.apply(joined, { ...options }) as tf.Tensor);
    // Do not pass the other options on: tfjs adds the mask of an embedding elsewhere in the model to
    // them.
    const { training = false } = options;
    return tf.add(joined, this.attention.apply(input, { training }) as tf.Tensor);
  }

  private joinedShape(skip: tf.Shape): tf.Shape {
    return [...skip.slice(0, -1), (skip[skip.length - 1] ?? 0) + this.args.filters];
  }

  private bothShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape] {
    const rank = this.spatialDims + 2;
    return expectTwoImages(`UNetDecoderBlock "${this.name}"`, "[x, skip]", inputShape, rank);
  }
}

tf.serialization.registerClass(UNetDecoderBlock);
