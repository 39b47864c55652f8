import { ConfigError } from "../../core/errors";
import { modelArguments } from "../../models/modelArguments";
import type { ModelName } from "../../models/modelNames";
import { decisiveSettings } from "../config/fingerprint";
import { PRESET_NAMES, presetConfig } from "../config/presets";
import { valueAt } from "../config/setting";
import type { TrainingConfig } from "../config/trainingConfig";

/** A model with the settings of its training. */
interface Training {
  readonly model: string;
  readonly config: TrainingConfig;
  /** Default: the split by the configuration's fractions. */
  readonly split?: { readonly validation: readonly string[] };
}

/**
 * Rejects settings that differ from their preset but that none of the trainings would use: a cardinality
 * without ResNeXt blocks, strengths of an augmentation that is off.
 *
 * @throws ConfigError that names the first such setting
 */
export function rejectUnusedSettings(trainings: readonly Training[]): void {
  if (trainings.length === 0) return;
  const [first, ...others] = trainings.map(unusedSettings);
  for (const [path, reason] of first) {
    if (!others.every((unused) => unused.has(path))) continue;
    throw new ConfigError({
      where: `config.${path}`,
      expected: "a setting that the training uses",
      got: `${JSON.stringify(valueAt(trainings[0].config, path.split(".")))}, which ${reason}`,
      remedy: "Remove it, or change the setting it belongs to.",
    });
  }
}

/**
 * Rejects a setting that differs from its preset but that a study decides itself.
 *
 * @param path e.g. `"augmentation"`
 * @param reason follows "which" in the message, e.g. "this study sets itself"
 * @throws ConfigError that names the setting
 */
export function rejectChangedSettings(
  config: TrainingConfig,
  path: string,
  reason: string,
  remedy: string,
): void {
  const value = decisiveSettings(config).get(path);
  if (value === presetSettings(config).get(path)) return;
  throw new ConfigError({
    where: `config.${path}`,
    expected: "a setting that the study uses",
    got: `${value ?? "nothing"}, which ${reason}`,
    remedy,
  });
}

function presetSettings({ preset }: TrainingConfig): Map<string, string> {
  return decisiveSettings(presetConfig(PRESET_NAMES.find((name) => name === preset) ?? "quick"));
}

/** The paths of changed settings that the training does not use, with the reasons. */
function unusedSettings(training: Training): Map<string, string> {
  const before = presetSettings(training.config);
  const unused = new Map<string, string>();
  for (const [path, value] of decisiveSettings(training.config)) {
    if (value === before.get(path)) continue;
    const reason = reasonUnused(path, training);
    if (reason !== null) unused.set(path, reason);
  }
  return unused;
}

/** Why a setting is not used; `null` if it is used. */
function reasonUnused(path: string, { model, config, split }: Training): string | null {
  const { loss, augmentation, augmentationStrength, compiled, selfTraining } = config;
  const isValidated =
    split === undefined ? config.validationFraction > 0 : split.validation.length > 0;
  const [group, name] = path.split(".");
  switch (group) {
    case "patience":
    case "monitor":
      return isValidated ? null : "needs validation slices, and there are none";
    case "schedule":
      return config.schedule.name === "reduceOnPlateau" && !isValidated
        ? "needs validation slices, and there are none"
        : null;
    case "validationFraction":
      return config.validationFraction === 0 || isValidated ? null : "has no slices to divide";
    case "model":
      return reasonUnusedByModel(name, model, config.model);
    case "loss": {
      const isPerPixel = loss.name === "crossEntropy" || loss.name === "focal";
      const isOfRegions = ["isBatchwise", "skipAbsent", "includeBackground"].includes(name);
      if (isOfRegions && isPerPixel) return `${loss.name} does not have`;
      return name === "skipAbsent" && loss.name === "generalisedDice"
        ? "generalisedDice does not have"
        : null;
    }
    case "augmentationStrength":
      if (augmentation !== "standard") return `augmentation "${augmentation}" does not have`;
      return name === "cutoutSize" && augmentationStrength.cutoutChance === 0
        ? "needs a cutoutChance"
        : null;
    case "selfTraining":
      return name === "minConfidence" && selfTraining.rounds === 0 ? "needs rounds" : null;
    case "inference":
      return reasonUnusedByWindows(name, config);
    case "precision":
      return compiled ? null : "only a compiled step has";
    default:
      return null;
  }
}

function reasonUnusedByWindows(
  name: string,
  { size, sampling: { patchSize } }: TrainingConfig,
): string | null {
  if (name !== "overlap" && name !== "mode") return null;
  if (patchSize === null) return "needs sampling.patchSize";
  return patchSize === size ? "needs a patchSize below size" : null;
}

function reasonUnusedByModel(
  name: string,
  model: string,
  settings: TrainingConfig["model"],
): string | null {
  const { attention, attentionLevels } = settings;
  // `buildModel` rejects these two with a better message.
  if (name === "encoderWeights" || name === "attention") return null;
  if (!modelArguments(model as ModelName).includes(name)) return `${model} does not have`;
  const isOfAttention = ["attentionLevels", "bucketSize", "numHashes"].includes(name);
  if (isOfAttention && attention === "none") return "needs attention";
  const isOfHashing = name === "bucketSize" || name === "numHashes";
  if (!isOfHashing) return null;
  if (attention !== null && attention !== "lsh") return `attention "${attention}" does not have`;
  return Array.isArray(attentionLevels) && attentionLevels.length === 0 ? "needs attention" : null;
}
