import * as tf from "@tensorflow/tfjs";
import "../../core/ops/resizeBilinear";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

const attrs = [
  attr.type("T", "float32"),
  attr.bool("align_corners", false),
  attr.bool("half_pixel_centers", true),
];

const native = (x: tf.Tensor4D, height: number, width: number): tf.Tensor4D =>
  tf.customGrad((input, save) => {
    const image = input as tf.Tensor;
    // Only its shape is read.
    (save as tf.GradSaveFunc)([image]);
    return {
      value: rawOp("ResizeBilinear", attrs, [image, tf.tensor1d([height, width], "int32")]),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        rawOp("ResizeBilinearGrad", attrs, [dy, saved]),
    };
  })(x) as tf.Tensor4D;

registerNativeOp("resizeBilinear", ["ResizeBilinear", "ResizeBilinearGrad"], native);
