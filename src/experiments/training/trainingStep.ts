import * as tf from "@tensorflow/tfjs";
import type { Optimizer } from "../../core/optimizers";
import type { SegmentationLoss } from "../../losses";

/** One update of the weights, as a pure function of tensors: it can be run or recorded. */
export type TrainingStep = (
  inputs: tf.Tensor,
  labels: tf.Tensor,
  learningRate: tf.Scalar,
) => { readonly loss: tf.Scalar };

/**
 * The training step of a model: forward with batch statistics and dropout, loss, gradients,
 * update.
 *
 * @param logits the network up to its logits, as `logitsModel` makes it
 */
export function trainingStep(
  logits: tf.LayersModel,
  loss: SegmentationLoss,
  optimizer: Optimizer,
): TrainingStep {
  const weights = logits.trainableWeights.map((weight) => weight.read() as tf.Variable);
  optimizer.build(weights);
  return (inputs, labels, learningRate) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => loss(labels, logits.apply(inputs, { training: true }) as tf.Tensor),
        weights,
      );
      optimizer.apply(grads, learningRate);
      return { loss: value };
    });
}
