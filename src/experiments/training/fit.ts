import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { withInterruptible } from "../../display";
import { lossByName } from "../../losses";
import type { SegmentationLoss } from "../../losses";
import { logitsModel } from "../../models/logitsModel";
import type { BatchingOptions, Source } from "./batch";
import { expectShapes, sizesOf } from "./checkExamples";
import type { ModelSizes } from "./checkExamples";
import { checkFitOptions, rejectMonitoring } from "./checkFitOptions";
import { expectNoSharedGroup, openSource } from "./examples";
import { expectFitData } from "./fitData";
import type { Examples, FitData } from "./fitData";
import { expectFiniteWeights } from "./finiteWeights";
import { fitFingerprint } from "./fitOptions";
import type { FitOptions, FitResult, LossConfig, ResolvedFitOptions } from "./fitOptions";
import { scheduleSchema } from "./schedule";
import { Training } from "./training";
import { createSession } from "./trainingSession";
import type { TrainingSession } from "./trainingSession";
import { predictWhole, predictionShape, validationSizes } from "./validationWindows";
import { modelVariables, readVariables } from "./variables";

/**
 * Trains a model, with a progress bar, early stopping and checkpoints.
 *
 * All randomness depends on the seed, the epoch and the model's own random states. A training that was
 * killed and resumed from its checkpoint ends with bitwise the same weights as an uninterrupted one.
 *
 * Model, options and data are checked before the first step: names and ranges of options, shapes, the
 * number of classes, labels, and that inputs and weights are finite.
 *
 * @param model one input `[batch, ...space, channels]` and one output `[batch, ...space, classes]` (or
 *   `[batch, classes]` for classification), scores or their softmax; changed in place
 * @param data slices from `prepareSamples`, tensors, or a generator of batches; `validation` decides
 *   which epoch's weights are kept
 * @returns the records of all epochs and how training ended
 * @throws ConfigError if an option is unknown or out of range, or model and data do not match;
 *   DataError for a label that is not a class or a value that is not finite, with the example or layer
 * @example
 * const inputs = tf.tensor2d([[0], [1], [2], [3]]);
 * const labels = tf.tensor1d([0, 0, 1, 1], "int32");
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [1] })] });
 * const { ended } = await fit(
 *   model,
 *   { train: { inputs, labels } },
 *   { epochs: 2, progress: false },
 * );
 * ended; // "completed"
 */
export function fit(model: tf.LayersModel, data: FitData, options: FitOptions): Promise<FitResult> {
  return withInterruptible(async () => {
    checkFitOptions(options);
    expectFitData(data);
    const logits = logitsModel(model);
    const sizes = sizesOf(model.name, logits);
    const resolved = resolveOptions(model, options, sizes.labelShape.length > 0);
    const { ignoreLabel, batchSize } = resolved;
    const labels = { numClasses: sizes.numClasses, ignoreLabel };
    const open = (
      where: string,
      examples: Examples,
      wanted: ModelSizes,
      batching: BatchingOptions,
    ): Source | null => {
      const source = openSource(where, examples, wanted, labels, { ...resolved, ...batching });
      for (const shape of source?.shapes ?? []) expectShapes(where, wanted, shape);
      return source;
    };
    const { seed, lastBatch } = resolved;
    const inTurn = { batchSize, seed, lastBatch, shuffle: true };
    const train = open("fit.train", data.train, sizes, inTurn);
    if (train === null) {
      throw new ConfigError({ where: "fit.train", expected: "at least one example", got: "none" });
    }
    const inOrder = { batchSize, seed, lastBatch: "keep", shuffle: false } as const;
    const wholeSizes = validationSizes(sizes, resolved);
    const validation = open("fit.validation", data.validation ?? [], wholeSizes, inOrder);
    if (validation === null) rejectMonitoring(options);
    expectNoSharedGroup(data.train, data.validation ?? []);
    tryLoss(resolved.loss, sizes);
    expectFiniteWeights(
      "fit",
      model,
      readVariables(modelVariables(model)),
      "Load or build the model again.",
    );
    const openSession = (): TrainingSession => {
      const session = createSession(model, {
        ...resolved,
        trainingShapes: train.shapes,
        predictionShape: predictionShape(validation, resolved),
      });
      return { ...session, predict: predictWhole(session.predict, resolved) };
    };
    const fingerprints = {
      train: train.fingerprint,
      validation: validation?.fingerprint ?? "none",
    };
    return new Training(model, sizes, openSession, { train, validation }, resolved, {
      ...fitFingerprint(fingerprints, options, resolved),
    }).run();
  });
}

/** Calls the loss once, so that it checks its options (such as the number of class weights) before training. */
function tryLoss(loss: SegmentationLoss, { labelShape, numClasses }: ModelSizes): void {
  const shape = [1, ...labelShape.map((size) => size ?? 1)];
  tf.tidy(() => void loss(tf.zeros(shape, "int32"), tf.zeros([...shape, numClasses])));
}

function resolveOptions(
  model: tf.LayersModel,
  options: FitOptions,
  isSegmentation: boolean,
): ResolvedFitOptions {
  const { loss = { name: "crossEntropy" }, checkpoint, ignoreLabel } = options;
  const { monitor = isSegmentation ? "validationDice" : "validationLoss" } = options;
  const ignored = ignoreLabel ?? (typeof loss === "object" ? loss.ignoreLabel : undefined);
  return {
    batchSize: 4,
    seed: 1,
    optimizer: { name: "adam", learningRate: 0.001 },
    augmentation: "none",
    augmentationStrength: {},
    oversampleForeground: 0,
    patchSize: null,
    slidingWindow: {},
    deepSupervision: false,
    lastBatch: "keep",
    patience: null,
    metrics: {},
    monitorMode: monitor === "validationLoss" ? "min" : "max",
    compiled: tf.getBackend() === "tensorflow",
    precision: "float32",
    progress: model.name,
    shouldStop: () => false,
    onEpoch: () => undefined,
    callbacks: [],
    ...withoutUndefined(options),
    schedule: scheduleSchema.parse(options.schedule ?? { name: "constant" }),
    monitor,
    ignoreLabel: ignored,
    loss: typeof loss === "function" ? loss : namedLoss(loss, ignored),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function namedLoss({ name, ...options }: LossConfig, ignoreLabel: number | undefined) {
  return lossByName(name, withoutUndefined({ ...options, ignoreLabel }));
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
