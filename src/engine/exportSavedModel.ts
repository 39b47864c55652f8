import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { ConfigError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { writeWholeSync } from "../files/writeWhole";
import { dtypeName } from "./dtypes";
import type { OutputRef, RecordedFunction } from "./graph";
import { encodeSavedModel, nameNodes } from "./graphDef";
import type { SignatureTensor } from "./graphDef";
import { flatten } from "./nest";
import { freezeVariables } from "./passes/freeze";
import { invertInInt64 } from "./passes/invertInInt64";
import { openBatch, sameGraph } from "./passes/openBatch";
import { rejectUpdates } from "./rejectUpdates";
import { traceFunction } from "./trace";

/** A shape, batch included; `null` for a batch of any size. */
type ServedShape = readonly (number | null)[];

export interface ExportOptions {
  /**
   * The input shape of the served model, batch included, or a list with one shape per input. A `null`
   * batch accepts every batch size. Default: the model's own shapes, for every batch size.
   */
  readonly inputShape?: ServedShape | readonly ServedShape[];
}

/** An input or an output of a served model. */
export interface ServedTensor {
  /** `"float32"`, `"int32"` or `"bool"` */
  readonly dtype: string;
  /** `null` for an unknown size. */
  readonly shape: readonly (number | null)[];
}

/** The inputs and outputs of an exported model's `serving_default`, by name. */
export interface ServingSignature {
  readonly inputs: Readonly<Record<string, ServedTensor>>;
  readonly outputs: Readonly<Record<string, ServedTensor>>;
}

/** Batch sizes that are recorded to derive the graph for every batch size. */
const TRIAL_BATCHES = [2, 3, 5] as const;

/**
 * Writes a model as a SavedModel that any TensorFlow loads and serves: weights become constants of the
 * graph, and the signature `serving_default` has the model's inputs and outputs under their layers'
 * names, with the model's dtypes and, by default, any batch size.
 *
 * ```python
 * served = tf.saved_model.load("exported").signatures["serving_default"]
 * served(image=tf.constant(images))["softmax"]
 * ```
 *
 * For ONNX, see docs/export.md.
 *
 * @param model with any number of inputs and outputs
 * @param folder created if missing
 * @returns the signature: names, dtypes and shapes
 * @throws ConfigError if a size other than the batch is unknown and `inputShape` does not give it, or
 * if the model's ops depend on the batch size
 * @example no-run: writes a folder
 * const model = tf.sequential({
 *   layers: [tf.layers.dense({ units: 2, inputShape: [3], name: "scores" })],
 * });
 * const { outputs } = exportSavedModel(model, "exported");
 * outputs.scores.shape; // [null, 2]
 */
export function exportSavedModel(
  model: tf.LayersModel,
  folder: string,
  options: ExportOptions = {},
): ServingSignature {
  const where = `exportSavedModel("${model.name}")`;
  rejectUnknownOptions(where, options, ["inputShape"]);
  // tfjs' sequential models have no input and output names until they are built.
  if (model instanceof tf.Sequential && !model.built) model.build();
  const shapes = shapesOf(where, model, options.inputShape);
  const inputNames = uniqueNames(model.inputNames);
  const outputNames = uniqueNames(model.outputNames);
  const fn = invertInInt64(recordServing(where, model, shapes));
  const { nodes, parameters, results } = nameNodes(fn, "serve");
  const tensorOf = (key: string, tensor: string, ref: OutputRef): SignatureTensor => ({
    ...{ key, tensor },
    ...fn.nodes[ref.node].outputs[ref.index],
  });
  const inputs = parameters.map((tensor, i) =>
    tensorOf(inputNames[i], tensor, { node: fn.parameters[i], index: 0 }),
  );
  const outputs = results.map((tensor, i) => tensorOf(outputNames[i], tensor, fn.results[i]));
  const bytes = encodeSavedModel(nodes, { serving_default: { inputs, outputs } });
  writeWholeSync(join(folder, "saved_model.pb"), bytes);
  return { inputs: describe(inputs), outputs: describe(outputs) };
}

/** The model as a graph of constants, with an unknown batch size where the shape has a `null` batch. */
function recordServing(
  where: string,
  model: tf.LayersModel,
  shapes: readonly ServedShape[],
): RecordedFunction {
  const predict = (inputs: tf.Tensor[]): tf.Tensor[] => {
    const outputs = model.apply(inputs.length === 1 ? inputs[0] : inputs, { training: false });
    return Array.isArray(outputs) ? (outputs as tf.Tensor[]) : [outputs as tf.Tensor];
  };
  const record = (batch: number): RecordedFunction => {
    const inputs = shapes.map((shape, i) =>
      tf.zeros(
        shape.map((size) => size ?? batch),
        model.inputs[i].dtype,
      ),
    );
    try {
      const args = flatten("serve, argument", [inputs]);
      const trace = traceFunction("serve", predict, args, { isPortable: true });
      rejectUpdates(where, trace);
      return freezeVariables(trace.fn, trace.variables);
    } finally {
      tf.dispose(inputs);
    }
  };
  if (shapes.every(([batch]) => batch !== null)) return record(1);
  const [first, second, third] = TRIAL_BATCHES.map(record);
  const open = openBatch(first, second);
  const again = openBatch(first, third);
  if (open !== null && again !== null && sameGraph(open, again)) return open;
  throw new ConfigError({
    where,
    expected: "a model whose ops are the same for every batch size",
    got: "ops that depend on it",
    remedy: `Set inputShape with the batch size to serve, such as ${JSON.stringify(
      shapes.map((shape) => shape.map((size) => size ?? 1)),
    )}.`,
  });
}

function shapesOf(
  where: string,
  model: tf.LayersModel,
  given: ExportOptions["inputShape"],
): readonly ServedShape[] {
  const own = model.inputs.map(({ shape }) => shape);
  const isList = (shapes: readonly unknown[]): shapes is readonly ServedShape[] =>
    Array.isArray(shapes[0]);
  const shapes = given === undefined ? own : isList(given) ? given : [given];
  const fits = (shape: ServedShape, i: number): boolean =>
    shape.length === own[i].length &&
    own[i].every((size, axis) => size === null || size === shape[axis]) &&
    shape.every((size, axis) => (size === null ? axis === 0 : Number.isInteger(size) && size > 0));
  if (shapes.length === own.length && shapes.every(fits)) return shapes;
  throw new ConfigError({
    where: `${where}.inputShape`,
    expected: `known sizes after the batch axis for inputs ${own.map(formatShape).join(", ")}`,
    got: given === undefined ? "unknown sizes" : JSON.stringify(given),
    remedy: "Set inputShape: the complete shape of the input, or a list with one shape per input.",
  });
}

/** Makes names unique: a layer may have several outputs. */
function uniqueNames(names: readonly string[]): string[] {
  const made = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; made.has(unique); count++) unique = `${name}_${count}`;
    made.add(unique);
    return unique;
  });
}

function describe(tensors: readonly SignatureTensor[]): Record<string, ServedTensor> {
  return Object.fromEntries(
    tensors.map(({ key, dtype, shape }) => [
      key,
      { dtype: dtypeName(dtype), shape: shape.map((size) => (size < 0 ? null : size)) },
    ]),
  );
}
