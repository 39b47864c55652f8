import * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../../core/errors";
import type { Sample } from "../../data/types";
import type { LogitsFunction } from "../../web/meanProbabilities";

/** Called with a batch's samples and their logits `[samples, h, w, classes]`. */
export type LogitsVisitor = (samples: readonly Sample[], logits: tf.Tensor4D) => void;

/**
 * Iterates over samples in batches of equal size: an incomplete last batch is padded with its
 * last sample, so that a compiled prediction is recorded only once; padding is cut off.
 *
 * @throws DataError for an image that is not whole or finite
 */
export function visitLogits(
  predict: LogitsFunction,
  samples: readonly Sample[],
  batchSize: number,
  visit: LogitsVisitor,
): void {
  expectPixels("predict", samples);
  for (let start = 0; start < samples.length; start += batchSize) {
    const batch = samples.slice(start, start + batchSize);
    const { height, width } = batch[0].image;
    const pixels = height * width;
    const images = new Float32Array(batchSize * pixels);
    for (let place = 0; place < batchSize; place++) {
      const { image } = batch[Math.min(place, batch.length - 1)];
      images.set(image.data, place * pixels);
    }
    tf.tidy(() => {
      const logits = predict(tf.tensor4d(images, [batchSize, height, width, 1]));
      visit(batch, batch.length === batchSize ? logits : logits.slice(0, batch.length));
    });
  }
}

/** @throws ConfigError for a batch size that is not a positive integer */
export function expectBatchSize(where: string, batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 1) return;
  throw new ConfigError({
    where: `${where}.batchSize`,
    expected: "an integer of at least 1",
    got: String(batchSize),
  });
}

/**
 * Rejects images with missing or undefined pixels, since many networks turn NaN into a finite score.
 *
 * @throws DataError that names the image
 */
export function expectPixels(
  where: string,
  samples: readonly Pick<Sample, "id" | "image">[],
): void {
  for (const { id, image } of samples) {
    const { height, width, data } = image;
    if (data.length !== height * width) {
      throw new DataError({
        where: `${where} "${id}"`,
        expected: `${height * width} pixels of a ${height} x ${width} image`,
        got: String(data.length),
      });
    }
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    throw new DataError({
      where: `${where} "${id}"`,
      expected: "finite pixels",
      got: `${data[at]} in row ${Math.floor(at / width)}, column ${at % width}`,
      remedy: "Replace it, or leave the image out.",
    });
  }
}

/**
 * Rejects images whose size differs from the network's input. Most networks would accept them, although
 * they were not trained on that size.
 *
 * @throws ConfigError that names the sizes
 */
export function expectInputSize(
  where: string,
  model: tf.LayersModel,
  samples: readonly Pick<Sample, "id" | "image">[],
): void {
  const [, height, width] = model.inputs[0].shape;
  const other = samples.find(
    ({ image }) =>
      image.height !== (height ?? image.height) || image.width !== (width ?? image.width),
  );
  if (other === undefined) return;
  throw new ConfigError({
    where,
    expected: `images of ${String(height)} x ${String(width)}, as "${model.name}" takes them`,
    got: `"${other.id}" of ${other.image.height} x ${other.image.width}`,
    remedy:
      "Prepare them at this size. For a network trained on patches, cut a part of this size out of the slice (cropPlane).",
  });
}
