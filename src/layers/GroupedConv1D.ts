import * as tf from "@tensorflow/tfjs";
import { groupedConv2d } from "../core/ops/groupedConv2d";
import { GroupedConv } from "./support/GroupedConv";
import type { GroupedConvArgs } from "./support/GroupedConv";

export type GroupedConv1DArgs = GroupedConvArgs<number>;

/**
 * 1D convolution with groups, for sequences and signals.
 *
 * Input `[batch, steps, in]`, output `[batch, newSteps, filters]`. Weights: `kernel`
 * `[kernelSize, in / groups, filters]`, `bias` `[filters]`.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for an input of another rank
 * @example
 * const layer = new GroupedConv1D({ filters: 6, kernelSize: 3, groups: 2 });
 * (layer.apply(tf.zeros([1, 7, 4])) as tf.Tensor).shape; // [1, 7, 6]
 * @see Xie et al. 2017, arXiv:1611.05431
 */
export class GroupedConv1D extends GroupedConv<number> {
  static className = "GroupedConv1D";

  constructor(options: GroupedConv1DArgs) {
    super(options, 1);
  }

  protected override convolve(
    x: tf.Tensor,
    kernel: tf.Tensor,
    [stride]: readonly number[],
  ): tf.Tensor {
    const { padding } = this.args;
    // An image of height 1, padded only along its width.
    const border = typeof padding === "number" ? padding : 0;
    const padded = tf.pad(x, [
      [0, 0],
      [border, border],
      [0, 0],
    ]);
    const output = groupedConv2d(
      tf.expandDims<tf.Tensor4D>(padded, 1),
      tf.expandDims<tf.Tensor4D>(kernel, 0),
      { strides: [1, stride], padding: typeof padding === "number" ? "valid" : padding },
    );
    return tf.squeeze(output, [1]);
  }
}

tf.serialization.registerClass(GroupedConv1D);
