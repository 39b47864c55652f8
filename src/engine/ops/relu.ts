import * as tf from "@tensorflow/tfjs";
import "../../core/ops/relu";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

// The output is saved instead of the input: ReluGrad reads only its sign, and the next layer
// keeps it anyway.
const native = <T extends tf.Tensor>(x: T): T =>
  tf.customGrad((input, save) => {
    const t = attr.type("T", "float32");
    const value = rawOp("Relu", [t], [input as tf.Tensor]);
    (save as tf.GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => rawOp("ReluGrad", [t], [dy, saved]),
    };
  })(x) as T;

registerNativeOp("relu", ["Relu", "ReluGrad"], native);
