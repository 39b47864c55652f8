import * as tf from "@tensorflow/tfjs";
import { windowCount } from "../../core/ops/groupedConv2d";
import type { Padding2d } from "../../core/ops/groupedConv2d";
import { BookLayer, onlyShape, onlyTensor } from "./BookLayer";
import type { LayerOptions } from "./BookLayer";
import { expectCount, expectDivides, expectOneOf, expectSizes } from "./checkArgs";
import { KERNEL_INITIALIZERS, seededInitializer } from "./initializers";
import type { KernelInitializer } from "./initializers";
import type { CountsOperations } from "./operations";
import { channelsOf } from "./shapes";

/** Arguments of a grouped convolution over any number of axes. */
export interface GroupedConvArgs<Size> extends LayerOptions {
  /** Output channels; a multiple of `groups`. */
  readonly filters: number;
  /** Window along each axis of space. */
  readonly kernelSize: Size;
  /** Default 1. */
  readonly strides?: Size;
  /** `"same"` (default), `"valid"`, or zeros on each side. */
  readonly padding?: Padding2d;
  /** Equal slices of the channels, each with separate filters; default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `"glorotUniform"`. */
  readonly kernelInitializer?: KernelInitializer;
  /** Fixes the initial kernel, together with the layer's name; default 0. */
  readonly seed?: number;
}

type Filled<Size> = Required<Omit<GroupedConvArgs<Size>, keyof LayerOptions>>;

/** A convolution with groups over one, two or three axes; the subclass implements `convolve`. */
export abstract class GroupedConv<Size extends number | readonly number[]>
  extends BookLayer<Filled<Size>>
  implements CountsOperations
{
  private readonly where: string;
  private readonly window: readonly number[];
  private readonly steps: readonly number[];
  private kernel!: tf.LayerVariable;
  private bias: tf.LayerVariable | null = null;

  /** @param axes of space: 1, 2 or 3 */
  constructor(
    options: GroupedConvArgs<Size>,
    private readonly axes: number,
  ) {
    const { filters, kernelSize, strides = 1 as Size, padding = "same", groups = 1 } = options;
    const { useBias = true, kernelInitializer = "glorotUniform", seed = 0 } = options;
    const filled = { filters, kernelSize, strides, padding, groups, useBias };
    super(options, { ...filled, kernelInitializer, seed });
    this.where = this.constructor.name;
    const { where } = this;
    expectCount(`${where}.filters`, filters);
    expectCount(`${where}.groups`, groups);
    expectDivides(`${where}.groups`, groups, filters);
    expectOneOf(`${where}.kernelInitializer`, kernelInitializer, KERNEL_INITIALIZERS);
    if (typeof padding === "number") expectCount(`${where}.padding`, padding, 0);
    else expectOneOf(`${where}.padding`, padding, ["same", "valid"]);
    this.window = expectSizes(`${where}.kernelSize`, kernelSize, axes);
    this.steps = expectSizes(`${where}.strides`, strides, axes);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const inChannels = this.channelsOf(onlyShape(inputShape));
    const { filters, groups, useBias, kernelInitializer, seed } = this.args;
    expectDivides(`${this.where}.groups`, groups, inChannels);
    this.kernel = this.addWeight(
      "kernel",
      [...this.window, inChannels / groups, filters],
      "float32",
      seededInitializer(kernelInitializer, seed, `${this.seedLabel}/kernel`),
    );
    if (useBias) {
      this.bias = this.addWeight("bias", [filters], "float32", tf.initializers.zeros());
    }
    this.inputSpec = [
      new tf.InputSpec({ ndim: this.axes + 2, axes: { [this.axes + 1]: inChannels } }),
    ];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const output = this.convolve(onlyTensor(inputs), this.kernel.read(), this.steps);
      return this.bias === null ? output : tf.add(output, this.bias.read());
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, ...sizes] = onlyShape(inputShape);
    const space = this.window.map((width, axis) => {
      const size = sizes[axis];
      if (size === null) return null;
      return windowCount(size, width, this.steps[axis], this.args.padding);
    });
    return [batch, ...space, this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const { filters, groups, useBias } = this.args;
    const product = (sizes: readonly (number | null)[]): number =>
      sizes.reduce<number>((total, size) => total * (size ?? 1), 1);
    const places = product(this.computeOutputShape(inputShape).slice(1, -1));
    const perGroup = this.channelsOf(onlyShape(inputShape)) / groups;
    const perValue = 2 * product(this.window) * perGroup + (useBias ? 1 : 0);
    return places * filters * perValue;
  }

  /** The convolution without bias; in `tf.tidy`. */
  protected abstract convolve(
    x: tf.Tensor,
    kernel: tf.Tensor,
    strides: readonly number[],
  ): tf.Tensor;

  private channelsOf(shape: tf.Shape): number {
    return channelsOf(`${this.where} "${this.name}"`, shape, [this.axes + 2]);
  }
}
