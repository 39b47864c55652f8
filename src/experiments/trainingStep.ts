import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import type { Optimizer } from "../core/optimizers";
import type { SegmentationLoss } from "../losses";

/** One update of the weights, as a pure function of tensors: it can be run or recorded. */
export type TrainingStep = (
  images: tf.Tensor4D,
  labels: tf.Tensor3D,
  learningRate: tf.Scalar,
) => { readonly loss: tf.Scalar };

/**
 * The network up to its logits; weights are shared with `model`.
 *
 * The toolkit's models end in a linear layer "logits" and a "softmax". Losses take logits, since a
 * logarithm of a softmax loses what small probabilities say.
 *
 * @throws ConfigError when there is no layer "logits"
 */
export function logitsModel(model: tf.LayersModel): tf.LayersModel {
  const layer = model.layers.find(({ name }) => name === "logits");
  if (layer === undefined) {
    throw new ConfigError({
      where: `logitsModel(${model.name})`,
      expected: 'a layer named "logits" before the softmax',
      got: `layers ending in ${model.layers
        .slice(-2)
        .map(({ name }) => name)
        .join(", ")}`,
      remedy: 'Name the last layer without an activation "logits".',
    });
  }
  return tf.model({
    inputs: model.inputs,
    outputs: layer.output as tf.SymbolicTensor,
    name: `${model.name}_to_logits`,
  });
}

/**
 * The training step of a model: forward with batch statistics and dropout, loss, gradients,
 * update.
 *
 * @param logits as {@link logitsModel} makes it
 */
export function trainingStep(
  logits: tf.LayersModel,
  loss: SegmentationLoss,
  optimizer: Optimizer,
): TrainingStep {
  const weights = logits.trainableWeights.map((weight) => weight.read() as tf.Variable);
  optimizer.build(weights);
  return (images, labels, learningRate) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => loss(labels, logits.apply(images, { training: true }) as tf.Tensor4D),
        weights,
      );
      optimizer.apply(grads, learningRate);
      return { loss: value };
    });
}
