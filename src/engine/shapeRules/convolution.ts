import { attrOf } from "../graph";
import type { ShapeContext, ShapeFunction } from "../graph";
import { requireShapes } from "./mismatch";

/** Output size of a sliding window along one axis. */
function windowed(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  padding: string,
  explicit: readonly [number, number],
): number {
  if (padding === "SAME") return Math.ceil(size / stride);
  const dilatedWindow = (window - 1) * dilation + 1;
  return Math.floor((size + explicit[0] + explicit[1] - dilatedWindow) / stride) + 1;
}

/** Sizes of the spatial axes of `[batch, ...space, channels]` after a sliding window. */
function spatial({ attrs, shapes }: ShapeContext, window: readonly number[]): number[] {
  if ((attrOf(attrs, "data_format", "string") ?? "NHWC").startsWith("NC")) {
    throw new RangeError("channels first");
  }
  const strides = attrOf(attrs, "strides", "ints") ?? [];
  const dilations = attrOf(attrs, "dilations", "ints") ?? [];
  const padding = attrOf(attrs, "padding", "string") ?? "VALID";
  const explicit = attrOf(attrs, "explicit_paddings", "ints") ?? [];
  return window.map((extent, i) => {
    const axis = i + 1;
    return windowed(
      shapes[0][axis],
      extent,
      strides[axis] ?? 1,
      dilations[axis] ?? 1,
      padding,
      padding === "EXPLICIT" ? [explicit[2 * axis], explicit[2 * axis + 1]] : [0, 0],
    );
  });
}

const convolution: ShapeFunction = (node) => {
  const [input, filter] = node.shapes;
  // A filter with fewer input channels means a grouped convolution.
  const [channels, perGroup] = [input[input.length - 1], filter[filter.length - 2]];
  const fits = input.length === filter.length && channels % perGroup === 0;
  requireShapes(fits, "as many channels as the filter reads", node.shapes);
  const window = filter.slice(0, -2);
  return [[input[0], ...spatial(node, window), filter[filter.length - 1]]];
};

const depthwise: ShapeFunction = (node) => {
  const [input, filter] = node.shapes;
  const fits = input.length === 4 && input[3] === filter[2];
  requireShapes(fits, "as many channels as the filter reads", node.shapes);
  return [[input[0], ...spatial(node, filter.slice(0, 2)), filter[2] * filter[3]]];
};

const pooling: ShapeFunction = (node) => {
  const [input] = node.shapes;
  const window = (attrOf(node.attrs, "ksize", "ints") ?? []).slice(1, -1);
  return [[input[0], ...spatial(node, window), input[input.length - 1]]];
};

const resize: ShapeFunction = ({ shapes: [shape], constant }) => {
  const [height, width] = constant(1);
  return [[shape[0], height, width, shape[3]]];
};

/**
 * Normalised values, then four vectors over the channels: statistics and intermediates for the
 * gradient.
 */
const batchNorm: ShapeFunction = ({ shapes }) => {
  const [input, ...perChannel] = shapes;
  const count = input[input.length - 1];
  // The statistics may be empty in training.
  const fits = perChannel.every(([size], i) => size === count || (i >= 2 && size === 0));
  requireShapes(fits, `scale, offset and statistics of ${count} channels`, shapes);
  return [input, ...Array.from({ length: 4 }, () => perChannel[0])];
};

/** Rules for convolutions, pooling, normalisation and resizing, by op. */
export const convolutionShapes: Record<string, ShapeFunction> = {
  Conv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2dNative: depthwise,
  // The output shape is an input of these ops.
  Conv2DBackpropInput: ({ constant }) => [constant(0)],
  Conv2DBackpropFilter: ({ constant }) => [constant(1)],
  Conv3DBackpropInputV2: ({ constant }) => [constant(0)],
  Conv3DBackpropFilterV2: ({ constant }) => [constant(1)],
  DepthwiseConv2dNativeBackpropInput: ({ constant }) => [constant(0)],
  DepthwiseConv2dNativeBackpropFilter: ({ constant }) => [constant(1)],
  MaxPool: pooling,
  AvgPool: pooling,
  MaxPool3D: pooling,
  AvgPool3D: pooling,
  MaxPoolGrad: ({ shapes: [input] }) => [input],
  MaxPool3DGrad: ({ shapes: [input] }) => [input],
  AvgPoolGrad: ({ constant }) => [constant(0)],
  AvgPool3DGrad: ({ constant }) => [constant(0)],
  ResizeBilinear: resize,
  ResizeNearestNeighbor: resize,
  ResizeBilinearGrad: ({ shapes: [, original] }) => [original],
  ResizeNearestNeighborGrad: ({ shapes: [gradient], constant }) => {
    const [height, width] = constant(1);
    return [[gradient[0], height, width, gradient[3]]];
  },
  FusedBatchNorm: batchNorm,
  // The last output is scratch space for the GPU; it is empty on a CPU.
  FusedBatchNormV3: (node) => [...batchNorm(node), [0]],
  FusedBatchNormGradV3: ({ shapes: [gradient, , scale] }) => [gradient, scale, scale, [0], [0]],
};
