import type { AugmentOptions } from "../../data/augment/augment";
import { createBatches } from "../../data/createBatches";
import { paperCopies } from "../../data/augment/paperCopies";
import type { Sample } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import type { ArrayBatch } from "./trainingSession";

/** What decides a training's batches. */
interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly augmentation: TrainingConfig["augmentation"];
  readonly augmentationStrength: AugmentOptions;
  readonly lastBatch: TrainingConfig["lastBatch"];
}

/** The samples that one epoch goes over: with `"paper"`, each with its five copies. */
export function trainingSamples(
  samples: readonly Sample[],
  augmentation: TrainingConfig["augmentation"],
): readonly Sample[] {
  if (augmentation !== "paper") return samples;
  return samples.flatMap((sample) => [sample, ...paperCopies(sample)]);
}

/** How many batches an epoch has; at least one, however few samples there are. */
export function stepsPerEpoch(
  count: number,
  { batchSize, lastBatch }: Pick<BatchOptions, "batchSize" | "lastBatch">,
): number {
  return isLastDropped(count, batchSize, lastBatch)
    ? Math.floor(count / batchSize)
    : Math.ceil(count / batchSize);
}

/** The batch sizes that an epoch has: a full one, and a last one where it is not full. */
export function batchSizes(
  count: number,
  options: Pick<BatchOptions, "batchSize" | "lastBatch">,
): number[] {
  const { batchSize } = options;
  const last = Math.min(batchSize, count - batchSize * (stepsPerEpoch(count, options) - 1));
  return [...new Set([Math.min(batchSize, count), last])];
}

/** The batches of one epoch, in an order and with changes that hang on seed and epoch alone. */
export function* trainingBatches(
  samples: readonly Sample[],
  epoch: number,
  { batchSize, seed, augmentation, augmentationStrength, lastBatch }: BatchOptions,
): Generator<ArrayBatch> {
  const batches = createBatches(samples, {
    batchSize,
    seed,
    epoch,
    shuffle: true,
    augment: augmentation === "standard" && augmentationStrength,
    dropLast: isLastDropped(samples.length, batchSize, lastBatch),
  });
  for (const { images, labels, size, height, width } of batches) {
    yield { images, labels, shape: [size, height, width] };
  }
}

function isLastDropped(
  count: number,
  batchSize: number,
  lastBatch: TrainingConfig["lastBatch"],
): boolean {
  return lastBatch === "drop" && count >= batchSize;
}
