import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import { prepareSamples, restoreProbabilities } from "../../data/prepare";
import type { IntensityWindow } from "../../data/intensity";
import { checkDecoding } from "../../data/rankDice";
import type { Decoding } from "../../data/rankDice";
import type { Plane, SliceCase } from "../../data/types";
import { createPredictor } from "../../engine/predictor";
import type { Predictor } from "../../engine/predictor";
import { caseMetrics, summarise } from "../../metrics";
import type { CaseRecord, Summary } from "../../metrics";
import { logitsModel } from "../../models/logitsModel";
import { FLIPPED_AXES, meanProbabilities } from "../../web/meanProbabilities";
import type { TestTimeFlips } from "../../web/meanProbabilities";
import { expectNoPatches } from "../training/patchModel";
import { expectBatchSize, visitLogits } from "./predictSamples";
import { overWindows, windowsPerSlice } from "./sliceWindows";
import type { SliceWindows } from "./sliceWindows";
import type { LogitsFunction } from "../../web/meanProbabilities";

/** Recording a prediction costs about as much as running this many batches op by op. */
const BATCHES_WORTH_RECORDING = 8;

const DEFAULT_BATCH_SIZE = 4;

/** The names of {@link PredictOptions}. */
const PREDICT_OPTIONS: readonly string[] = [
  ...["batchSize", "flips", "slidingWindow", "decoding", "window", "onProgress", "compiled"],
];

/** Options of {@link predictCases}. */
export interface PredictOptions {
  /** Number of slices per batch; default 4. */
  readonly batchSize?: number;
  /**
   * Mirrored copies whose probabilities are averaged with those of the slice: `"horizontal"` adds one, mirrored left
   * to right; `"both"` adds three, mirrored front to back too. Default `"none"`.
   */
  readonly flips?: TestTimeFlips;
  /**
   * For networks trained on patches, which require it: slices are resized to `size`,
   * and the network is applied in windows of its input size. Default none: whole slices.
   */
  readonly slidingWindow?: SliceWindows;
  /**
   * How probabilities become labels: `"argmax"` (default) takes the most likely class, `"rankDice"` the labels with
   * the highest expected Dice.
   */
  readonly decoding?: Decoding;
  /** The range from black to white, as in training; default that of each case's unit. */
  readonly window?: IntensityWindow;
  /** Called after each batch with the number of slices done. */
  readonly onProgress?: (done: number) => void;
  /** Whether to record batches as one graph; default true if TensorFlow runs natively and there are many batches. */
  readonly compiled?: boolean;
}

/**
 * Predicts the classes of slices, each on its own grid: slices are resized for the network, and the class
 * probabilities are resized back.
 *
 * @param models take square images of one channel, `[null, size, size, 1]`; the probabilities of an
 *   ensemble's members, all of one size, are averaged
 * @returns one plane of labels per case, in their order
 * @throws ConfigError for an empty ensemble, members of different sizes, or unknown flips or decoding
 */
export function predictCases(
  models: tf.LayersModel | readonly tf.LayersModel[],
  cases: readonly SliceCase[],
  options: PredictOptions = {},
): Plane<Uint8Array>[] {
  const batches = predictInBatches(models, cases, options);
  for (;;) {
    const { done, value } = batches.next();
    if (done === true) return value;
  }
}

/**
 * {@link predictCases} in steps: yields after each batch, so that a caller can do other work in
 * between, or stop.
 */
export function* predictInBatches(
  models: tf.LayersModel | readonly tf.LayersModel[],
  cases: readonly SliceCase[],
  options: PredictOptions = {},
): Generator<void, Plane<Uint8Array>[]> {
  const { flips = "none", decoding = "argmax", slidingWindow, onProgress } = options;
  rejectUnknownOptions("predictCases", options, PREDICT_OPTIONS);
  expectBatchSize("predictCases", options.batchSize ?? DEFAULT_BATCH_SIZE);
  // An incomplete batch is padded.
  const batchSize = Math.min(options.batchSize ?? DEFAULT_BATCH_SIZE, Math.max(cases.length, 1));
  checkDecoding("predictCases.decoding", decoding);
  if (!Object.hasOwn(FLIPPED_AXES, flips)) {
    throw new ConfigError({
      where: "predictCases.flips",
      expected: Object.keys(FLIPPED_AXES).join(" or "),
      got: String(flips),
    });
  }
  const members = [models].flat();
  const inputSize = commonSize(members);
  const plan = slidingWindow && { ...slidingWindow, inputSize, batchSize };
  if (plan === undefined) expectNoPatches("predictCases.slidingWindow", members);
  const windows = plan === undefined ? 1 : windowsPerSlice("predictCases", plan);
  const prepared = options.window === undefined ? {} : { window: options.window };
  const passes = members.length * FLIPPED_AXES[flips].length * windows;
  const isLong = cases.length * passes > batchSize * BATCHES_WORTH_RECORDING;
  const { compiled = isLong && tf.getBackend() === "tensorflow" } = options;
  const predictors: Predictor[] = [];
  const memberLogits = members.map((member): LogitsFunction => {
    const logits = logitsModel(member);
    if (!compiled) return (images) => logits.apply(images, { training: false }) as tf.Tensor4D;
    const predictor = createPredictor(logits);
    predictors.push(predictor);
    return (images) => predictor<tf.Tensor4D>(images);
  });
  const wholeLogits = plan ? memberLogits.map((logits) => overWindows(logits, plan)) : memberLogits;
  const predict = meanProbabilities(wholeLogits, flips);
  const results: Plane<Uint8Array>[] = [];
  try {
    // A batch of cases at a time, so that the prepared copies of a large volume are never all in memory.
    for (let start = 0; start < cases.length; start += batchSize) {
      const batch = cases.slice(start, start + batchSize);
      const samples = prepareSamples(
        { cases: batch },
        { size: plan?.size ?? inputSize, ...prepared },
      );
      // Windows come in batches of equal size anyway.
      visitLogits(predict, samples, plan ? batch.length : batchSize, (_, probabilities) => {
        const values = probabilities.dataSync<"float32">();
        const [, height, width, classes] = probabilities.shape;
        const length = height * width * classes;
        batch.forEach((item, index) => {
          const data = values.subarray(index * length, (index + 1) * length);
          results.push(restoreProbabilities({ height, width, classes, data }, item, { decoding }));
        });
      });
      onProgress?.(results.length);
      yield;
    }
  } finally {
    for (const predictor of predictors) predictor.dispose();
  }
  return results;
}

/** A data set may be given instead of its class names. */
const DATASET_FIELDS = ["name", "classNames", "cases", "grid", "patients"];

/** Scores of each case and of all cases together. */
export interface Evaluation {
  readonly records: readonly CaseRecord[];
  readonly summary: Summary;
}

/**
 * Predicts cases and scores the predictions on the cases' own grids, not on the network's.
 *
 * @param cases with labels, none of which the model was trained on
 * @throws ConfigError for a case without labels
 */
export function evaluateModel(
  model: tf.LayersModel | readonly tf.LayersModel[],
  cases: readonly SliceCase[],
  options: PredictOptions & { readonly classNames: readonly string[] },
): Evaluation {
  rejectUnknownOptions("evaluateModel", options, [...PREDICT_OPTIONS, ...DATASET_FIELDS]);
  const { classNames, ...given } = options;
  const known = Object.entries(given).filter(([name]) => PREDICT_OPTIONS.includes(name));
  const predictions = predictCases(model, cases, Object.fromEntries(known));
  return scorePredictions(cases, predictions, classNames);
}

/**
 * Scores existing predictions.
 *
 * @param classes the names of the classes, or the dataset that has them
 * @throws ConfigError for a case without labels, or when there is not one prediction per case
 */
export function scorePredictions(
  cases: readonly Pick<SliceCase, "id" | "group" | "labels" | "spacingMm">[],
  predictions: readonly Plane<Uint8Array>[],
  classes: readonly string[] | { readonly classNames: readonly string[] },
): Evaluation {
  const classNames = "classNames" in classes ? classes.classNames : classes;
  if (predictions.length !== cases.length) {
    throw new ConfigError({
      where: "scorePredictions.predictions",
      expected: `one for each of the ${cases.length} cases`,
      got: String(predictions.length),
    });
  }
  const records = cases.map(({ id, group, labels, spacingMm }, index) => {
    if (labels === null) {
      throw new ConfigError({
        where: `evaluate("${id}")`,
        expected: "a mask to compare with",
        got: "none",
      });
    }
    return caseMetrics(labels, predictions[index], { id, group, classNames, spacingMm });
  });
  return { records, summary: summarise(records) };
}

/** The side of the square images that all members take; throws if they differ. */
function commonSize(members: readonly tf.LayersModel[]): number {
  const sizes = members.map(modelSize);
  if (sizes.length > 0 && sizes.every((size) => size === sizes[0])) return sizes[0];
  throw new ConfigError({
    where: "predictCases.models",
    expected: "at least one model, all with the same input size",
    got: sizes.length === 0 ? "none" : sizes.join(", "),
  });
}

/** The side of the square images that a model takes. */
function modelSize(model: tf.LayersModel): number {
  const [, height, width, channels] = model.inputs[0].shape;
  if (height === null || height !== width || channels !== 1) {
    throw new ConfigError({
      where: `predictCases("${model.name}")`,
      expected: "a model of square images with one channel",
      got: `[${String(height)}, ${String(width)}, ${String(channels)}]`,
    });
  }
  return height;
}
