import * as tf from "@tensorflow/tfjs";
import { groupCount } from "../../core/ops/groupedConv2d";
import type { Window2d } from "../../core/ops/groupedConv2d";
import { registerNativeOp } from "../../core/ops/registry";
import type { OpAttr } from "../binding";
import { attr, rawOp } from "../rawOp";

function attributes({ strides = [1, 1], padding = "same" }: Window2d): OpAttr[] {
  return [
    attr.type("T", "float32"),
    attr.ints("strides", [1, ...strides, 1]),
    attr.string("padding", padding === "same" ? "SAME" : "VALID"),
  ];
}

const sizes = (tensor: tf.Tensor): tf.Tensor => tf.tensor1d(tensor.shape, "int32");

/** One matrix product, which oneDNN computes faster than the convolution's form. */
function pointwiseFilterGradient(x: tf.Tensor, dy: tf.Tensor, shape: number[]): tf.Tensor {
  const [, , inputs, outputs] = shape;
  const product = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(dy, [-1, outputs]), true);
  return tf.reshape(product, shape);
}

// TensorFlow reads the number of groups off the filter's shape, in the gradients too.
function native(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window2d = {}): tf.Tensor4D {
  const groups = groupCount(x, filter);
  const { padding, strides = [1, 1] } = window;
  if (typeof padding === "number") {
    // With explicit padding TensorFlow takes another kernel, whose gradient refuses groups.
    const border: [number, number] = [padding, padding];
    return tf.tidy(() => {
      const padded = padding === 0 ? x : tf.pad4d(x, [[0, 0], border, border, [0, 0]]);
      return native(padded, filter, { ...window, padding: "valid" });
    });
  }
  const attrs = attributes(window);
  const isPointwise =
    filter.shape[0] * filter.shape[1] === 1 && strides.every((step) => step === 1) && groups === 1;
  const convolve = tf.customGrad((input, kernel, save) => {
    const [image, weights] = [input as tf.Tensor, kernel as tf.Tensor];
    (save as tf.GradSaveFunc)([image, weights]);
    const gradFunc = (dy: tf.Tensor, [savedImage, savedWeights]: tf.Tensor[]): tf.Tensor[] => [
      rawOp("Conv2DBackpropInput", attrs, [sizes(savedImage), savedWeights, dy]),
      isPointwise
        ? pointwiseFilterGradient(savedImage, dy, savedWeights.shape)
        : rawOp("Conv2DBackpropFilter", attrs, [savedImage, sizes(savedWeights), dy]),
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
