import * as tf from "@tensorflow/tfjs";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Plane } from "../../data/types";
import { logitsModel } from "../../models/logitsModel";
import { expectBatchSize, expectInputSize } from "../evaluation/predictSamples";
import { attentionMaps, expectPixel } from "./attentionMaps";
import type { AttentionMapRecord, AttentionRecords, Pixel } from "./attentionMaps";
import { deletionTest } from "./deletionTest";
import type { DeletionOptions, DeletionRecord, ImageScore } from "./deletionTest";

/** Options of {@link explain}. */
export interface ExplainOptions extends Omit<DeletionOptions, "keep"> {
  /** The pixel to explain, `[row, column]` of the image. */
  readonly query: Pixel;
  /** Paths of attention layers; default all. */
  readonly layers?: readonly string[];
  /** Images per batch; default 8. */
  readonly batchSize?: number;
}

/** The deletion test of one layer's map. */
export interface LayerDeletion extends DeletionRecord {
  readonly layer: string;
}

/** Why a model predicts a class at a pixel; plain numbers. */
export interface Explanation extends AttentionRecords {
  readonly query: Pixel;
  /** The most likely class at the pixel. */
  readonly label: number;
  /** Its probability. */
  readonly probability: number;
  /** For the mean map of each layer's heads: the probability of the class at the pixel as cells are deleted. */
  readonly deletion: readonly LayerDeletion[];
}

/**
 * Shows what a pixel's class is based on: the maps of {@link attentionMaps}, and a
 * {@link deletionTest} of each attention layer and gate that shows whether the attended positions matter.
 *
 * @param model one input `[batch, height, width, 1]`, scores or their softmax per pixel
 * @param image as the model takes it, grey in [0, 1]
 * @throws ConfigError for a pixel outside the image, or an unknown layer or option
 * @example
 * const model = mr({ inputShape: [16, 16, 1], numClasses: 2, filters: 16, depth: 1 });
 * const image = { height: 16, width: 16, data: new Float32Array(256) };
 * const { deletion } = explain(model, image, { query: [3, 5], repeats: 2 });
 * deletion.map(({ layer }) => layer); // ["decoder0/attention"]
 */
export function explain(
  model: tf.LayersModel,
  image: Plane<Float32Array>,
  options: ExplainOptions,
): Explanation {
  const { query, layers, batchSize = 8, ...deletionOptions } = options;
  rejectUnknownOptions("explain", options, [
    ...["query", "layers", "batchSize", "fractions", "baseline", "repeats", "seed"],
  ]);
  expectBatchSize("explain", batchSize);
  expectInputSize("explain.image", model, [{ id: "image", image }]);
  expectPixel("explain.query", image, query);
  const maps = attentionMaps(model, image, { query, ...(layers === undefined ? {} : { layers }) });
  const scores = logitsModel(model);
  const probabilitiesAt = (images: readonly Plane<Float32Array>[]): number[][] =>
    pixelProbabilities(scores, images, query, batchSize);
  const [own] = probabilitiesAt([image]);
  const label = own.indexOf(Math.max(...own));
  const score: ImageScore = (images) => probabilitiesAt(images).map((values) => values[label]);
  const tested = [...meanMaps(maps.attention), ...maps.gates];
  const deletion = tested.map(({ layer, weights }) => ({
    layer,
    ...deletionTest(score, image, weights, { ...deletionOptions, keep: query }),
  }));
  return { ...maps, query, label, probability: own[label], deletion };
}

/** The probabilities of all classes at one pixel, of each image. */
function pixelProbabilities(
  scores: tf.LayersModel,
  images: readonly Plane<Float32Array>[],
  [row, column]: Pixel,
  batchSize: number,
): number[][] {
  const results: number[][] = [];
  for (let start = 0; start < images.length; start += batchSize) {
    const batch = images.slice(start, start + batchSize);
    const { height, width } = batch[0];
    const values = Float32Array.from(batch.flatMap(({ data }) => Array.from(data)));
    const found = tf.tidy(() => {
      const inputs = tf.tensor4d(values, [batch.length, height, width, 1]);
      const all = scores.apply(inputs, { training: false }) as tf.Tensor4D;
      const pixel = tf.slice4d(all, [0, row, column, 0], [batch.length, 1, 1, all.shape[3]]);
      return tf.softmax(tf.reshape(pixel, [batch.length, all.shape[3]])).arraySync();
    });
    results.push(...(found as number[][]));
  }
  return results;
}

/** Each layer's map, averaged over its heads. */
function meanMaps(
  records: readonly AttentionMapRecord[],
): Pick<AttentionMapRecord, "layer" | "weights">[] {
  const layers = [...new Set(records.map(({ layer }) => layer))];
  return layers.map((layer) => {
    const heads = records.filter((record) => record.layer === layer);
    const { height, width } = heads[0].weights;
    const data = new Float32Array(height * width);
    for (const { weights } of heads) {
      for (let at = 0; at < data.length; at++) data[at] += weights.data[at] / heads.length;
    }
    return { layer, weights: { height, width, data } };
  });
}
