import * as tf from "@tensorflow/tfjs";
import { groupedConv3d } from "../core/ops/groupedConv3d";
import type { Triple } from "./support/checkArgs";
import { GroupedConv } from "./support/GroupedConv";
import type { GroupedConvArgs } from "./support/GroupedConv";

export type GroupedConv3DArgs = GroupedConvArgs<Triple>;

/**
 * 3D convolution with groups, for volumes.
 *
 * Input `[batch, depth, height, width, in]`, output `[batch, newDepth, newHeight, newWidth, filters]`.
 * Weights: `kernel` `[kernelDepth, kernelHeight, kernelWidth, in / groups, filters]`, `bias` `[filters]`.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for an input of another rank
 * @example
 * const layer = new GroupedConv3D({ filters: 6, kernelSize: 3, groups: 2 });
 * (layer.apply(tf.zeros([1, 3, 5, 7, 4])) as tf.Tensor).shape; // [1, 3, 5, 7, 6]
 * @see Xie et al. 2017, arXiv:1611.05431
 */
export class GroupedConv3D extends GroupedConv<Triple> {
  static className = "GroupedConv3D";

  constructor(options: GroupedConv3DArgs) {
    super(options, 3);
  }

  protected override convolve(
    x: tf.Tensor,
    kernel: tf.Tensor,
    [depth, down, right]: readonly number[],
  ): tf.Tensor {
    const { padding } = this.args;
    const window = { strides: [depth, down, right], padding } as const;
    return groupedConv3d(x as tf.Tensor5D, kernel as tf.Tensor5D, window);
  }
}

tf.serialization.registerClass(GroupedConv3D);
