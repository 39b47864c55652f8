import * as tf from "@tensorflow/tfjs";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { BLOCK_KINDS, createBlock } from "./support/block";
import type { BlockKind } from "./support/block";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface UNetEncoderBlockArgs extends BlockArgs {
  /** `"conv"` (two 3x3; default), `"resnet"` or `"resnext"`. */
  readonly block?: BlockKind;
  /** Paths of a `"resnext"` block; default 8. */
  readonly cardinality?: number;
}

/**
 * One level on the way down: a block, then 2x2 max pooling.
 *
 * Input `[batch, height, width, channels]`; outputs `[skip, pooled]`: `skip`
 * `[batch, height, width, filters]` and `pooled` `[batch, ceil(height / 2), ceil(width / 2),
 * filters]` (an odd edge is pooled by itself, so any size will do).
 *
 * @example
 * const encoder = new UNetEncoderBlock({ filters: 8 });
 * (encoder.apply(tf.zeros([1, 5, 6, 1])) as tf.Tensor[]).map((t) => t.shape); // [[1, 5, 6, 8], [1, 3, 3, 8]]
 * @see Ronneberger et al. 2015, arXiv:1505.04597
 */
export class UNetEncoderBlock
  extends BlockLayer<FilledArgs<UNetEncoderBlockArgs>>
  implements CountsOperations
{
  static className = "UNetEncoderBlock";
  private readonly inner: ReturnType<typeof createBlock>;

  constructor(options: UNetEncoderBlockArgs) {
    const { filters, block = "conv", cardinality = 8, seed = 0 } = options;
    const normalization = fillNormalization(options);
    super(options, { filters, block, cardinality, seed, ...normalization });
    expectCount("UNetEncoderBlock.filters", filters);
    expectOneOf("UNetEncoderBlock.block", block, BLOCK_KINDS);
    const inner = { name: "block", filters, seed: this.childSeed(), ...normalization };
    this.inner = this.addChild(createBlock(block, inner, cardinality));
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.buildChild(this.inner, onlyShape(inputShape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor[] {
    return tf.tidy(() => {
      const skip = this.inner.apply(onlyTensor(inputs), { ...options }) as tf.Tensor4D;
      return [skip, tf.maxPool(skip, 2, 2, "same")];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
    const skip = this.inner.computeOutputShape(inputShape);
    const half = (size: number | null): number | null => size && Math.ceil(size / 2);
    return [skip, [skip[0], half(skip[1]), half(skip[2]), skip[3]]];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [skip] = this.computeOutputShape(inputShape);
    return this.inner.countOperations(inputShape) + valuesOf(skip);
  }
}

tf.serialization.registerClass(UNetEncoderBlock);
