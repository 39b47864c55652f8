import { ConfigError } from "../../core/errors";
import { mergeSettings } from "./mergeSettings";
import { didYouMean } from "./nearestName";
import { parseConfig } from "./parseConfig";
import type { TrainingConfig, TrainingOverrides } from "./trainingConfig";
import { trainingConfigSchema } from "./trainingConfig";

/**
 * Dice per image over the classes present in the image, which is what the mean Dice over cases measures. Dice per
 * batch rewards large lesions; Dice per image over all classes never learns a rare one. In 308 steps of `unet` on the
 * phantom (seed 1, without augmentation) the three reached 0.72, 0.69 and 0.42 mean foreground Dice on held-out slices.
 */
const PER_CASE = { isBatchwise: false, skipAbsent: true } as const;

/** Makes the network independent of the other images of the batch. */
const PER_IMAGE = { normalization: "group", standardize: true } as const;

/**
 * Ready-made training settings, as changes to the schema's defaults.
 *
 * - `smoke`: seconds per training; a check that everything runs, not a useful model.
 * - `demo`: used by `npm run demo`: 312 steps per model, minutes for both on two cores.
 * - `quick`: the same with more slices, more epochs and augmentation; minutes per model.
 * - `best`: `quick` at 192 × 192 and twice as long, with averaged weights, rare classes drawn more often,
 *   mirrored copies in prediction and labels by expected Dice; docs/accuracy.md has the effect of each.
 * - `paper`: the paper's protocol: 369 × 369 grey, 100 epochs, 10 folds, Adam with defaults,
 *   multi-class cross-entropy, five augmented copies of every training slice, attention at every
 *   level. Hours per fold without a GPU. The paper states no batch size; ours is 2.
 *
 * `quick` and `best` normalise each image separately, since statistics of a batch of four are noisy and real
 * scans differ in brightness; docs/accuracy.md has the effect on real slices.
 *
 * All except `paper` have attention at a quarter of the resolution and below, and use Dice + cross-entropy.
 * `smoke` and `demo` do not augment: in so few steps augmentation costs more than it gains.
 */
const PRESETS = {
  smoke: {
    loss: PER_CASE,
    size: 64,
    epochs: 8,
    model: { filters: 8, depth: 3, attentionLevels: [2] },
    augmentation: "none",
    monitor: "validationLoss",
    optimizer: { learningRate: 0.005 },
    folds: 2,
    phantom: { count: 24, size: 128 },
  },
  demo: {
    loss: PER_CASE,
    epochs: 24,
    augmentation: "none",
    phantom: { count: 80 },
  },
  quick: { loss: PER_CASE, model: PER_IMAGE },
  best: {
    loss: PER_CASE,
    size: 192,
    epochs: 80,
    model: PER_IMAGE,
    optimizer: { useEma: true, useEmaWarmup: true },
    sampling: { oversampleForeground: 0.33 },
    inference: { flips: "both", decoding: "rankDice" },
  },
  paper: {
    size: 369,
    batchSize: 2,
    epochs: 100,
    lastBatch: "keep",
    model: { attentionLevels: "all" },
    loss: { name: "crossEntropy" },
    optimizer: { learningRate: 0.001, clipNorm: null },
    schedule: { name: "constant" },
    augmentation: "paper",
    monitor: "validationLoss",
    validationFraction: 0,
    testFraction: 0.1,
    folds: 10,
    phantom: { size: 512 },
  },
} satisfies Record<string, TrainingOverrides>;

export type PresetName = keyof typeof PRESETS;

/** The names of all presets, fastest first. */
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/**
 * The settings of a preset, with some replaced. Groups of settings are merged; lists and a schedule are
 * replaced as a whole.
 *
 * @throws ConfigError for an unknown preset or an invalid setting
 * @example
 * const config = presetConfig("smoke", { epochs: 2, model: { filters: 4 } });
 * [config.epochs, config.model.filters, config.model.depth]; // [2, 4, 3]
 */
export function presetConfig(name: string, overrides: TrainingOverrides = {}): TrainingConfig {
  if (!Object.hasOwn(PRESETS, name)) {
    throw new ConfigError({
      where: "preset",
      expected: `one of ${PRESET_NAMES.join(", ")}`,
      got: `"${name}"`,
      ...didYouMean(name, PRESET_NAMES),
    });
  }
  const preset = { ...PRESETS[name as PresetName], preset: name };
  const merged = mergeSettings(trainingConfigSchema, preset, overrides);
  return parseConfig("config", trainingConfigSchema, merged);
}
