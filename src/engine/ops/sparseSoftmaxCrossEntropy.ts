import * as tf from "@tensorflow/tfjs";
import "../../core/ops/sparseSoftmaxCrossEntropy";
import { registerNativeOp } from "../../core/ops/registry";
import { usesGpu } from "../binding";
import { FEW_CLASSES } from "../fewClasses";
import { attr, rawOps } from "../rawOp";
import { mayDifferentiateAgain } from "../../core/secondOrder";

const tensorflowOp = "SparseSoftmaxCrossEntropyWithLogits";

/** The saved gradient or, if it may be differentiated again, a recomputed one. */
const differentiable = (saved: tf.Tensor, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  mayDifferentiateAgain()
    ? tf.sub(tf.softmax(logits), tf.oneHot(labels as tf.Tensor1D, logits.shape[1] ?? 0))
    : saved;

// TensorFlow returns the gradient with the value; saving it takes as much memory as saving the
// softmax.
const byRows = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.customGrad((scores, save) => {
    const types = [attr.type("T", "float32"), attr.type("Tlabels", "int32")];
    const [value, gradient] = rawOps(tensorflowOp, types, [scores as tf.Tensor, labels], 2);
    (save as tf.GradSaveFunc)([gradient, scores as tf.Tensor, labels]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved, input, truth]: tf.Tensor[]) =>
        tf.mul(tf.expandDims(dy, -1), differentiable(saved, input, truth)),
    };
  })(logits);

/** The same with one row per class, so that sums over a few classes read contiguous memory. */
const byColumns = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.customGrad((scores, save) => {
    const columns = tf.transpose(scores as tf.Tensor, [1, 0]);
    const shifted = tf.sub(columns, tf.max(columns, 0));
    const exponentials = tf.exp(shifted);
    const total = tf.sum(exponentials, 0);
    const classes = tf.range(0, columns.shape[0], 1, "int32");
    const isTrue = tf.equal(tf.expandDims(classes, 1), tf.expandDims(labels, 0));
    // A label out of range matches no class, so its loss is infinite.
    const chosen = tf.max(tf.where(isTrue, shifted, -Infinity), 0);
    const gradient = tf.sub(tf.div(exponentials, total), tf.cast(isTrue, "float32"));
    (save as tf.GradSaveFunc)([gradient, scores as tf.Tensor, labels]);
    return {
      value: tf.sub(tf.log(total), chosen),
      gradFunc: (dy: tf.Tensor, [saved, input, truth]: tf.Tensor[]) =>
        mayDifferentiateAgain()
          ? tf.mul(tf.expandDims(dy, -1), differentiable(saved, input, truth))
          : tf.transpose(tf.mul(saved, dy), [1, 0]),
    };
  })(logits);

const native = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  (logits.shape[1] ?? 0) <= FEW_CLASSES && !usesGpu()
    ? byColumns(labels, logits)
    : byRows(labels, logits);

registerNativeOp("sparseSoftmaxCrossEntropy", [tensorflowOp], native);
