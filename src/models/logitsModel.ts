import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { LogProbabilities } from "../layers/support/LogProbabilities";

/**
 * The same network up to its logits, as losses expect. It shares all weights with `model`; dispose of
 * only one of the two.
 *
 * No layer needs a particular name. A softmax layer at the end is removed. A softmax inside the last
 * layer (`tf.layers.dense({ activation: "softmax" })`) cannot be removed: then the logarithm of the
 * probabilities is returned, which is equivalent. Without a softmax the outputs are the logits.
 *
 * @throws ConfigError when the model has several inputs or outputs, or ends in another activation
 * @example
 * const model = unet({ inputShape: [8, 8, 1], numClasses: 3, filters: 4, depth: 1 });
 * logitsModel(model).outputNames; // ["logits"]
 */
export function logitsModel(model: tf.LayersModel): tf.LayersModel {
  expectOne(model, "input", model.inputs.length);
  expectOne(model, "output", model.outputs.length);
  const [output] = model.outputs;
  return tf.model({
    inputs: model.inputs,
    outputs: scoresBehind(model, output),
    name: `${model.name}Logits`,
  });
}

function expectOne(model: tf.LayersModel, what: "input" | "output", count: number): void {
  if (count === 1) return;
  throw new ConfigError({
    where: `logitsModel("${model.name}")`,
    expected: `a model with one ${what}`,
    got: `${count} ${what}s`,
  });
}

function scoresBehind(model: tf.LayersModel, output: tf.SymbolicTensor): tf.SymbolicTensor {
  const layer = output.sourceLayer;
  const activation = activationOf(layer);
  if (activation === "linear") return output;
  if (activation !== "softmax") {
    throw new ConfigError({
      where: `logitsModel("${model.name}")`,
      expected: "a model that ends in scores or their softmax",
      got: `the activation "${activation}" in the last layer, "${layer.name}"`,
      remedy: "Two classes need a softmax over two channels, not a sigmoid over one.",
    });
  }
  if (isActivationLayer(layer)) return output.inputs[0];
  return new LogProbabilities({ name: "logProbabilities" }).apply(output) as tf.SymbolicTensor;
}

/** Whether a layer only applies an activation. */
function isActivationLayer(layer: tf.layers.Layer): boolean {
  return ["Softmax", "Activation"].includes(layer.getClassName());
}

/** The name of a layer's activation; `"linear"` if it has none. */
function activationOf(layer: tf.layers.Layer): string {
  if (layer instanceof tf.LayersModel) {
    return layer.outputs.length === 1 ? activationOf(layer.outputs[0].sourceLayer) : "linear";
  }
  const name = layer.getClassName();
  if (name === "Softmax") return "softmax";
  const { activation } = layer.getConfig();
  return typeof activation === "string" ? activation : "linear";
}
