import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { withInterruptible } from "../../display";
import { lossByName } from "../../losses";
import { fitFingerprint } from "./fitOptions";
import type { FitData, FitOptions, FitResult, LossConfig, ResolvedFitOptions } from "./fitOptions";
import { Training } from "./training";
import { batchSizes, trainingSamples } from "./trainingBatches";
import { createSession } from "./trainingSession";
import type { TrainingSession } from "./trainingSession";

/**
 * Trains a model, with a progress bar, early stop and checkpoints.
 *
 * Everything that chance decides hangs on the seed, the epoch and the model's own random states,
 * so a training that was killed and goes on from its checkpoint ends with the same weights, to
 * the bit, as one that was not.
 *
 * @param model ends in layers "logits" and "softmax", as the toolkit's models do; changed in place
 * @param data samples of one size; `validation` decides which epoch's weights are kept
 * @returns the records of all epochs and how it ended
 * @throws ConfigError when data and options do not fit, or the loss is no longer finite
 */
export function fit(model: tf.LayersModel, data: FitData, options: FitOptions): Promise<FitResult> {
  return withInterruptible(async () => {
    const resolved = resolveOptions(model, options);
    checkData(data);
    const fingerprint = fitFingerprint(data, options, resolved);
    const train = trainingSamples(data.train, resolved.augmentation);
    const { validation = [] } = data;
    const { height, width } = train[0].image;
    const openSession = (): TrainingSession =>
      createSession(model, {
        ...resolved,
        trainingShapes: batchSizes(train.length, resolved).map((size) => [size, height, width]),
        predictionShape: validation.length > 0 ? [resolved.batchSize, height, width] : null,
      });
    const identity = { name: model.name, fingerprint };
    return new Training(openSession, { train, validation }, resolved, identity).run();
  });
}

function resolveOptions(model: tf.LayersModel, options: FitOptions): ResolvedFitOptions {
  const { loss = { name: "crossEntropy" }, checkpoint } = options;
  return {
    batchSize: 4,
    seed: 1,
    optimizer: { name: "adam", learningRate: 0.001 },
    schedule: { name: "constant" },
    augmentation: "none",
    augmentationStrength: {},
    lastBatch: "keep",
    patience: null,
    monitor: "validationDice",
    compiled: tf.getBackend() === "tensorflow",
    precision: "float32",
    progress: model.name,
    shouldStop: () => false,
    onEpoch: () => undefined,
    callbacks: [],
    ...withoutUndefined(options),
    loss: typeof loss === "function" ? loss : lossByName(loss.name, lossOptions(loss)),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function lossOptions({ name: _, ...options }: LossConfig): Omit<LossConfig, "name"> {
  return withoutUndefined(options);
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

function checkData({ train, validation = [] }: FitData): void {
  if (train.length === 0) {
    throw new ConfigError({ where: "fit.train", expected: "at least one sample", got: "none" });
  }
  const unlabelled = [...train, ...validation].find(({ labels }) => labels === null);
  if (unlabelled !== undefined) {
    throw new ConfigError({
      where: "fit.data",
      expected: "samples with labels",
      got: `"${unlabelled.id}" without`,
    });
  }
  const groups = new Set(train.map(({ group }) => group));
  const shared = validation.find(({ group }) => groups.has(group));
  if (shared !== undefined) {
    throw new ConfigError({
      where: "fit.validation",
      expected: "no group that is trained on",
      got: `"${shared.id}" of group "${shared.group}"`,
      remedy: "Split by group, with splitByGroup or kFold.",
    });
  }
}
