import { createHash } from "node:crypto";
import type { AugmentOptions } from "../../data/augment/augment";
import { createBatches } from "../../data/createBatches";
import { paperCopies } from "../../data/augment/paperCopies";
import type { Sample } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { epochSizes } from "./batch";
import type { ArrayBatch, BatchingOptions, Source } from "./batch";

interface SampleOptions extends BatchingOptions {
  readonly augmentation: TrainingConfig["augmentation"];
  readonly augmentationStrength: AugmentOptions;
  readonly oversampleForeground: number;
  /** Side of the random patch from each sample; `null` for whole samples. */
  readonly patchSize: number | null;
  readonly ignoreLabel: number | undefined;
}

/**
 * Batches of slices, in an order and with augmentation that depend only on seed and epoch.
 *
 * @param samples at least one, all of one size and with labels
 */
export function sampleSource(samples: readonly Sample[], options: SampleOptions): Source {
  const { batchSize, seed, augmentation, augmentationStrength, shuffle } = options;
  const { oversampleForeground, ignoreLabel, patchSize } = options;
  const all =
    augmentation === "paper"
      ? samples.flatMap((sample) => [sample, ...paperCopies(sample)])
      : samples;
  const { steps, sizes, isLastDropped } = epochSizes(all.length, options);
  const { image } = samples[0];
  const [height, width] = [patchSize ?? image.height, patchSize ?? image.width];
  function* batches(epoch: number): Generator<ArrayBatch> {
    const made = createBatches(all, {
      ...{ batchSize, seed, epoch, shuffle, oversampleForeground, ignoreLabel },
      augment: augmentation === "standard" && augmentationStrength,
      ...(patchSize === null ? {} : { patchSize }),
      dropLast: isLastDropped,
    });
    for (const { images, labels, ids, size } of made) {
      yield { inputs: images, labels, ids, ...shapeOf(size) };
    }
  }
  const shapeOf = (size: number) => ({
    inputShape: [size, height, width, 1],
    labelShape: [size, height, width],
  });
  return {
    stepsPerEpoch: steps,
    shapes: sizes.map(shapeOf),
    fingerprint: hashOf(samples),
    batches,
  };
}

/** A hash of names, sizes and contents, so that a corrected mask counts as other data. */
function hashOf(samples: readonly Sample[]): string {
  const hash = createHash("sha256");
  for (const { id, image, labels } of samples) {
    hash.update(`${id} ${image.height}x${image.width}\n`);
    hash.update(image.data);
    if (labels !== null) hash.update(labels.data);
  }
  return hash.digest("hex");
}
