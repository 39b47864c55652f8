import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { groupedConv2d, windowCount } from "../core/ops/groupedConv2d";
import type { Padding2d } from "../core/ops/groupedConv2d";
import { formatShape } from "../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount, expectDivides, expectOneOf, expectPair } from "./support/checkArgs";
import type { Pair } from "./support/checkArgs";
import { KERNEL_INITIALIZERS, seededInitializer } from "./support/initializers";
import type { KernelInitializer } from "./support/initializers";
import type { CountsOperations } from "./support/operations";

export interface GroupedConv2DArgs extends LayerOptions {
  /** Output channels; a multiple of `groups`. */
  readonly filters: number;
  /** Window in pixels. */
  readonly kernelSize: Pair;
  /** Default 1. */
  readonly strides?: Pair;
  /** `"same"` (default), `"valid"`, or pixels of zeros on each side. */
  readonly padding?: Padding2d;
  /** Equal slices of the channels, each with its own filters; default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `"glorotUniform"`. */
  readonly kernelInitializer?: KernelInitializer;
  /** Fixes the initial kernel, together with the layer's name; default 0. */
  readonly seed?: number;
}

/**
 * 2D convolution with groups, which tfjs' `conv2d` lacks (`tf.layers.conv2d({groups})` ignores it
 * in silence).
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
export class GroupedConv2D
  extends BookLayer<Required<Omit<GroupedConv2DArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "GroupedConv2D";
  private readonly window: readonly [number, number];
  private readonly strides: readonly [number, number];
  private kernel!: tf.LayerVariable;
  private bias: tf.LayerVariable | null = null;

  constructor(options: GroupedConv2DArgs) {
    const { filters, kernelSize, strides = 1, padding = "same", groups = 1 } = options;
    const { useBias = true, kernelInitializer = "glorotUniform", seed = 0 } = options;
    super(options, {
      filters,
      kernelSize,
      strides,
      padding,
      groups,
      useBias,
      kernelInitializer,
      seed,
    });
    expectCount("GroupedConv2D.filters", filters);
    expectCount("GroupedConv2D.groups", groups);
    expectDivides("GroupedConv2D.groups", groups, filters);
    expectOneOf("GroupedConv2D.kernelInitializer", kernelInitializer, KERNEL_INITIALIZERS);
    if (typeof padding === "number") expectCount("GroupedConv2D.padding", padding, 0);
    else expectOneOf("GroupedConv2D.padding", padding, ["same", "valid"]);
    this.window = expectPair("GroupedConv2D.kernelSize", kernelSize);
    this.strides = expectPair("GroupedConv2D.strides", strides);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const inChannels = this.channelsOf(onlyShape(inputShape));
    const { filters, groups, useBias, kernelInitializer, seed } = this.args;
    expectDivides("GroupedConv2D.groups", groups, inChannels);
    this.kernel = this.addWeight(
      "kernel",
      [...this.window, inChannels / groups, filters],
      "float32",
      seededInitializer(kernelInitializer, seed, `${this.seedLabel}/kernel`),
    );
    if (useBias) {
      this.bias = this.addWeight("bias", [filters], "float32", tf.initializers.zeros());
    }
    this.inputSpec = [new tf.InputSpec({ ndim: 4, axes: { 3: inChannels } })];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { strides } = this;
    const { padding } = this.args;
    return tf.tidy(() => {
      const x = onlyTensor(inputs) as tf.Tensor4D;
      const output = groupedConv2d(x, this.kernel.read() as tf.Tensor4D, { strides, padding });
      return this.bias === null ? output : tf.add(output, this.bias.read());
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, ...sizes] = onlyShape(inputShape);
    const along = (axis: 0 | 1): number | null => {
      const size = sizes[axis];
      if (size === null) return null;
      return windowCount(size, this.window[axis], this.strides[axis], this.args.padding);
    };
    return [batch, along(0), along(1), this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [, height, width] = this.computeOutputShape(inputShape);
    const { filters, groups, useBias } = this.args;
    const perGroup = this.channelsOf(onlyShape(inputShape)) / groups;
    const perValue = 2 * this.window[0] * this.window[1] * perGroup + (useBias ? 1 : 0);
    return (height ?? 1) * (width ?? 1) * filters * perValue;
  }

  private channelsOf(shape: tf.Shape): number {
    const channels = shape[3];
    if (shape.length !== 4 || channels === null || channels === undefined) {
      throw new ShapeError({
        where: `GroupedConv2D "${this.name}"`,
        expected: "[batch, height, width, channels] with known channels",
        got: formatShape(shape),
      });
    }
    return channels;
  }
}

tf.serialization.registerClass(GroupedConv2D);
