import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../core/optimizers";
import type { OptimizerConfig } from "../../core/optimizers";
import { createProgram } from "../../engine/program";
import type { SegmentationLoss } from "../../losses";
import { logitsModel } from "../../models/logitsModel";
import type { LogitsFunction } from "../evaluation/predictSamples";
import type { TrainingConfig } from "../config/trainingConfig";
import { trainingStep } from "./trainingStep";
import type { TrainingStep } from "./trainingStep";
import { modelVariables } from "./variables";
import type { NamedVariables } from "./variables";

/** `[b, h, w]`. */
export type BatchShape = readonly [number, number, number];

/** A batch in memory. */
export interface ArrayBatch {
  /** `[b, h, w, 1]`, grey in [0, 1]. */
  readonly images: Float32Array;
  /** `[b, h, w]`. */
  readonly labels: Int32Array;
  readonly shape: BatchShape;
}

/** How a session runs. */
export interface SessionOptions {
  readonly loss: SegmentationLoss;
  readonly optimizer: OptimizerConfig;
  readonly compiled: boolean;
  /** Of the compiled step; op by op it is always float32. */
  readonly precision: TrainingConfig["precision"];
  /** Shapes `[b, h, w]` that training will meet: compiled steps for all are recorded at once. */
  readonly trainingShapes: readonly BatchShape[];
  /** The shape that prediction will meet, if any. */
  readonly predictionShape: BatchShape | null;
}

/** A model in training: its step and its prediction, run op by op or as one recorded graph. */
export interface TrainingSession {
  readonly modelVariables: NamedVariables;
  readonly optimizerVariables: NamedVariables;
  /** One update; returns the loss before it. */
  readonly train: (batch: ArrayBatch, learningRate: number) => number;
  /**
   * Logits `[b, h, w, classes]` of images `[b, h, w, 1]` as in use: no dropout, batch norm by its
   * averages. The caller disposes them.
   */
  readonly predict: LogitsFunction;
  /** Frees the graph and the optimizer's slots; the model lives on, up to date. */
  readonly dispose: () => void;
}

/** What runs, in either mode; variables are right whenever they are read. */
interface Runner {
  readonly step: TrainingStep;
  readonly predict: LogitsFunction;
  readonly dispose: () => void;
}

/**
 * Prepares a model for training.
 *
 * @throws ConfigError when the model has no layer "logits"
 */
export function createSession(model: tf.LayersModel, options: SessionOptions): TrainingSession {
  const logits = logitsModel(model);
  const optimizer = createOptimizer(options.optimizer);
  const step = trainingStep(logits, options.loss, optimizer);
  const predict: LogitsFunction = (images) =>
    tf.tidy(() => logits.apply(images, { training: false }) as tf.Tensor4D);
  const runner: Runner = options.compiled
    ? compiledRunner(step, predict, options)
    : { step, predict, dispose: () => undefined };
  return {
    modelVariables: modelVariables(model),
    optimizerVariables: new Map(optimizer.slots.map(({ name, variable }) => [name, variable])),
    train({ images, labels, shape }, learningRate) {
      const inputs = batchTensors(shape, images, labels, learningRate);
      const { loss } = runner.step(...inputs);
      const value = loss.dataSync()[0];
      tf.dispose([...inputs, loss]);
      return value;
    },
    predict: runner.predict,
    dispose() {
      runner.dispose();
      optimizer.dispose();
    },
  };
}

/** One graph and one set of variables for every batch size and for prediction. */
function compiledRunner(
  step: TrainingStep,
  predict: LogitsFunction,
  { trainingShapes, predictionShape, precision }: SessionOptions,
): Runner {
  // Not to stdout, where a command's result goes.
  const program = createProgram({
    precision,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  // A function a batch size: a last batch that is not full is no surprise worth a line in the log.
  const steps = new Map(
    trainingShapes.map((shape) => [shape[0], program.compile(step, { name: `train_${shape[0]}` })]),
  );
  const compiledPredict = program.compile(predict, { name: "predict" });
  for (const shape of trainingShapes) {
    const pixels = shape[0] * shape[1] * shape[2];
    const inputs = batchTensors(shape, new Float32Array(pixels), new Int32Array(pixels), 0);
    steps.get(shape[0])?.prepare(...inputs);
    tf.dispose(inputs);
  }
  if (predictionShape !== null) {
    const images = tf.zeros<tf.Rank.R4>([...predictionShape, 1]);
    compiledPredict.prepare(images);
    images.dispose();
  }
  return {
    step: (images, labels, learningRate) => {
      const compiled = steps.get(images.shape[0]) ?? step;
      return compiled(images, labels, learningRate);
    },
    predict: compiledPredict,
    dispose: () => program.dispose(),
  };
}

function batchTensors(
  shape: BatchShape,
  images: Float32Array,
  labels: Int32Array,
  learningRate: number,
): [tf.Tensor4D, tf.Tensor3D, tf.Scalar] {
  return [
    tf.tensor4d(images, [...shape, 1]),
    tf.tensor3d(labels, [...shape], "int32"),
    tf.scalar(learningRate),
  ];
}
