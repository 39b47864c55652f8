import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs, SpatialArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import type { ConvUnit } from "./support/ConvUnit";
import { fillNormalization, SPATIAL_DIMS } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export type ConvBlockArgs = BlockArgs & SpatialArgs;

/**
 * U-Net's plain block: a 3x3 convolution, normalisation and ReLU, applied twice.
 *
 * Input `[batch, height, width, channels]`, output `[batch, height, width, filters]` ("same" padding;
 * the original crops the edges).
 *
 * @example
 * const block = new ConvBlock({ filters: 8 });
 * (block.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 5, 7, 8]
 * @see Ronneberger et al. 2015, arXiv:1505.04597; it has no normalisation
 */
export class ConvBlock extends BlockLayer<FilledArgs<ConvBlockArgs>> implements CountsOperations {
  static className = "ConvBlock";
  private readonly first: ConvUnit;
  private readonly second: ConvUnit;

  constructor(options: ConvBlockArgs) {
    const { filters, seed = 0, spatialDims = 2 } = options;
    super(options, { spatialDims, filters, seed, ...fillNormalization(options) });
    expectCount("ConvBlock.filters", filters);
    expectOneOf("ConvBlock.spatialDims", spatialDims, SPATIAL_DIMS);
    this.first = this.addConv("1", { filters, kernelSize: 3 });
    this.second = this.addConv("2", { filters, kernelSize: 3 });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.buildUnit(this.second, this.buildUnit(this.first, onlyShape(inputShape)));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const middle = relu(this.first.apply(onlyTensor(inputs), options));
      return relu(this.second.apply(middle, options));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.second.outputShape(this.first.outputShape(onlyShape(inputShape)));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const middle = this.first.outputShape(shape);
    return (
      this.first.countOperations(shape) + this.second.countOperations(middle) + 2 * valuesOf(middle)
    );
  }
}

tf.serialization.registerClass(ConvBlock);
