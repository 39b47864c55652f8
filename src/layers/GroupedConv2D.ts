import * as tf from "@tensorflow/tfjs";
import { groupedConv2d } from "../core/ops/groupedConv2d";
import type { Pair } from "./support/checkArgs";
import { GroupedConv } from "./support/GroupedConv";
import type { GroupedConvArgs } from "./support/GroupedConv";

export type GroupedConv2DArgs = GroupedConvArgs<Pair>;

/**
 * 2D convolution with groups, which tfjs' `conv2d` lacks (`tf.layers.conv2d({groups})` silently
 * ignores the option).
 *
 * Input `[batch, height, width, in]`, output `[batch, newHeight, newWidth, filters]`. Weights:
 * `kernel` `[kernelHeight, kernelWidth, in / groups, filters]`, `bias` `[filters]`.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for an input of another rank
 * @example
 * const layer = new GroupedConv2D({ filters: 6, kernelSize: 3, groups: 2 });
 * (layer.apply(tf.zeros([1, 5, 7, 4])) as tf.Tensor).shape; // [1, 5, 7, 6]
 * @see Xie et al. 2017, arXiv:1611.05431
 */
export class GroupedConv2D extends GroupedConv<Pair> {
  static className = "GroupedConv2D";

  constructor(options: GroupedConv2DArgs) {
    super(options, 2);
  }

  protected override convolve(
    x: tf.Tensor,
    kernel: tf.Tensor,
    [down, right]: readonly number[],
  ): tf.Tensor {
    const window = { strides: [down, right], padding: this.args.padding } as const;
    return groupedConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, window);
  }
}

tf.serialization.registerClass(GroupedConv2D);
