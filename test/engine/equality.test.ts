import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../src/core/optimizers";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { compile, createProgram } from "../../src/engine/program";
import { trainingStep } from "../../src/experiments/trainingStep";
import { LOSS_NAMES, crossEntropy, lossByName } from "../../src/losses";
import type { SegmentationLoss } from "../../src/losses";
import { MODEL_NAMES, modelByName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";

loadEngine();

const sizes = { batch: 2, height: 32, width: 32, classes: 3 };
const random = createRandom(11);
const { batch, height, width, classes } = sizes;
const pixels = batch * height * width;
const images = tf.tensor4d(
  Float32Array.from({ length: pixels }, () => random.normal()),
  [batch, height, width, 1],
);
const labels = tf.tensor3d(
  Int32Array.from({ length: pixels }, () => random.integer(0, classes)),
  [batch, height, width],
  "int32",
);

function build(name: (typeof MODEL_NAMES)[number]): tf.LayersModel {
  return modelByName(name, {
    inputShape: [height, width, 1],
    numClasses: classes,
    filters: 8,
    depth: 2,
    seed: 5,
  });
}

const norm = (tensor: tf.Tensor): number => tf.tidy(() => tf.norm(tensor).dataSync()[0] ?? 0);

/** The largest distance of two lists of tensors, each relative to its tensor's norm. */
function largestDistance(wanted: readonly tf.Tensor[], got: readonly tf.Tensor[]): number {
  const whole = Math.max(...wanted.map(norm));
  return Math.max(
    ...wanted.map((tensor, i) => {
      const difference = tf.tidy(() => tf.norm(tf.sub(tensor, got[i])).dataSync()[0] ?? 0);
      // A gradient that is rightly zero is noise; it is held to the largest one.
      const scale = norm(tensor);
      return difference / (scale < 1e-4 * whole ? whole : scale);
    }),
  );
}

/** Gradients of the first step, op by op and recorded. */
function gradientDistance(model: tf.LayersModel, loss: SegmentationLoss): number {
  const logits = logitsModel(model);
  const weights = logits.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const states = logits.nonTrainableWeights.map((weight) => weight.read() as tf.Variable);
  const saved = states.map((state) => state.clone());
  const gradients = (x: tf.Tensor4D, y: tf.Tensor3D): tf.Tensor[] => {
    const { grads } = tf.variableGrads(
      () => loss(y, logits.apply(x, { training: true }) as tf.Tensor4D),
      weights,
    );
    return weights.map(({ name }) => grads[name]);
  };
  const eager = gradients(images, labels);
  // Batch statistics and random states as they were, so that both draw alike.
  states.forEach((state, i) => state.assign(saved[i]));
  const recorded = compile(gradients)(images, labels);
  return largestDistance(eager, recorded);
}

describe("the recorded step equals the eager one", () => {
  it.each(MODEL_NAMES.map((name) => [name]))("gradients of %s", (name) => {
    expect(gradientDistance(build(name), crossEntropy())).toBeLessThan(1e-5);
  });

  it.each(LOSS_NAMES.map((name) => [name]))("gradients of unet with %s", (name) => {
    expect(gradientDistance(build("unet"), lossByName(name, {}))).toBeLessThan(1e-5);
  });

  it.each(["unet", "ma"] as const)("weights of %s after 20 steps of SGD", (name) => {
    const rates = Array.from({ length: 20 }, (_, step) => 0.05 / (1 + step));
    const train = (isCompiled: boolean): tf.Tensor[] => {
      const model = build(name);
      const optimizer = createOptimizer({
        name: "sgd",
        learningRate: 0.05,
        momentum: 0.9,
        clipNorm: 1,
        weightDecay: 0.01,
      });
      const step = trainingStep(logitsModel(model), crossEntropy(), optimizer);
      const run = isCompiled ? createProgram().compile(step) : step;
      for (const rate of rates) run(images, labels, tf.scalar(rate));
      return model.weights.map((weight) => weight.read().clone());
    };
    expect(largestDistance(train(false), train(true))).toBeLessThan(1e-4);
  });
});
