import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";

/**
 * The same network up to its `logits`: losses want the scores before softmax. It shares all
 * weights with `model`; dispose of one of the two only.
 *
 * @throws ConfigError when the model has no layer named `logits`
 * @example
 * const model = unet({ inputShape: [8, 8, 1], numClasses: 3, filters: 4, depth: 1 });
 * logitsModel(model).outputNames; // ["logits"]
 */
export function logitsModel(model: tf.LayersModel): tf.LayersModel {
  const head = model.layers.find((layer) => layer.name === "logits");
  if (head === undefined) {
    throw new ConfigError({
      where: `logitsModel("${model.name}")`,
      expected: "a layer named logits",
      got: `layers ending in ${model.layers
        .map((layer) => layer.name)
        .slice(-2)
        .join(", ")}`,
    });
  }
  const outputs = head.output as tf.SymbolicTensor;
  return tf.model({ inputs: model.inputs, outputs, name: `${model.name}Logits` });
}
