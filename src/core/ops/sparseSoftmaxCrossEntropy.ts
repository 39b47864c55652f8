import * as tf from "@tensorflow/tfjs";
import { floatOneHot } from "./floatOneHot";
import { expectShape, formatShape } from "../shapes";
import { ShapeError } from "../errors";
import { defineOp } from "./registry";

/**
 * Cross-entropy of softmax scores against class numbers, one value per position.
 *
 * `−log softmax(logits)[label]`, computed from the logits so that it cannot overflow.
 *
 * @param labels int32 class numbers in [0, classes), `[...space]`; not differentiable. A label out of
 * range gives an infinite loss, or an error where TensorFlow checks it.
 * @param logits float32 logits, `[...space, classes]`
 * @returns `[...space]`
 * @throws ShapeError when the shapes do not fit
 * @example
 * const loss = sparseSoftmaxCrossEntropy(tf.tensor1d([1], "int32"), tf.tensor2d([[0, 0]]));
 * loss.dataSync()[0].toFixed(4); // "0.6931"
 */
export function sparseSoftmaxCrossEntropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  expectShape("sparseSoftmaxCrossEntropy.logits", logits, [...labels.shape, null]);
  if (labels.dtype !== "int32") {
    throw new ShapeError({
      where: "sparseSoftmaxCrossEntropy.labels",
      expected: `int32 ${formatShape(labels.shape)}`,
      got: `${labels.dtype} ${formatShape(labels.shape)}`,
      remedy: 'Cast the labels with tf.cast(labels, "int32").',
    });
  }
  const classes = logits.shape[logits.rank - 1];
  return tf.tidy(() =>
    flat(tf.reshape(labels, [-1]), tf.reshape(logits, [-1, classes])).reshape(labels.shape),
  );
}

const flat = defineOp(
  "sparseSoftmaxCrossEntropy",
  (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor => {
    const chosen = floatOneHot(labels as tf.Tensor1D, logits.shape[1] as number);
    return tf.neg(tf.sum(tf.mul(chosen, tf.logSoftmax(logits)), 1));
  },
);
