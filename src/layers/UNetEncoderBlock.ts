import * as tf from "@tensorflow/tfjs";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs, SpatialArgs } from "./support/BlockLayer";
import { BLOCK_KINDS, createBlock } from "./support/block";
import type { BlockKind } from "./support/block";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { maxPoolHalf } from "./support/pool";
import { fillNormalization, SPATIAL_DIMS } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface UNetEncoderBlockArgs extends BlockArgs, SpatialArgs {
  /** `"conv"` (two 3x3; default), `"resnet"` or `"resnext"`. */
  readonly block?: BlockKind;
  /** Paths of a `"resnext"` block; default 8. */
  readonly cardinality?: number;
  /**
   * Channels of each of these paths; default `null`, which is half the filters divided by the number
   * of paths.
   */
  readonly pathWidth?: number | null;
  /** Number of consecutive blocks; default 1. */
  readonly blocks?: number;
}

/**
 * One encoder level: one or more blocks, then 2x2 max pooling.
 *
 * Input `[batch, height, width, channels]`; outputs `[skip, pooled]`: `skip` `[batch, height, width,
 * filters]` and `pooled` `[batch, ceil(height / 2), ceil(width / 2), filters]` (an odd edge is pooled
 * by itself, so any size works).
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
  private readonly stack: ReturnType<typeof createBlock>[] = [];

  constructor(options: UNetEncoderBlockArgs) {
    const { filters, block = "conv", cardinality = 8, pathWidth = null } = options;
    const { blocks = 1, seed = 0, spatialDims = 2 } = options;
    const normalization = fillNormalization(options);
    super(options, {
      spatialDims,
      filters,
      block,
      cardinality,
      pathWidth,
      blocks,
      seed,
      ...normalization,
    });
    expectCount("UNetEncoderBlock.filters", filters);
    expectOneOf("UNetEncoderBlock.spatialDims", spatialDims, SPATIAL_DIMS);
    expectOneOf("UNetEncoderBlock.block", block, BLOCK_KINDS);
    expectCount("UNetEncoderBlock.blocks", blocks);
    if (pathWidth !== null) expectCount("UNetEncoderBlock.pathWidth", pathWidth);
    const inner = { filters, spatialDims, seed: this.childSeed(), ...normalization };
    for (let index = 1; index <= blocks; index++) {
      const name = index === 1 ? "block" : `block${index}`;
      const layer = createBlock(block, { ...inner, name }, { cardinality, pathWidth });
      this.stack.push(this.addChild(layer));
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.stack.reduce((shape, block) => this.buildChild(block, shape), onlyShape(inputShape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor[] {
    return tf.tidy(() => {
      const skip = this.stack.reduce(
        (x, block) => block.apply(x, { ...options }) as tf.Tensor,
        onlyTensor(inputs),
      );
      return [skip, maxPoolHalf(skip)];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
    const skip = this.stack.reduce<tf.Shape>(
      (shape, block) => block.computeOutputShape(shape),
      onlyShape(inputShape),
    );
    const half = (size: number | null): number | null => size && Math.ceil(size / 2);
    return [skip, [skip[0], ...skip.slice(1, -1).map(half), skip[skip.length - 1]]];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [skip] = this.computeOutputShape(inputShape);
    let shape = onlyShape(inputShape);
    let total = valuesOf(skip);
    for (const block of this.stack) {
      total += block.countOperations(shape);
      shape = block.computeOutputShape(shape);
    }
    return total;
  }
}

tf.serialization.registerClass(UNetEncoderBlock);
