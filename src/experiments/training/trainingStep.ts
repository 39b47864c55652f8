import * as tf from "@tensorflow/tfjs";
import type { Optimizer } from "../../core/optimizers";
import type { SegmentationLoss } from "../../losses";
import { supervisedLoss } from "./deepSupervision";

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
 * @param logits the network up to its logits, as `logitsModel` makes it; with several outputs the loss
 *   is that of deep supervision
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
      const { value, grads } = tf.variableGrads(() => {
        const scores = logits.apply(inputs, { training: true }) as tf.Tensor | tf.Tensor[];
        return Array.isArray(scores) ? supervisedLoss(loss, labels, scores) : loss(labels, scores);
      }, weights);
      optimizer.apply(grads, learningRate);
      return { loss: value };
    });
}
