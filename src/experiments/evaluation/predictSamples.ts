import * as tf from "@tensorflow/tfjs";
import type { Sample } from "../../data/types";
import type { LogitsFunction } from "../../web/meanProbabilities";

/** Called with a batch's samples and their logits `[samples, h, w, classes]`. */
export type LogitsVisitor = (samples: readonly Sample[], logits: tf.Tensor4D) => void;

/**
 * Goes over samples in batches of one size: a last batch that is not full is filled up with its
 * last sample, so that a compiled prediction is recorded once, and what was filled in is cut off.
 */
export function visitLogits(
  predict: LogitsFunction,
  samples: readonly Sample[],
  batchSize: number,
  visit: LogitsVisitor,
): void {
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
