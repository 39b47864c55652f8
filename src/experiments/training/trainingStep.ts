import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { Optimizer } from "../../core/optimizers";
import type { SegmentationLoss } from "../../losses";
import { supervisedLoss } from "./deepSupervision";

/** One update of the weights, as a pure function of tensors that can be run or recorded. */
export type TrainingStep = (
  inputs: tf.Tensor,
  labels: tf.Tensor,
  learningRate: tf.Scalar,
) => { readonly loss: tf.Scalar };

/**
 * Makes the training step of a model: forward pass with batch statistics and dropout, loss, gradients
 * and update.
 *
 * @param logits the network up to its logits, as `logitsModel` returns it; several outputs are trained
 *   with deep supervision
 * @param loss a loss on logits, such as `crossEntropy()`
 * @throws ConfigError for an argument of the wrong kind
 * @example
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
 * const step = trainingStep(model, crossEntropy(), new Adam({ learningRate: 0.1 }));
 * step(tf.ones([4, 3]), tf.zeros([4], "int32"), tf.scalar(0.1)).loss.shape; // []
 */
export function trainingStep(
  logits: tf.LayersModel,
  loss: SegmentationLoss,
  optimizer: Optimizer,
): TrainingStep {
  checkArgument("logits", logits, "a LayersModel", logits instanceof tf.LayersModel);
  checkArgument("loss", loss, "a function, such as crossEntropy()", typeof loss === "function");
  const isOptimizer = optimizer instanceof Optimizer;
  checkArgument("optimizer", optimizer, "an Optimizer, such as new Adam(…)", isOptimizer);
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

function checkArgument(name: string, value: unknown, expected: string, isGiven: boolean): void {
  if (isGiven) return;
  throw new ConfigError({
    where: `trainingStep.${name}`,
    expected,
    got: value === null ? "null" : typeof value,
    remedy: "Call trainingStep(logits, loss, optimizer).",
  });
}
