import * as tf from "@tensorflow/tfjs";
import { ResidualLayer } from "./support/ResidualLayer";
import type { BlockArgs, FilledArgs, SpatialArgs } from "./support/BlockLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { fillNormalization, SPATIAL_DIMS } from "./support/ConvUnit";

export interface ResNetBlockArgs extends BlockArgs, SpatialArgs {
  /** Stride of the first convolution and the shortcut; default 1. */
  readonly strides?: number;
}

/**
 * The residual block of two 3x3 convolutions: `relu(F(x) + shortcut(x))`.
 *
 * The shortcut is the identity, or a 1x1 projection where channels or stride change. Input
 * `[batch, height, width, channels]`, output `[batch, ceil(height / strides),
 * ceil(width / strides), filters]`. A stride pads one pixel on each side, as PyTorch does.
 *
 * @example
 * const block = new ResNetBlock({ filters: 8, strides: 2 });
 * (block.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 3, 4, 8]
 * @see He et al. 2016, arXiv:1512.03385, figure 2
 */
export class ResNetBlock extends ResidualLayer<FilledArgs<ResNetBlockArgs>> {
  static className = "ResNetBlock";

  constructor(options: ResNetBlockArgs) {
    const { filters, strides = 1, seed = 0, spatialDims = 2 } = options;
    super(options, { spatialDims, filters, strides, seed, ...fillNormalization(options) });
    expectCount("ResNetBlock.filters", filters);
    expectOneOf("ResNetBlock.spatialDims", spatialDims, SPATIAL_DIMS);
    expectCount("ResNetBlock.strides", strides);
    const padding = strides === 1 ? "same" : 1;
    this.addStage(this.addConv("1", { filters, kernelSize: 3, strides, padding }));
    this.addStage(this.addConv("2", { filters, kernelSize: 3 }));
  }
}

tf.serialization.registerClass(ResNetBlock);
