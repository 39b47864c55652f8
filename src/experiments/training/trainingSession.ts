import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../core/optimizers";
import type { OptimizerConfig } from "../../core/optimizers";
import { createProgram } from "../../engine/program";
import type { Compiled } from "../../engine/program";
import type { SegmentationLoss } from "../../losses";
import { logitsModel } from "../../models/logitsModel";
import type { TrainingConfig } from "../config/trainingConfig";
import type { ArrayBatch, BatchShape } from "./batch";
import { addDeepSupervision } from "./deepSupervision";
import { trainingStep } from "./trainingStep";
import type { TrainingStep } from "./trainingStep";
import type { Predict } from "./validation";
import { modelVariables } from "./variables";
import type { NamedVariables } from "./variables";

/** The tensors of a batch that a step takes. */
export type BatchArrays = Omit<ArrayBatch, "ids">;

/** Options of a session. */
export interface SessionOptions {
  readonly loss: SegmentationLoss;
  readonly optimizer: OptimizerConfig;
  readonly compiled: boolean;
  /** Precision of the compiled step; op by op it is always float32. */
  readonly precision: TrainingConfig["precision"];
  /** The known batch shapes of the training, whose steps are recorded at once. */
  readonly trainingShapes: readonly BatchShape[];
  /** The input shape `[b, ...space, channels]` of prediction, if it is known. */
  readonly predictionShape: readonly number[] | null;
  /** Whether to train coarser levels of the decoder on the labels too; default false. */
  readonly deepSupervision?: boolean;
  /** Seed of the layers that deep supervision adds; default 0. */
  readonly seed?: number;
}

/** A model in training: its step and its prediction, run op by op or as one recorded graph. */
export interface TrainingSession {
  readonly modelVariables: NamedVariables;
  readonly optimizerVariables: NamedVariables;
  /**
   * Swaps the weights and their averages; a second call swaps them back. `null` if the optimizer makes no
   * averages (`useEma`).
   */
  readonly swapAverages: (() => void) | null;
  /** Whether a batch of this shape can be trained on without recording a step first. */
  readonly isPrepared: (shape: BatchShape) => boolean;
  /** Records the step for one more shape. */
  readonly prepare: (shape: BatchShape) => void;
  /** One update; returns the loss before it. */
  readonly train: (batch: BatchArrays, learningRate: number) => number;
  /**
   * Scores in inference mode: no dropout, batch norm with moving averages. The caller disposes of them.
   */
  readonly predict: Predict;
  /** Frees the graph and the optimizer's slots; the model stays usable and up to date. */
  readonly dispose: () => void;
}

/** Runs steps in either mode. The variables are up to date whenever they are read. */
type Runner = Pick<TrainingSession, "isPrepared" | "prepare" | "predict" | "dispose"> & {
  readonly step: TrainingStep;
};

/**
 * Prepares a model for training.
 *
 * @throws ConfigError if the model does not end in scores or their softmax
 */
export function createSession(model: tf.LayersModel, options: SessionOptions): TrainingSession {
  const logits = logitsModel(model);
  const optimizer = createOptimizer(options.optimizer);
  const { deepSupervision = false, seed = 0 } = options;
  const { network, heads } = deepSupervision
    ? addDeepSupervision(logits, seed)
    : { network: logits, heads: [] };
  const step = trainingStep(network, options.loss, optimizer);
  const predict: Predict = (inputs) =>
    tf.tidy(() => logits.apply(inputs, { training: false }) as tf.Tensor);
  const runner: Runner = options.compiled
    ? compiledRunner(step, predict, options)
    : {
        ...{ step, predict },
        isPrepared: () => true,
        prepare: () => undefined,
        dispose: () => undefined,
      };
  return {
    modelVariables: new Map([...modelVariables(model), ...headVariables(heads)]),
    optimizerVariables: new Map(optimizer.slots.map(({ name, variable }) => [name, variable])),
    swapAverages: options.optimizer.useEma === true ? () => optimizer.swapAverages() : null,
    isPrepared: runner.isPrepared,
    prepare: runner.prepare,
    train(batch, learningRate) {
      const tensors = batchTensors(batch, learningRate);
      const { loss } = runner.step(...tensors);
      const value = loss.dataSync()[0];
      tf.dispose([...tensors, loss]);
      return value;
    },
    predict: runner.predict,
    dispose() {
      runner.dispose();
      optimizer.dispose();
      for (const head of heads) head.dispose();
    },
  };
}

/** The variables of added heads. Their names sort after those of the model, which begin with numbers. */
function headVariables(heads: readonly tf.layers.Layer[]): NamedVariables {
  return new Map(
    heads.flatMap((head) =>
      head.weights.map((weight) => [weight.originalName, weight.read() as tf.Variable] as const),
    ),
  );
}

/** One graph and one set of variables for every batch size and for prediction. */
function compiledRunner(
  step: TrainingStep,
  predict: Predict,
  { trainingShapes, predictionShape, precision }: SessionOptions,
): Runner {
  // stdout is for the result of a command.
  const program = createProgram({
    precision,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const steps = new Map<string, TrainingStep>();
  const prepare = (shape: BatchShape, compiled: Compiled<TrainingStep>): void => {
    const tensors = batchTensors(zeroBatch(shape), 0);
    compiled.prepare(...tensors);
    tf.dispose(tensors);
    steps.set(keyOf(shape), compiled);
  };
  // One function per known shape, so that an incomplete last batch is not logged as a new shape.
  for (const shape of trainingShapes) {
    prepare(shape, program.compile(step, { name: `train_${shape.inputShape[0]}` }));
  }
  // Unexpected shapes share one function, which logs each and throws if there are too many.
  const others = program.compile(step, { name: "train" });
  const compiledPredict = program.compile(predict, { name: "predict" });
  if (predictionShape !== null) {
    const inputs = tf.zeros([...predictionShape]);
    compiledPredict.prepare(inputs);
    inputs.dispose();
  }
  return {
    step: (inputs, labels, learningRate) => {
      const known = steps.get(keyOf({ inputShape: inputs.shape, labelShape: labels.shape }));
      return (known ?? others)(inputs, labels, learningRate);
    },
    isPrepared: (shape) => steps.has(keyOf(shape)),
    prepare: (shape) => prepare(shape, others),
    predict: compiledPredict,
    dispose: () => program.dispose(),
  };
}

const keyOf = ({ inputShape, labelShape }: BatchShape): string =>
  `${inputShape.join("x")}, ${labelShape.join("x")}`;

const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

function zeroBatch({ inputShape, labelShape }: BatchShape): BatchArrays {
  return {
    ...{ inputShape, labelShape },
    inputs: new Float32Array(sizeOf(inputShape)),
    labels: new Int32Array(sizeOf(labelShape)),
  };
}

function batchTensors(
  { inputs, inputShape, labels, labelShape }: BatchArrays,
  learningRate: number,
): [tf.Tensor, tf.Tensor, tf.Scalar] {
  return [
    tf.tensor(inputs, [...inputShape], "float32"),
    tf.tensor(labels, [...labelShape], "int32"),
    tf.scalar(learningRate),
  ];
}
