import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { createRandom } from "../../core/random";
import { refuseUnknownOptions } from "../../core/unknownOptions";
import type { OptimizerConfig } from "../../core/optimizers";
import type { SegmentationLoss } from "../../losses";
import { crossEntropy } from "../../losses";
import type { LabelledTensors } from "./fitData";
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
  /** Steps between the two, each by the same factor; default 100. */
  readonly steps?: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Share of the mean loss that a step keeps; default 0.95. */
  readonly smoothing?: number;
  /** Ends the test at a loss so many times the lowest; default 4. */
  readonly divergence?: number;
  /** Orders the examples; default 1. */
  readonly seed?: number;
  /** Default where TensorFlow runs natively. */
  readonly compiled?: boolean;
}

/** What {@link findLearningRate} found: plain numbers, which `learningRateFinderChart` draws. */
export interface LearningRateTest {
  /** The smoothed loss at each rate, in the order of the test. */
  readonly points: readonly { readonly learningRate: number; readonly loss: number }[];
  /** The rate at which the loss falls fastest; `null` where it does not fall. */
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
 * The rate of the steepest fall against the logarithm of the rate. Not among the first tenth, whose mean
 * still follows single batches; slopes go over five points for the same reason.
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
 * Learning-rate range test: trains a few steps at rates that grow from very small to too large. The
 * model's weights are put back afterwards.
 *
 * @param model as for `fit`
 * @param data examples and labels, in memory
 * @returns the smoothed losses, and the rate of their steepest fall
 * @throws ConfigError for an option that is unknown or out of its range
 * @example
 * const model = tf.sequential({
 *   layers: [tf.layers.dense({ units: 2, activation: "softmax", inputShape: [3] })],
 * });
 * const data = { inputs: tf.randomNormal([8, 3]), labels: tf.zeros([8], "int32") };
 * findLearningRate(model, data, { steps: 5 }).points.length; // 5
 * @see Smith 2017, arXiv:1506.01186, section 3.3
 */
export function findLearningRate(
  model: tf.LayersModel,
  data: LabelledTensors,
  options: FindLearningRateOptions = {},
): LearningRateTest {
  const known = [...Object.keys(DEFAULTS), "loss", "optimizer", "compiled"];
  refuseUnknownOptions("findLearningRate", options, known);
  const { from, to, steps, batchSize, smoothing, divergence, seed } = { ...DEFAULTS, ...options };
  const { loss = crossEntropy(), compiled = tf.getBackend() === "tensorflow" } = options;
  const { optimizer = { name: "adam", learningRate: 1 } } = options;
  check("from", from > 0 && Number.isFinite(from), from, "a number above 0");
  check("to", to > from && Number.isFinite(to), to, `a number above ${from}`);
  check("steps", Number.isInteger(steps) && steps > 1, steps, "a whole number of at least 2");
  check("batchSize", Number.isInteger(batchSize) && batchSize > 0, batchSize, "1, 2, 3, …");
  check("smoothing", smoothing >= 0 && smoothing < 1, smoothing, "in [0, 1)");
  check("divergence", divergence > 1, divergence, "above 1");

  const [count, ...inputShape] = data.inputs.shape;
  const [, ...labelShape] = data.labels.shape;
  const size = Math.min(batchSize, count);
  const shapes = { inputShape: [size, ...inputShape], labelShape: [size, ...labelShape] };
  const session = createSession(model, {
    ...{ loss, optimizer, compiled, precision: "float32" },
    trainingShapes: [shapes],
    predictionShape: null,
  });
  const before = readVariables(session.modelVariables);
  const random = createRandom(seed);
  const [inputs, labels] = [data.inputs.dataSync(), data.labels.dataSync()];
  const [inputSize, labelSize] = [inputs.length / count, labels.length / count];
  const points: { learningRate: number; loss: number }[] = [];
  let [mean, lowest] = [0, Infinity];
  try {
    for (let step = 0; step < steps; step++) {
      const batch = {
        ...shapes,
        inputs: new Float32Array(size * inputSize),
        labels: new Int32Array(size * labelSize),
      };
      for (let place = 0; place < size; place++) {
        const at = random.integer(0, count);
        batch.inputs.set(inputs.subarray(at * inputSize, (at + 1) * inputSize), place * inputSize);
        batch.labels.set(labels.subarray(at * labelSize, (at + 1) * labelSize), place * labelSize);
      }
      const learningRate = from * (to / from) ** (step / (steps - 1));
      mean = smoothing * mean + (1 - smoothing) * session.train(batch, learningRate);
      const smoothed = mean / (1 - smoothing ** (step + 1));
      if (!Number.isFinite(smoothed)) break;
      points.push({ learningRate, loss: smoothed });
      lowest = Math.min(lowest, smoothed);
      if (smoothed > divergence * lowest) break;
    }
  } finally {
    writeVariables(model.name, session.modelVariables, before);
    session.dispose();
  }
  return { points, suggested: steepest(points) };
}
