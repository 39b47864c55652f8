import * as tf from "@tensorflow/tfjs";
import { groupCount } from "../../core/ops/groupedConv2d";
import type { Window2d } from "../../core/ops/groupedConv2d";
import { registerNativeOp } from "../../core/ops/registry";
import type { OpAttr } from "../binding";
import { attr, rawOp } from "../rawOp";

function attributes({ strides = [1, 1], padding = "same" }: Window2d): OpAttr[] {
  const common = [attr.type("T", "float32"), attr.ints("strides", [1, ...strides, 1])];
  if (typeof padding === "string") return [...common, attr.string("padding", padding.toUpperCase())];
  if (padding === 0) return [...common, attr.string("padding", "VALID")];
  const pads = [0, 0, padding, padding, padding, padding, 0, 0];
  return [...common, attr.string("padding", "EXPLICIT"), attr.ints("explicit_paddings", pads)];
}

const sizes = (tensor: tf.Tensor): tf.Tensor => tf.tensor1d(tensor.shape, "int32");

// TensorFlow reads the number of groups off the filter's shape, in the gradients too.
function native(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window2d = {}): tf.Tensor4D {
  groupCount(x, filter);
  const attrs = attributes(window);
  const convolve = tf.customGrad((input, kernel, save) => {
    const [image, weights] = [input as tf.Tensor, kernel as tf.Tensor];
    (save as tf.GradSaveFunc)([image, weights]);
    const gradFunc = (dy: tf.Tensor, [savedImage, savedWeights]: tf.Tensor[]): tf.Tensor[] => [
      rawOp("Conv2DBackpropInput", attrs, [sizes(savedImage), savedWeights, dy]),
      rawOp("Conv2DBackpropFilter", attrs, [savedImage, sizes(savedWeights), dy]),
    ];
    return { value: rawOp("Conv2D", attrs, [image, weights]), gradFunc };
  });
  return convolve(x, filter) as tf.Tensor4D;
}

registerNativeOp(
  "groupedConv2d",
  ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
  native,
);
