import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { ConfigError } from "../core/errors";
import { writeWholeSync } from "../files/writeWhole";
import type { OutputRef, RecordedFunction } from "./graph";
import { encodeSavedModel, nameNodes } from "./graphDef";
import type { SignatureTensor } from "./graphDef";
import { freeze } from "./passes/freeze";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import { flatten } from "./nest";
import { traceFunction } from "./trace";

export interface ExportOptions {
  /** The shape that the served model takes, batch included; default the model's own, batch 1. */
  readonly inputShape?: readonly number[];
}

/**
 * Writes a model as a SavedModel that any TensorFlow loads and serves: weights frozen into the
 * graph, a signature `serving_default` from `images` to one output a model output, by layer name.
 *
 * ```python
 * served = tf.saved_model.load("exported").signatures["serving_default"]
 * served(images=tf.constant(images))["softmax"]
 * ```
 *
 * @param folder is made where it is missing
 * @throws ConfigError when the model leaves a size open and `inputShape` does not say it
 */
export function exportSavedModel(
  model: tf.LayersModel,
  folder: string,
  options: ExportOptions = {},
): void {
  const inputShape = options.inputShape ?? shapeOf(model);
  const input = tf.zeros([...inputShape]);
  const predict = (images: tf.Tensor): Record<string, tf.Tensor> => {
    const outputs = model.apply(images, { training: false }) as tf.Tensor | tf.Tensor[];
    const list = Array.isArray(outputs) ? outputs : [outputs];
    return Object.fromEntries(model.outputNames.map((name, i) => [name, list[i]]));
  };
  const trace = traceFunction("serve", predict, flatten("serve, argument", [input]));
  input.dispose();
  const fn = freezeVariables(trace.fn, trace.variables);
  const { nodes, parameters, results } = nameNodes(fn, "serve");
  const type = (ref: OutputRef) => fn.nodes[ref.node].outputs[ref.index];
  const names = [...model.outputNames].sort();
  const inputs: SignatureTensor[] = [
    { key: "images", tensor: parameters[0], ...type({ node: fn.parameters[0], index: 0 }) },
  ];
  const outputs = results.map((tensor, i) => ({
    key: names[i],
    tensor,
    ...type(fn.results[i]),
  }));
  const bytes = encodeSavedModel(nodes, { serving_default: { inputs, outputs } });
  writeWholeSync(join(folder, "saved_model.pb"), bytes);
}

/** Holds the variables' values as constants, and what is no longer needed then away. */
export function freezeVariables(
  fn: RecordedFunction,
  variables: readonly tf.Variable[],
): RecordedFunction {
  return prune(simplify(freeze(prune(fn), variables)));
}

function shapeOf(model: tf.LayersModel): number[] {
  const shape = model.inputs[0].shape.map((size, axis) => (axis === 0 ? 1 : size));
  if (model.inputs.length === 1 && shape.every((size) => size !== null)) return shape;
  throw new ConfigError({
    where: `exportSavedModel("${model.name}").inputShape`,
    expected: "a model of one input with known sizes",
    got: `inputs ${JSON.stringify(model.inputs.map((input) => input.shape))}`,
    remedy: "Give inputShape.",
  });
}
