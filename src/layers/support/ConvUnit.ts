import type * as tf from "@tensorflow/tfjs";
import { BatchNormalization } from "../BatchNormalization";
import { GroupedConv1D } from "../GroupedConv1D";
import { GroupedConv2D } from "../GroupedConv2D";
import type { GroupedConv2DArgs } from "../GroupedConv2D";
import { GroupedConv3D } from "../GroupedConv3D";
import { GroupNormalization } from "../GroupNormalization";
import type { CallOptions } from "./BookLayer";
import { expectOneOf } from "./checkArgs";

/** The normalisation after each convolution of a block. */
export type Normalization = "batch" | "group" | "none";

const NORMALIZATIONS: readonly Normalization[] = ["batch", "group", "none"];

/**
 * Normalisation arguments of blocks; the defaults are PyTorch's, which suit short trainings better
 * than Keras'.
 */
export interface NormalizationArgs {
  /** Default `"batch"`; `"group"` has 8 groups, or as many as divide the channels. */
  readonly normalization?: Normalization;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
  /** Fraction of the running statistics that a step keeps; default 0.9. */
  readonly momentum?: number;
}

/** {@link NormalizationArgs} with its defaults. */
export function fillNormalization(args: NormalizationArgs): Required<NormalizationArgs> {
  const { normalization = "batch", epsilon = 1e-5, momentum = 0.9 } = args;
  return { normalization, epsilon, momentum };
}

function greatestDivisor(channels: number, most: number): number {
  for (let groups = most; groups > 1; groups--) if (channels % groups === 0) return groups;
  return 1;
}

/**
 * The normalisation layer of a block, or `null` for none.
 *
 * @param options.scale of batch normalisation: whether it has a learned factor; default true
 */
export function createNormalization(
  name: string,
  channels: number,
  args: Required<NormalizationArgs>,
  { scale = true }: { readonly scale?: boolean } = {},
): BatchNormalization | GroupNormalization | null {
  const { normalization, epsilon, momentum } = args;
  expectOneOf("normalization", normalization, NORMALIZATIONS);
  switch (normalization) {
    case "batch":
      return new BatchNormalization({ name, epsilon, momentum, scale });
    case "group":
      return new GroupNormalization({ name, epsilon, groups: greatestDivisor(channels, 8) });
    case "none":
      return null;
  }
}

/** The axes of space that a block convolves over: sequences, images or volumes. */
export type SpatialDims = 1 | 2 | 3;

export const SPATIAL_DIMS: readonly SpatialDims[] = [1, 2, 3];

function createConv(
  spatialDims: SpatialDims,
  args: GroupedConv2DArgs,
): GroupedConv1D | GroupedConv2D | GroupedConv3D {
  if (spatialDims === 2) return new GroupedConv2D(args);
  // Blocks over one or three axes have square windows.
  const { kernelSize, strides = 1 } = args as { kernelSize: number; strides?: number };
  const square = { ...args, kernelSize, strides };
  return spatialDims === 1 ? new GroupedConv1D(square) : new GroupedConv3D(square);
}

/** A convolution with its normalisation; it has a bias only where no normalisation follows. */
export class ConvUnit {
  readonly conv: GroupedConv1D | GroupedConv2D | GroupedConv3D;
  readonly norm: BatchNormalization | GroupNormalization | null;

  /**
   * @param suffix names the layers `conv{suffix}` and `norm{suffix}`
   * @param conv of the convolution; its kernel initializer is `heUniform` by default
   */
  constructor(
    suffix: string,
    conv: Omit<GroupedConv2DArgs, "name" | "useBias">,
    args: Required<NormalizationArgs>,
    options: { readonly scale?: boolean; readonly spatialDims?: SpatialDims } = {},
  ) {
    this.norm = createNormalization(`norm${suffix}`, conv.filters, args, options);
    this.conv = createConv(options.spatialDims ?? 2, {
      kernelInitializer: "heUniform",
      ...conv,
      name: `conv${suffix}`,
      useBias: this.norm === null,
    });
  }

  get layers(): tf.layers.Layer[] {
    return this.norm === null ? [this.conv] : [this.conv, this.norm];
  }

  apply(x: tf.Tensor, options: CallOptions): tf.Tensor {
    const output = this.conv.apply(x) as tf.Tensor;
    return this.norm === null ? output : (this.norm.apply(output, { ...options }) as tf.Tensor);
  }

  outputShape(inputShape: tf.Shape): tf.Shape {
    return this.conv.computeOutputShape(inputShape);
  }

  countOperations(inputShape: tf.Shape): number {
    const own = this.conv.countOperations(inputShape);
    return own + (this.norm?.countOperations(this.outputShape(inputShape)) ?? 0);
  }
}
