import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { selectById } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { Sample } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { expectArchitecture } from "./buildModel";
import { fit } from "./fit";
import type { FitOptions, FitResult, LossConfig } from "./fitOptions";
import { optimizerOf } from "./optimizerOf";
import { withoutNull } from "../config/withoutNull";

/** Options by which a caller watches and stops a training. */
export type TrainingHooks = Pick<FitOptions, "progress" | "shouldStop" | "onEpoch" | "callbacks">;

/** Calls `fit` with the settings of a configuration on the parts of a split. */
export function fitSplit(
  model: tf.LayersModel,
  samples: readonly Sample[],
  split: Pick<Split, "train" | "validation">,
  options: TrainingHooks & {
    readonly config: TrainingConfig;
    readonly checkpoint: string;
    /** A label of the training slices to ignore. */
    readonly ignoreLabel?: number;
  },
): Promise<FitResult> {
  const { config, checkpoint, progress, shouldStop, onEpoch, callbacks } = options;
  const { epochs, batchSize, seed, schedule, augmentation, augmentationStrength } = config;
  const { lastBatch, patience, monitor, compiled, precision } = config;
  const isValidated = split.validation.length > 0;
  return fit(
    model,
    {
      train: selectById(samples, split.train),
      validation: selectById(samples, split.validation),
    },
    {
      ...{ epochs, batchSize, seed, schedule, augmentation, augmentationStrength },
      ...{ lastBatch, compiled, precision },
      // `fit` rejects a monitor if there are no validation slices.
      ...(isValidated ? { patience, monitor } : {}),
      oversampleForeground: config.sampling.oversampleForeground,
      ...patchOptions(config),
      deepSupervision: config.loss.deepSupervision,
      loss: lossOf(config),
      optimizer: optimizerOf(config),
      ...{ progress, shouldStop, onEpoch, callbacks },
      ...(options.ignoreLabel === undefined ? {} : { ignoreLabel: options.ignoreLabel }),
      checkpoint: { path: checkpoint },
    },
  );
}

/**
 * Rejects a model and settings that cannot be trained, before any work is done.
 *
 * @throws ConfigError that names the setting
 */
export function expectTrainable(model: string, config: TrainingConfig): void {
  expectArchitecture(model, config.model);
  optimizerOf(config);
  expectPatch(config);
}

/**
 * Rejects a loss that does not match the classes of the data.
 *
 * @throws ConfigError that names the setting
 */
export function expectLoss(
  { loss: { classWeights } }: Pick<TrainingConfig, "loss">,
  classNames: readonly string[],
): void {
  if (classWeights === null || classWeights.length === classNames.length) return;
  throw new ConfigError({
    where: "config.loss.classWeights",
    expected: `${classNames.length} weights, one per class (${classNames.join(", ")})`,
    got: String(classWeights.length),
  });
}

/** The options for patches and for the windows of validation; none for whole slices. */
function patchOptions({
  sampling: { patchSize },
  inference: { overlap, mode },
}: TrainingConfig): Pick<FitOptions, "patchSize" | "slidingWindow"> {
  return patchSize === null ? {} : { patchSize, slidingWindow: { overlap, mode } };
}

/** @throws ConfigError for patches larger than the slices */
function expectPatch({ size, sampling: { patchSize } }: TrainingConfig): void {
  if (patchSize === null || patchSize <= size) return;
  throw new ConfigError({
    where: "config.sampling.patchSize",
    expected: `at most ${size}, the size that slices are resized to`,
    got: String(patchSize),
    remedy: "Raise size, or draw smaller patches.",
  });
}

/** The options of a loss, without settings that it does not have. */
function lossOf({ loss }: Pick<TrainingConfig, "loss">): LossConfig {
  const { name, classWeights, isBatchwise, includeBackground, skipAbsent } = loss;
  const common = { name, classWeights };
  const isPerVoxel = loss.name === "crossEntropy" || loss.name === "focal";
  // Generalised Dice has one quotient for all classes.
  const isShared = loss.name === "generalisedDice";
  const region = { isBatchwise, includeBackground, ...(isShared ? {} : { skipAbsent }) };
  return withoutNull(isPerVoxel ? common : { ...common, ...region });
}
