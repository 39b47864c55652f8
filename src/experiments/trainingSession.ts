import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../core/optimizers";
import type { OptimizerConfig } from "../core/optimizers";
import type { SegmentationLoss } from "../losses";
import { logitsModel } from "../models/logitsModel";
import type { TrainingConfig } from "./trainingConfig";
import { trainingStep } from "./trainingStep";
import { modelVariables } from "./variables";
import type { NamedVariables } from "./variables";

/** A batch in memory. */
export interface ArrayBatch {
  /** `[b, h, w, 1]`, grey in [0, 1]. */
  readonly images: Float32Array;
  /** `[b, h, w]`. */
  readonly labels: Int32Array;
  readonly shape: readonly [number, number, number];
}

/** How a session runs. */
export interface SessionOptions {
  readonly loss: SegmentationLoss;
  readonly optimizer: OptimizerConfig;
  readonly compiled: boolean;
  readonly precision: TrainingConfig["precision"];
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
  readonly predict: (images: tf.Tensor4D) => tf.Tensor4D;
  /** Brings the variables up to date with what ran; before they are read. */
  readonly pull: () => void;
  /** Hands the variables' values to what runs; after they were written. */
  readonly push: () => void;
  /** Frees the graph and the optimizer's slots; the model lives on, up to date. */
  readonly dispose: () => void;
}

/**
 * Prepares a model for training.
 *
 * @throws ConfigError when the model has no layer "logits"
 */
export function createSession(model: tf.LayersModel, options: SessionOptions): TrainingSession {
  const { loss } = options;
  const logits = logitsModel(model);
  const optimizer = createOptimizer(options.optimizer);
  const step = trainingStep(logits, loss, optimizer);
  return {
    modelVariables: modelVariables(model),
    optimizerVariables: new Map(optimizer.slots.map(({ name, variable }) => [name, variable])),
    train({ images, labels, shape }, learningRate) {
      const inputs = [
        tf.tensor4d(images, [...shape, 1]),
        tf.tensor3d(labels, [...shape], "int32"),
        tf.scalar(learningRate),
      ] as const;
      const result = step(...inputs);
      const value = result.loss.dataSync()[0];
      tf.dispose([...inputs, result.loss]);
      return value;
    },
    predict: (images) => tf.tidy(() => logits.apply(images, { training: false }) as tf.Tensor4D),
    pull() {},
    push() {},
    dispose: () => optimizer.dispose(),
  };
}
