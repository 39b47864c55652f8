import type * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { nodeBackend, usesGpu } from "./binding";
import { checkPredictorOptions } from "./checkOptions";
import { nameNodes } from "./graphDef";
import type { NamedFunction } from "./graphDef";
import type { RecordedFunction } from "./graph";
import { flatten, unflatten } from "./nest";
import { lowerToBfloat16 } from "./passes/bfloat16";
import { foldBatchNorm } from "./passes/foldBatchNorm";
import { freezeVariables } from "./passes/freeze";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import { softmaxByColumns } from "./passes/softmaxByColumns";
import type { Precision } from "./dtypes";
import { rejectUpdates } from "./rejectUpdates";
import { Session } from "./session";
import { logSlowBfloat16 } from "./slowBfloat16";
import { realBinding, traceFunction } from "./trace";
import { DEFAULT_MAX_TRACES, TraceCache } from "./traceCache";
import type { CacheEntry } from "./traceCache";
import { verifyGraph } from "./verifyGraph";

export interface PredictorOptions {
  /** Default `"float32"`. */
  readonly precision?: Precision;
  /**
   * Maximum number of graphs, each of which includes the weights; default {@link DEFAULT_MAX_TRACES}.
   * The least recently used one is dropped first.
   */
  readonly maxTraces?: number;
}

/** A model that only predicts. */
export interface Predictor {
  /**
   * The model's output for a batch, or a list of them for a model of several outputs. The model is
   * recorded for each new shape, or once for all batch sizes if its ops allow, and loaded again when a
   * weight has changed. The caller disposes of the result.
   *
   * @param images the model's input, or a list for a model of several inputs
   */
  <T extends tf.Tensor | tf.Tensor[] = tf.Tensor>(images: tf.Tensor | readonly tf.Tensor[]): T;
  /** The loaded graphs. */
  readonly recorded: readonly RecordedFunction[];
  dispose(): void;
}

interface Loaded {
  readonly session: Session;
  readonly named: NamedFunction;
  readonly recorded: RecordedFunction;
}

/**
 * Compiles a model for prediction: weights are constants of the graph, batch norms are folded into the
 * convolutions before them, and TensorFlow fuses the remaining ops.
 *
 * @param model with any number of inputs and outputs
 * @throws ConfigError for an option that is unknown or out of its range; the predictor throws ShapeError
 *   for another number of inputs than the model has
 * @example
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [5] })] });
 * const predict = createPredictor(model);
 * predict(tf.zeros([2, 5])).shape; // [2, 3]
 */
export function createPredictor(model: tf.LayersModel, options: PredictorOptions = {}): Predictor {
  checkPredictorOptions(options);
  const { precision = "float32", maxTraces = DEFAULT_MAX_TRACES } = options;
  const loaded = new Map<CacheEntry, Loaded>();
  const weights = model.weights.map((weight) => weight.read() as tf.Variable);
  let frozen: readonly object[] = [];

  const apply = (input: tf.Tensor | tf.Tensor[]): unknown =>
    model.apply(input, { training: false });
  const unload = (entry: CacheEntry): void => {
    loaded.get(entry)?.session.dispose();
    loaded.delete(entry);
  };
  const cache = new TraceCache("predict", maxTraces, {
    record: (flat) => {
      const trace = traceFunction("predict", apply, flat);
      rejectUpdates(`createPredictor("${model.name}")`, trace);
      return { trace, graph: prune(simplify(prune(trace.fn))), watchedOps: [] };
    },
    drop: unload,
    log: () => undefined,
  });

  const load = ({ graph, trace, source }: CacheEntry): Loaded => {
    const folded = foldBatchNorm(freezeVariables(graph, trace.variables));
    // softmaxByColumns depends on the number of rows, which is unknown with an open batch.
    let recorded = prune(usesGpu() || source !== null ? folded : softmaxByColumns(folded));
    verifyGraph(recorded, "folding batch norm");
    if (precision === "bfloat16") {
      logSlowBfloat16(console.warn);
      recorded = lowerToBfloat16(recorded);
      verifyGraph(recorded, "lowering to bfloat16");
    }
    const named = nameNodes(recorded, "predict");
    return { session: new Session(named.nodes, realBinding()), named, recorded };
  };

  const predict = (images: tf.Tensor | readonly tf.Tensor[]): unknown => {
    const flat = flatten("predict, argument", [images]);
    const wanted = model.inputs.map(({ name }) => name);
    if (wanted.length > 0 && flat.tensors.length !== wanted.length) {
      throw new ShapeError({
        where: `createPredictor("${model.name}")`,
        expected: `${wanted.length} inputs (${wanted.join(", ")})`,
        got: String(flat.tensors.length),
      });
    }
    // A variable that was assigned has new data, so the constants are out of date.
    if (weights.some(({ dataId }, i) => dataId !== frozen[i])) [...loaded.keys()].forEach(unload);
    const entry = cache.entryFor(flat);
    let held = loaded.get(entry);
    if (held === undefined) {
      held = load(entry);
      loaded.set(entry, held);
      frozen = weights.map(({ dataId }) => dataId);
    }
    const backend = nodeBackend();
    const { session, named } = held;
    const ids = backend.getInputTensorIds(flat.tensors);
    const outputs = session.run("predict", ids, named.parameters, named.results);
    return unflatten(
      entry.trace.structure,
      outputs.map((output) => backend.createOutputTensor(output)),
    );
  };

  const dispose = (): void => cache.clear();
  return Object.defineProperty(Object.assign(predict, { dispose }), "recorded", {
    get: () => [...loaded.values()].map(({ recorded }) => recorded),
  }) as unknown as Predictor;
}
