import type * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../engine/load";
import { ConfigError } from "../../core/errors";
import { readSafetensorsFile } from "../../engine/weights/safetensorsFile";
import { readTorchWeightsFile } from "../../engine/weights/torchWeightsFile";
import { loadEncoder } from "../../models/loadEncoder";
import { modelSettings } from "../../models/modelArguments";
import { modelByName } from "../../models/modelByName";
import { MODEL_NAMES } from "../../models/modelNames";
import type { ModelName } from "../../models/modelNames";
import { didYouMean } from "../config/nearestName";
import type { TrainingConfig } from "../config/trainingConfig";
import { inputSize, notePatches } from "./patchModel";

let isWarned = false;

/**
 * Builds the network of a configuration for square grey slices or patches, with weights from the seed. The engine
 * is loaded only here, so that bad input is rejected before TensorFlow prints anything.
 *
 * @param name one of `MODEL_NAMES`
 */
export function buildModel(
  name: string,
  config: Pick<TrainingConfig, "size" | "seed" | "model" | "sampling">,
  numClasses: number,
): tf.LayersModel {
  const { seed, model } = config;
  const size = inputSize(config);
  expectArchitecture(name, model);
  warnWithoutEngine();
  const { attentionLevels, normalization, attention, pathWidth, encoderWeights, ...widths } = model;
  const settings = {
    ...widths,
    ...(attentionLevels === "all" ? {} : { attentionLevels }),
    ...(normalization === null ? {} : { normalization }),
    ...(attention === null ? {} : { attention }),
    ...(pathWidth === null ? {} : { pathWidth }),
  };
  const built = modelByName(name, {
    inputShape: [size, size, 1],
    numClasses,
    seed,
    ...modelSettings(name as ModelName, settings),
  });
  if (encoderWeights !== null) {
    const isSafetensors = encoderWeights.endsWith(".safetensors");
    const read = isSafetensors ? readSafetensorsFile : readTorchWeightsFile;
    loadEncoder(built, read(encoderWeights));
  }
  notePatches(built, config);
  return built;
}

/** Models whose encoder accepts ImageNet weights. */
const PRETRAINED = ["resnextUnet", "efficientnetUnet"];

/** Models with a setting for the kind of attention. */
const ATTENDING = ["residualAttentionUnet", "mr"];

/**
 * Rejects an unknown model, or an architecture that the model does not support, before any work is done.
 *
 * @throws ConfigError that names the setting
 */
export function expectArchitecture(
  name: string,
  { attention, encoderWeights }: TrainingConfig["model"],
): void {
  expectModelName(name);
  if (encoderWeights !== null && !PRETRAINED.includes(name)) {
    throw new ConfigError({
      where: "config.model.encoderWeights",
      expected: `null for model ${name}`,
      got: `"${encoderWeights}"`,
      remedy: `Only ${PRETRAINED.join(" and ")} take ImageNet weights.`,
    });
  }
  if (attention === null || ATTENDING.includes(name)) return;
  throw new ConfigError({
    where: "config.model.attention",
    expected: `null for model ${name}`,
    got: `"${attention}"`,
    remedy: `Only ${ATTENDING.join(" and ")} have a setting for the kind of attention.`,
  });
}

/**
 * Rejects an unknown name before any work is done.
 *
 * @throws ConfigError for a name that is not in `MODEL_NAMES`
 */
export function expectModelName(name: string): void {
  if (MODEL_NAMES.some((known) => known === name)) return;
  throw new ConfigError({
    where: "model",
    expected: `one of ${MODEL_NAMES.join(", ")}`,
    got: `"${name}"`,
    ...didYouMean(name, MODEL_NAMES),
  });
}

/** Warns once on stderr that training will be slow. */
function warnWithoutEngine(): void {
  const { problem } = loadEngine();
  if (problem === null || isWarned) return;
  isWarned = true;
  process.emitWarning(
    `Native TensorFlow did not load (${problem}). JavaScript runs instead, many times slower; ` +
      "Run npx layerbook doctor for help.",
  );
}
