import * as tf from "@tensorflow/tfjs";
import "../../core/ops/sparseSoftmaxCrossEntropy";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOps } from "../rawOp";

const tensorflowOp = "SparseSoftmaxCrossEntropyWithLogits";

// TensorFlow returns the gradient with the value; saving it costs what saving softmax would.
const native = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.customGrad((scores, save) => {
    const types = [attr.type("T", "float32"), attr.type("Tlabels", "int32")];
    const [value, gradient] = rawOps(tensorflowOp, types, [scores as tf.Tensor, labels], 2);
    (save as tf.GradSaveFunc)([gradient]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, -1), saved),
    };
  })(logits);

registerNativeOp("sparseSoftmaxCrossEntropy", [tensorflowOp], native);
