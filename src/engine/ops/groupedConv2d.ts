import * as tf from "@tensorflow/tfjs";
import { groupCount } from "../../core/ops/groupedConv2d";
import type { Window2d } from "../../core/ops/groupedConv2d";
import { registerNativeOp } from "../../core/ops/registry";
import { hasGroupedGradients } from "../groupedGradients";
import { convolutionAttrs, convolve } from "./convolution";

function native(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window2d = {}): tf.Tensor4D {
  const groups = groupCount(x, filter);
  const { padding = "same", strides = [1, 1] } = window;
  if (typeof padding === "number") {
    // With explicit padding TensorFlow uses another kernel, whose gradient does not support groups.
    const border: [number, number] = [padding, padding];
    return tf.tidy(() => {
      const padded = padding === 0 ? x : tf.pad4d(x, [[0, 0], border, border, [0, 0]]);
      return native(padded, filter, { ...window, padding: "valid" });
    });
  }
  const attrs = convolutionAttrs(strides, padding === "same" ? "SAME" : "VALID");
  // TensorFlow infers the number of groups from the filter's shape, in the gradients too.
  if (groups === 1 || hasGroupedGradients("float32")) {
    return convolve(x, filter, attrs) as tf.Tensor4D;
  }
  return tf.tidy(() => {
    const filters = tf.split(filter, groups, 3);
    const parts = tf.split(x, groups, 3).map((part, i) => convolve(part, filters[i], attrs));
    return tf.concat(parts as tf.Tensor4D[], 3);
  });
}

registerNativeOp(
  "groupedConv2d",
  ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
  native,
);
