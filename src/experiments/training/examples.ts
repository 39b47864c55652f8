import { ConfigError } from "../../core/errors";
import type { AugmentOptions } from "../../data/augment/augment";
import type { Sample } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { arraySource } from "./arraySource";
import type { BatchingOptions, Source } from "./batch";
import { expectClasses, expectShapes, expectUsable } from "./checkExamples";
import type { AllowedLabels, ModelSizes } from "./checkExamples";
import { areSamples, isBatchSource } from "./fitData";
import type { Examples } from "./fitData";
import { generatorSource, copyArrays } from "./generatorSource";
import { sampleSource } from "./sampleSource";

interface OpenOptions extends BatchingOptions {
  readonly augmentation: TrainingConfig["augmentation"];
  readonly augmentationStrength: AugmentOptions;
  readonly oversampleForeground: number;
  readonly patchSize: number | null;
  readonly ignoreLabel: number | undefined;
}

/**
 * Opens examples of any kind that `fit` takes as batches, and checks them against the model: examples in memory now,
 * those of a generator as they are generated.
 *
 * @param where the option's name, for messages
 * @returns `null` if there are no examples
 */
export function openSource(
  where: string,
  examples: Examples,
  sizes: ModelSizes,
  labels: AllowedLabels,
  options: OpenOptions,
): Source | null {
  if (areSamples(examples)) {
    if (examples.length === 0) return null;
    expectClasses(where, sizes, examples);
    checkSamples(where, examples, labels);
    // Validation uses the samples unchanged.
    const augmentation = options.shuffle ? options.augmentation : "none";
    const oversampleForeground = options.shuffle ? options.oversampleForeground : 0;
    const patchSize = options.shuffle ? options.patchSize : null;
    if (patchSize !== null) expectRoomFor(patchSize, examples[0]);
    return sampleSource(examples, { ...options, augmentation, oversampleForeground, patchSize });
  }
  if (typeof examples !== "object" || examples === null) throw unknownExamples(where, examples);
  if (options.shuffle && options.augmentation !== "none") {
    throw new ConfigError({
      where: "fit.augmentation",
      expected: `"none" for tensors and generators`,
      got: `"${options.augmentation}"`,
      remedy: "Augment the examples beforehand, or train on samples.",
    });
  }
  if (options.shuffle && options.oversampleForeground > 0) {
    throw new ConfigError({
      where: "fit.oversampleForeground",
      expected: "0 for tensors and generators",
      got: String(options.oversampleForeground),
      remedy: "Repeat examples beforehand, or train on samples.",
    });
  }
  if (options.shuffle && options.patchSize !== null) {
    throw new ConfigError({
      where: "fit.patchSize",
      expected: "none for tensors and generators",
      got: String(options.patchSize),
      remedy: "Cut the patches beforehand, or train on samples.",
    });
  }
  if (isBatchSource(examples)) {
    return generatorSource(where, examples, (batch) => {
      expectShapes(where, sizes, batch);
      expectUsable(where, batch, labels);
    });
  }
  if (!("inputs" in examples)) throw unknownExamples(where, examples);
  const arrays = copyArrays(where, examples);
  expectUsable(where, arrays, labels);
  return arraySource(arrays, options);
}

/** @throws ConfigError for patches larger than the samples */
function expectRoomFor(patchSize: number, { image: { height, width } }: Sample): void {
  const side = Math.min(height, width);
  if (patchSize <= side) return;
  throw new ConfigError({
    where: "fit.patchSize",
    expected: `at most ${side}, the side of the samples`,
    got: String(patchSize),
    remedy: "Prepare larger samples, or draw smaller patches.",
  });
}

function unknownExamples(where: string, examples: unknown): ConfigError {
  return new ConfigError({
    where,
    expected: "samples, { inputs, labels } or { stepsPerEpoch, batches }",
    got:
      typeof examples === "object" && examples !== null
        ? `an object with ${Object.keys(examples).join(", ") || "nothing in it"}`
        : String(examples),
  });
}

function checkSamples(where: string, samples: readonly Sample[], allowed: AllowedLabels): void {
  for (const { id, image, labels } of samples) {
    if (labels === null) {
      throw new ConfigError({
        where,
        expected: "samples with labels",
        got: `"${id}" without`,
      });
    }
    expectUsable(where, { inputs: image.data, labels: labels.data, ids: [id] }, allowed);
  }
}

/** @throws ConfigError if a patient is on both sides */
export function expectNoSharedGroup(train: Examples, validation: Examples): void {
  const trained = new Set(groupsOf(train).map(([group]) => group));
  const shared = groupsOf(validation).find(([group]) => trained.has(group));
  if (shared === undefined) return;
  throw new ConfigError({
    where: "fit.validation",
    expected: "no group that is trained on",
    got: `"${shared[1]}" of group "${shared[0]}"`,
    remedy: "Split by group, with splitByGroup or kFold.",
  });
}

/** The group and name of each example with a known group. */
function groupsOf(examples: Examples): (readonly [group: string, id: string])[] {
  if (areSamples(examples)) return examples.map(({ group, id }) => [group, id]);
  if (isBatchSource(examples)) return [];
  const { groups = [], ids } = examples;
  return groups.map((group, index) => [group, ids?.[index] ?? `#${index}`]);
}
