import * as tf from "@tensorflow/tfjs";
import "../../core/ops/conv2dTranspose";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

// It is the gradient of a convolution; its own gradients are that convolution and the filter's.
const native = (
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  outputShape: [number, number, number, number],
  strides: [number, number],
): tf.Tensor4D => {
  const attrs = [
    attr.type("T", "float32"),
    attr.ints("strides", [1, ...strides, 1]),
    attr.string("padding", "SAME"),
  ];
  const spread = tf.customGrad((input, kernel, save) => {
    const [image, weights] = [input as tf.Tensor, kernel as tf.Tensor];
    (save as tf.GradSaveFunc)([image, weights]);
    const size = tf.tensor1d(outputShape, "int32");
    return {
      value: rawOp("Conv2DBackpropInput", attrs, [size, weights, image]),
      gradFunc: (dy: tf.Tensor, [savedImage, savedWeights]: tf.Tensor[]): tf.Tensor[] => [
        rawOp("Conv2D", attrs, [dy, savedWeights]),
        rawOp("Conv2DBackpropFilter", attrs, [
          dy,
          tf.tensor1d(savedWeights.shape, "int32"),
          savedImage,
        ]),
      ],
    };
  });
  return spread(x, filter) as tf.Tensor4D;
};

registerNativeOp(
  "conv2dTranspose",
  ["Conv2DBackpropInput", "Conv2D", "Conv2DBackpropFilter"],
  native,
);
