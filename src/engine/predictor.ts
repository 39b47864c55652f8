import type * as tf from "@tensorflow/tfjs";
import { nodeBackend, usesGpu } from "./binding";
import { freezeVariables } from "./exportSavedModel";
import { nameNodes } from "./graphDef";
import type { NamedFunction } from "./graphDef";
import type { RecordedFunction } from "./graph";
import { verifyGraph } from "./verifyGraph";
import { flatten, signatureKey } from "./nest";
import { lowerToBfloat16 } from "./passes/bfloat16";
import { foldBatchNorm } from "./passes/foldBatchNorm";
import { prune } from "./passes/prune";
import type { Precision } from "./program";
import { softmaxByColumns } from "./passes/softmaxByColumns";
import { Session } from "./session";
import { realBinding, traceFunction } from "./trace";

export interface PredictorOptions {
  /** Default `"float32"`. */
  readonly precision?: Precision;
}

/** A model that only predicts. */
export interface Predictor {
  /**
   * The model's output for a batch. Recorded for each new shape, and again when a weight has
   * changed. The caller disposes of the result.
   */
  (images: tf.Tensor): tf.Tensor;
  /** The graphs so far. */
  readonly recorded: readonly RecordedFunction[];
  dispose(): void;
}

interface Loaded {
  readonly session: Session;
  readonly named: NamedFunction;
  readonly recorded: RecordedFunction;
}

/**
 * Compiles a model for prediction: weights are constants of the graph, batch norms are folded into
 * the convolutions before them, and TensorFlow fuses what is left.
 *
 * @param model of one input and one output
 * @example
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [5] })] });
 * const predict = createPredictor(model);
 * predict(tf.zeros([2, 5])).shape; // [2, 3]
 */
export function createPredictor(
  model: tf.LayersModel,
  { precision = "float32" }: PredictorOptions = {},
): Predictor {
  const loaded = new Map<string, Loaded>();
  const weights = model.weights.map((weight) => weight.read() as tf.Variable);
  let frozen: readonly object[] = [];

  const clear = (): void => {
    for (const { session } of loaded.values()) session.dispose();
    loaded.clear();
  };

  const load = (images: tf.Tensor): Loaded => {
    const flat = flatten("predict, argument", [images]);
    const apply = (input: tf.Tensor) => model.apply(input, { training: false }) as tf.Tensor;
    const trace = traceFunction("predict", apply, flat);
    const folded = foldBatchNorm(freezeVariables(trace.fn, trace.variables));
    let recorded = prune(usesGpu() ? folded : softmaxByColumns(folded));
    verifyGraph(recorded, "folding batch norm");
    if (precision === "bfloat16") {
      recorded = lowerToBfloat16(recorded);
      verifyGraph(recorded, "lowering to bfloat16");
    }
    const named = nameNodes(recorded, "predict");
    return { session: new Session(named.nodes, realBinding()), named, recorded };
  };

  const predict = (images: tf.Tensor): tf.Tensor => {
    // An assigned variable has other data: the constants are out of date.
    if (weights.some(({ dataId }, i) => dataId !== frozen[i])) clear();
    const key = signatureKey(flatten("predict", [images]).signature);
    let entry = loaded.get(key);
    if (entry === undefined) {
      entry = load(images);
      loaded.set(key, entry);
      frozen = weights.map(({ dataId }) => dataId);
    }
    const backend = nodeBackend();
    const ids = backend.getInputTensorIds([images]);
    const { session, named } = entry;
    const [output] = session.run("predict", ids, named.parameters, named.results);
    return backend.createOutputTensor(output);
  };

  return Object.defineProperty(Object.assign(predict, { dispose: clear }), "recorded", {
    get: () => [...loaded.values()].map(({ recorded }) => recorded),
  }) as unknown as Predictor;
}
