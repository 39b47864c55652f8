import * as tf from "@tensorflow/tfjs";
import "../../core/ops/resizeBilinear";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

const attrs = [
  attr.type("T", "float32"),
  attr.bool("align_corners", false),
  attr.bool("half_pixel_centers", true),
];

// Resizing and its gradient are linear, and each is the gradient of the other.
const native = (x: tf.Tensor4D, height: number, width: number): tf.Tensor4D =>
  tf.customGrad((input, save) => {
    const image = input as tf.Tensor;
    // Saved only for its shape.
    (save as tf.GradSaveFunc)([image]);
    return {
      value: rawOp("ResizeBilinear", attrs, [image, tf.tensor1d([height, width], "int32")]),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => resizeGrad(dy as tf.Tensor4D, saved),
    };
  })(x) as tf.Tensor4D;

function resizeGrad(dy: tf.Tensor4D, original: tf.Tensor): tf.Tensor {
  const [, height, width] = dy.shape;
  return tf.customGrad((gradient) => ({
    value: rawOp("ResizeBilinearGrad", attrs, [gradient as tf.Tensor, original]),
    gradFunc: (g: tf.Tensor) => native(g as tf.Tensor4D, height, width),
  }))(dy);
}

registerNativeOp("resizeBilinear", ["ResizeBilinear", "ResizeBilinearGrad"], native);
