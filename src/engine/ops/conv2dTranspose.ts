import type * as tf from "@tensorflow/tfjs";
import "../../core/ops/conv2dTranspose";
import { registerNativeOp } from "../../core/ops/registry";
import { convolutionAttrs, inputGradient } from "./convolution";

// A transposed convolution is the gradient of a convolution with respect to its input.
const native = (
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  outputShape: [number, number, number, number],
  strides: [number, number],
): tf.Tensor4D =>
  inputGradient(outputShape, filter, x, convolutionAttrs(strides, "SAME")) as tf.Tensor4D;

registerNativeOp(
  "conv2dTranspose",
  ["Conv2DBackpropInput", "Conv2D", "Conv2DBackpropFilter"],
  native,
);
