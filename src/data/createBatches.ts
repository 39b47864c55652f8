import { ConfigError } from "../core/errors";
import { createRandom } from "../core/random";
import type { AugmentOptions } from "./augment/augment";
import { augment } from "./augment/augment";
import { drawPatch } from "./drawPatch";
import { oversample } from "./oversample";
import type { Sample } from "./types";

/** How samples are batched. */
export interface BatchOptions {
  readonly batchSize: number;
  /** Fixes order and augmentation; default 0. */
  readonly seed?: number;
  /** Number of passes so far; each has its own order and augmentations. Default 0. */
  readonly epoch?: number;
  /** Whether to shuffle; default false. */
  readonly shuffle?: boolean;
  /** `true` for the defaults of {@link augment}, or its options; default `false`. */
  readonly augment?: boolean | AugmentOptions;
  /**
   * Fraction of the pass, in [0, 1], whose samples are drawn for a foreground class. The classes take
   * turns, so that a rare one is seen as often as a common one. The drawn samples replace others; the
   * length of the pass stays the same. Default 0.
   */
  readonly oversampleForeground?: number;
  /**
   * Side of a random patch to cut from each augmented sample: around a pixel of the class that the sample
   * was drawn for, otherwise anywhere. By default samples stay whole.
   */
  readonly patchSize?: number | undefined;
  /** A label that is not a class, which `oversampleForeground` leaves out. */
  readonly ignoreLabel?: number | undefined;
  /** Whether to leave out a last batch that is not full; default false. */
  readonly dropLast?: boolean;
}

/** Samples stacked along the first axis. */
export interface Batch {
  /** Grey, `[size, height, width, 1]`. */
  readonly images: Float32Array;
  /** `[size, height, width]`; zeros for samples without labels. */
  readonly labels: Int32Array;
  readonly ids: readonly string[];
  readonly size: number;
  readonly height: number;
  readonly width: number;
}

function checkSamples(samples: readonly Sample[], batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError({
      where: "createBatches.batchSize",
      expected: "1 or more",
      got: String(batchSize),
    });
  }
  const wrong = samples.find(
    ({ image }) =>
      image.height !== samples[0].image.height || image.width !== samples[0].image.width,
  );
  if (wrong !== undefined) {
    throw new ConfigError({
      where: "createBatches.samples",
      expected: `one size, ${samples[0].image.height} x ${samples[0].image.width}`,
      got: `${wrong.id} of ${wrong.image.height} x ${wrong.image.width}`,
      remedy: "Prepare samples to one size first",
    });
  }
}

/**
 * Makes the batches of one pass over the samples, one at a time on request. Order and augmentation
 * depend only on seed, epoch and sample id, so a resumed run sees the same batches as an uninterrupted one.
 *
 * @throws ConfigError for a batch size below 1 or samples of different sizes
 */
export function* createBatches(
  samples: readonly Sample[],
  options: BatchOptions,
): Generator<Batch, void, undefined> {
  const { batchSize, seed = 0, epoch = 0, shuffle = false, dropLast = false } = options;
  const { oversampleForeground = 0, ignoreLabel, patchSize } = options;
  checkSamples(samples, batchSize);
  const random = createRandom(seed).fork(`epoch ${epoch}`);
  const changes = options.augment === true ? {} : options.augment || null;
  const inOrder = shuffle
    ? random.fork("order").permutation(samples.length)
    : samples.map((_, index) => index);
  const order = oversample(inOrder, samples, {
    ...{ share: oversampleForeground, ignoreLabel },
    random: random.fork("foreground"),
  });
  const timesSeen = new Map<string, number>();
  for (let start = 0; start < order.length; start += batchSize) {
    const size = Math.min(batchSize, order.length - start);
    if (dropLast && size < batchSize) return;
    const { image } = samples[0];
    const height = patchSize ?? image.height;
    const width = patchSize ?? image.width;
    const pixels = height * width;
    const images = new Float32Array(size * pixels);
    const labels = new Int32Array(size * pixels);
    const ids: string[] = [];
    for (let i = 0; i < size; i++) {
      const { index, label } = order[start + i];
      const original = samples[index];
      const times = timesSeen.get(original.id) ?? 0;
      timesSeen.set(original.id, times + 1);
      // A sample that was drawn twice is augmented differently each time.
      const key = times === 0 ? original.id : `${original.id} again ${times}`;
      const whole = changes === null ? original : augment(original, random.fork(key), changes);
      const sample =
        patchSize === undefined
          ? whole
          : drawPatch(whole, { patchSize, label, random: random.fork(`patch of ${key}`) });
      images.set(sample.image.data, i * pixels);
      if (sample.labels !== null) labels.set(sample.labels.data, i * pixels);
      ids.push(sample.id);
    }
    yield { images, labels, ids, size, height, width };
  }
}
