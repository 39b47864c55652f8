import * as tf from "@tensorflow/tfjs";
import type { BlockArgs, FilledArgs, SpatialArgs } from "./support/BlockLayer";
import { expectCount, expectDivides, expectOneOf } from "./support/checkArgs";
import { fillNormalization, SPATIAL_DIMS } from "./support/ConvUnit";
import { ResidualLayer } from "./support/ResidualLayer";

export interface ResNeXtBlockArgs extends BlockArgs, SpatialArgs {
  /** Number of paths that are summed; default 32. */
  readonly cardinality?: number;
  /**
   * Channels of all paths together, a multiple of `cardinality`; default `filters / 2`, rounded up to
   * a multiple.
   */
  readonly width?: number;
  /** Stride of the 3x3 convolution and the shortcut; default 1. */
  readonly strides?: number;
}

/** Half the filters, as in ResNeXt-50 32x4d, rounded up to whole paths. */
function defaultWidth(filters: number, cardinality: number): number {
  return Math.ceil(filters / 2 / cardinality) * cardinality;
}

/**
 * Aggregated residual transformations: `relu(sum of cardinality paths T_j(x) + shortcut(x))`.
 *
 * Each path is 1x1 -> 3x3 -> 1x1 with normalisation and ReLU between; all paths together are one
 * 1x1 convolution, a 3x3 one with `cardinality` groups, and a 1x1 one (the paper's figure 3c,
 * which equals the sum of figure 3a). Input `[batch, height, width, channels]`, output
 * `[batch, ceil(height / strides), ceil(width / strides), filters]`. The shortcut is the identity,
 * or a 1x1 projection where channels or stride change.
 *
 * @throws ConfigError when `cardinality` does not divide `width`
 * @example
 * const block = new ResNeXtBlock({ filters: 16, cardinality: 8 });
 * (block.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 5, 7, 16]
 * @see Xie et al. 2017, arXiv:1611.05431, equation 3 and figure 3
 */
export class ResNeXtBlock extends ResidualLayer<FilledArgs<ResNeXtBlockArgs>> {
  static className = "ResNeXtBlock";

  constructor(options: ResNeXtBlockArgs) {
    const { filters, cardinality = 32, strides = 1, seed = 0, spatialDims = 2 } = options;
    const { width = defaultWidth(filters, cardinality) } = options;
    super(options, {
      spatialDims,
      filters,
      cardinality,
      width,
      strides,
      seed,
      ...fillNormalization(options),
    });
    expectCount("ResNeXtBlock.filters", filters);
    expectOneOf("ResNeXtBlock.spatialDims", spatialDims, SPATIAL_DIMS);
    expectCount("ResNeXtBlock.cardinality", cardinality);
    expectCount("ResNeXtBlock.width", width);
    expectCount("ResNeXtBlock.strides", strides);
    expectDivides("ResNeXtBlock.cardinality", cardinality, width);
    const padding = strides === 1 ? "same" : 1;
    this.addStage(this.addConv("1", { filters: width, kernelSize: 1 }));
    this.addStage(
      this.addConv("2", { filters: width, kernelSize: 3, groups: cardinality, strides, padding }),
    );
    this.addStage(this.addConv("3", { filters, kernelSize: 1 }));
  }
}

tf.serialization.registerClass(ResNeXtBlock);
