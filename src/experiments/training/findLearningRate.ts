import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { OptimizerConfig } from "../../core/optimizers";
import type { SegmentationLoss } from "../../losses";
import { crossEntropy } from "../../losses";
import { logitsModel } from "../../models/logitsModel";
import type { ArrayBatch, Source } from "./batch";
import { expectShapes, sizesOf } from "./checkExamples";
import { openSource } from "./examples";
import type { Examples } from "./fitData";
import { createSession } from "./trainingSession";
import { readVariables, writeVariables } from "./variables";

/** Options of {@link findLearningRate}; every field has a default. */
export interface FindLearningRateOptions {
  /** A loss on scores; default `crossEntropy()`. */
  readonly loss?: SegmentationLoss;
  /** Its learning rate is not used; default Adam. */
  readonly optimizer?: OptimizerConfig;
  /** The first rate; default 1e-7. */
  readonly from?: number;
  /** The last rate; default 10. */
  readonly to?: number;
  /** Number of steps from the first rate to the last, each by the same factor; default 100. */
  readonly steps?: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Weight of the previous mean when the loss is smoothed; default 0.95. */
  readonly smoothing?: number;
  /** The test ends once the loss is this many times its minimum; default 4. */
  readonly divergence?: number;
  /** A label to ignore. The default loss ignores it; a loss of your own must do so itself. */
  readonly ignoreLabel?: number;
  /** Seed of the order of examples; default 1. */
  readonly seed?: number;
  /** Default true if TensorFlow runs natively. */
  readonly compiled?: boolean;
}

/** The result of {@link findLearningRate}: plain numbers, which `learningRateFinderChart` draws. */
export interface LearningRateTest {
  /** The smoothed loss at each rate, in the order of the test. */
  readonly points: readonly { readonly learningRate: number; readonly loss: number }[];
  /** The rate at which the loss falls fastest; `null` if it does not fall. */
  readonly suggested: number | null;
}

const DEFAULTS = {
  from: 1e-7,
  to: 10,
  steps: 100,
  batchSize: 4,
  smoothing: 0.95,
  divergence: 4,
  seed: 1,
};

function check(name: string, holds: boolean, got: number, expected: string): void {
  if (holds) return;
  throw new ConfigError({ where: `findLearningRate.${name}`, expected, got: String(got) });
}

/**
 * The rate where the loss falls most steeply over the logarithm of the rate. The first tenth is left out, since
 * the mean is still noisy there; slopes span five points for the same reason.
 */
function steepest(points: LearningRateTest["points"]): number | null {
  let [least, found] = [0, null as number | null];
  for (let index = Math.max(2, Math.ceil(points.length / 10)); index < points.length - 2; index++) {
    const [before, after] = [points[index - 2], points[index + 2]];
    const slope = (after.loss - before.loss) / Math.log(after.learningRate / before.learningRate);
    if (slope < least) [least, found] = [slope, points[index].learningRate];
  }
  return found;
}

/**
 * Learning-rate range test: trains for a few steps at rates that increase from very small to too large,
 * then restores the model's weights.
 *
 * @param model as for `fit`
 * @param data what `fit` trains on: samples, tensors, or a generator of batches
 * @returns the smoothed losses, and the rate of their steepest fall
 * @throws ConfigError if an option is unknown or out of range, or model and data do not match; DataError
 *   for a label that is not a class or a value that is not finite
 * @example
 * const model = tf.sequential({
 *   layers: [tf.layers.dense({ units: 2, activation: "softmax", inputShape: [3] })],
 * });
 * const data = { inputs: tf.randomNormal([8, 3]), labels: tf.zeros([8], "int32") };
 * const { points } = await findLearningRate(model, data, { steps: 5 });
 * points.length; // 5
 * @see Smith 2017, arXiv:1506.01186, section 3.3
 */
export async function findLearningRate(
  model: tf.LayersModel,
  data: Examples,
  options: FindLearningRateOptions = {},
): Promise<LearningRateTest> {
  const known = [...Object.keys(DEFAULTS), "loss", "optimizer", "compiled", "ignoreLabel"];
  rejectUnknownOptions("findLearningRate", options, known);
  const { from, to, steps, batchSize, smoothing, divergence, seed } = { ...DEFAULTS, ...options };
  const { ignoreLabel, compiled = tf.getBackend() === "tensorflow" } = options;
  const { loss = crossEntropy(ignoreLabel === undefined ? {} : { ignoreLabel }) } = options;
  const { optimizer = { name: "adam", learningRate: 1 } } = options;
  check("from", from > 0 && Number.isFinite(from), from, "a number above 0");
  check("to", to > from && Number.isFinite(to), to, `a number above ${from}`);
  check("steps", Number.isInteger(steps) && steps > 1, steps, "an integer of at least 2");
  check("batchSize", Number.isInteger(batchSize) && batchSize > 0, batchSize, "1, 2, 3, …");
  check("smoothing", smoothing >= 0 && smoothing < 1, smoothing, "in [0, 1)");
  check("divergence", divergence > 1, divergence, "above 1");

  const source = openExamples(model, data, { batchSize, seed, ignoreLabel });
  const session = createSession(model, {
    ...{ loss, optimizer, compiled, precision: "float32" },
    trainingShapes: source.shapes,
    predictionShape: null,
  });
  const before = readVariables(session.modelVariables);
  const points: { learningRate: number; loss: number }[] = [];
  let [mean, lowest] = [0, Infinity];
  try {
    for await (const batch of endless(source)) {
      const step = points.length;
      const learningRate = from * (to / from) ** (step / (steps - 1));
      mean = smoothing * mean + (1 - smoothing) * session.train(batch, learningRate);
      const smoothed = mean / (1 - smoothing ** (step + 1));
      if (!Number.isFinite(smoothed)) break;
      points.push({ learningRate, loss: smoothed });
      lowest = Math.min(lowest, smoothed);
      if (points.length === steps || smoothed > divergence * lowest) break;
    }
  } finally {
    writeVariables(model.name, session.modelVariables, before);
    session.dispose();
  }
  return { points, suggested: steepest(points) };
}

/** Opens the examples as full batches and checks them against the model, as `fit` does. */
function openExamples(
  model: tf.LayersModel,
  data: Examples,
  options: { batchSize: number; seed: number; ignoreLabel: number | undefined },
): Source {
  const where = "findLearningRate.data";
  const sizes = sizesOf(model.name, logitsModel(model));
  const { batchSize, seed, ignoreLabel } = options;
  const labels = { numClasses: sizes.numClasses, ignoreLabel };
  const source = openSource(where, data, sizes, labels, {
    ...{ batchSize, seed, lastBatch: "drop", shuffle: true },
    ...{ augmentation: "none", augmentationStrength: {}, oversampleForeground: 0 },
    ...{ patchSize: null, ignoreLabel },
  });
  if (source === null) {
    throw new ConfigError({ where, expected: "at least one example", got: "none" });
  }
  for (const shape of source.shapes) expectShapes(where, sizes, shape);
  return source;
}

/** The batches of all epochs, one after another. */
async function* endless({ batches }: Source): AsyncGenerator<ArrayBatch> {
  for (let epoch = 0; ; epoch++) yield* batches(epoch);
}
