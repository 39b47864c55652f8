import * as tf from "@tensorflow/tfjs";
import "../../core/ops/relu";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

/**
 * ReluGrad is linear in `dy`, so it is its own gradient with respect to `dy`; its derivative with
 * respect to the output is zero.
 */
const reluGrad = (dy: tf.Tensor, output: tf.Tensor): tf.Tensor =>
  tf.customGrad((gradient, save) => {
    (save as tf.GradSaveFunc)([output]);
    return {
      value: rawOp("ReluGrad", [attr.type("T", "float32")], [gradient as tf.Tensor, output]),
      gradFunc: (g: tf.Tensor, [saved]: tf.Tensor[]) => reluGrad(g, saved),
    };
  })(dy);

// The output is saved instead of the input: ReluGrad reads only its sign, and the next layer
// keeps it anyway.
const native = <T extends tf.Tensor>(x: T): T =>
  tf.customGrad((input, save) => {
    const t = attr.type("T", "float32");
    const value = rawOp("Relu", [t], [input as tf.Tensor]);
    (save as tf.GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => reluGrad(dy, saved),
    };
  })(x) as T;

registerNativeOp("relu", ["Relu", "ReluGrad"], native);
