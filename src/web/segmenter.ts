import * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { prepareSamples, restoreProbabilities } from "../data/prepare";
import type { Plane, SliceCase } from "../data/types";
import * as layers from "../layers";
import { PaddingMask } from "../layers/attention/PaddingMask";
import { LogProbabilities } from "../layers/support/LogProbabilities";
import { logitsModel } from "../models/logitsModel";
import { meanProbabilities } from "./meanProbabilities";
import { PREPROCESSING_FILE, parsePreprocessing } from "./preprocessing";
import type { WebPreprocessing } from "./preprocessing";

/** How {@link Segmenter.segment} runs. */
export interface SegmentOptions {
  /** Slices at a time; default 1, so that a page shows the first mask early. */
  readonly batchSize?: number;
  /** Called after each batch with the number of finished slices; the page can redraw in between. */
  readonly onProgress?: (done: number) => void;
  /** Stops between batches, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How {@link loadSegmenter} fetches. */
export interface LoadSegmenterOptions {
  /** Called with the fraction of the weights that has arrived, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Replaces the page's own `fetch`. */
  readonly fetchFunc?: typeof fetch;
}

/** A model that `exportWebModel` wrote, with its preprocessing. */
export class Segmenter {
  private readonly probabilities: (images: tf.Tensor4D) => tf.Tensor4D;

  /**
   * @param model gives class scores or probabilities of square grey images, `[batch, size, size, 1]`
   * @throws ConfigError if the model's input size differs from that in `preprocessing`
   */
  constructor(
    readonly model: tf.LayersModel,
    readonly preprocessing: WebPreprocessing,
  ) {
    const { size } = preprocessing;
    const [, height, width, channels] = model.inputs[0].shape;
    if (height !== size || width !== size || channels !== 1) {
      throw new ConfigError({
        where: "Segmenter.model",
        expected: `a model of [${size}, ${size}, 1] images, as ${PREPROCESSING_FILE} says`,
        got: `[${[height, width, channels].join(", ")}]`,
        remedy: "Take both files from one export.",
      });
    }
    const logits = logitsModel(model);
    this.probabilities = meanProbabilities(
      [(images) => logits.apply(images, { training: false }) as tf.Tensor4D],
      preprocessing.flips,
    );
  }

  /**
   * Segments slices on their original grids, with the same preprocessing and resampling as
   * `predictCases` in Node.
   *
   * @returns one plane of labels per slice, in their order
   * @throws ConfigError for slices in a unit without a window, or a batch size below 1
   */
  async segment(
    cases: readonly SliceCase[],
    options: SegmentOptions = {},
  ): Promise<Plane<Uint8Array>[]> {
    rejectUnknownOptions("Segmenter.segment", options, ["batchSize", "onProgress", "signal"]);
    const { batchSize = 1, onProgress, signal } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new ConfigError({
        where: "Segmenter.segment.batchSize",
        expected: "an integer of at least 1",
        got: String(batchSize),
      });
    }
    const { decoding = "argmax" } = this.preprocessing;
    const results: Plane<Uint8Array>[] = [];
    for (let start = 0; start < cases.length; start += batchSize) {
      signal?.throwIfAborted();
      const batch = cases.slice(start, start + batchSize);
      const probabilities = this.predict(batch);
      const values = await probabilities.data<"float32">();
      const [, height, width, classes] = probabilities.shape;
      probabilities.dispose();
      const length = height * width * classes;
      batch.forEach((item, index) => {
        const data = values.subarray(index * length, (index + 1) * length);
        results.push(restoreProbabilities({ height, width, classes, data }, item, { decoding }));
      });
      onProgress?.(results.length);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return results;
  }

  /** Frees the model's weights. */
  dispose(): void {
    this.model.dispose();
  }

  private predict(batch: readonly SliceCase[]): tf.Tensor4D {
    const { size, windows, interpolation } = this.preprocessing;
    const pixels = size * size;
    const images = new Float32Array(batch.length * pixels);
    for (const [index, item] of batch.entries()) {
      const window = item.unit === "arbitrary" ? undefined : windows[item.unit];
      const [{ image }] = prepareSamples(
        { cases: [item] },
        { size, interpolation, ...(window === undefined ? {} : { window }) },
      );
      images.set(image.data, index * pixels);
    }
    return tf.tidy(() => this.probabilities(tf.tensor4d(images, [batch.length, size, size, 1])));
  }
}

/**
 * Loads what `layerbook export RUN --to web` wrote. It supports every layer of `layerbook`, including
 * LSH attention.
 *
 * @param url the exported folder's address, absolute or relative to the page
 * @throws DataError if a file is missing or of another version
 */
export async function loadSegmenter(
  url: string,
  options: LoadSegmenterOptions = {},
): Promise<Segmenter> {
  rejectUnknownOptions("loadSegmenter", options, ["onProgress", "fetchFunc"]);
  registerLayers();
  const { onProgress, fetchFunc = (...request) => fetch(...request) } = options;
  const folder = url.replace(/\/$/, "");
  const address = `${folder}/${PREPROCESSING_FILE}`;
  const preprocessing = parsePreprocessing(address, await fetchJson(address, fetchFunc));
  const modelAddress = `${folder}/model.json`;
  const model = await tf
    .loadLayersModel(modelAddress, {
      fetchFunc,
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    .catch((cause: unknown) => {
      throw new DataError({
        where: modelAddress,
        expected: "a tfjs layers model with its weights",
        got: cause instanceof Error ? cause.message : String(cause),
        remedy: "Serve the whole folder that `layerbook export RUN --to web` wrote",
        cause,
      });
    });
  return new Segmenter(model, preprocessing);
}

async function fetchJson(address: string, fetchFunc: typeof fetch): Promise<unknown> {
  const missing = (got: string, cause?: unknown): DataError =>
    new DataError({
      where: address,
      expected: "the file that `layerbook export RUN --to web` wrote",
      got,
      remedy: "Serve the whole exported folder",
      cause,
    });
  let response: Response;
  try {
    response = await fetchFunc(address);
  } catch (cause) {
    throw missing(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!response.ok) throw missing(`status ${response.status}`);
  try {
    return await response.json();
  } catch (cause) {
    throw missing("something that is not JSON", cause);
  }
}

/**
 * Registers the layers again, since a bundler drops the registration in each layer's file as unused
 * code.
 */
function registerLayers(): void {
  const classes = [...Object.values(layers), LogProbabilities, PaddingMask] as unknown[];
  for (const layer of classes) {
    if (isLayerClass(layer)) tf.serialization.registerClass(layer);
  }
}

function isLayerClass(
  value: unknown,
): value is tf.serialization.SerializableConstructor<tf.layers.Layer> {
  return (
    typeof value === "function" &&
    value.prototype instanceof tf.layers.Layer &&
    typeof (value as { className?: unknown }).className === "string"
  );
}
