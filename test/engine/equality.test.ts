import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../src/core/optimizers";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { nodeBackend } from "../../src/engine/binding";
import { attrOf } from "../../src/engine/graph";
import { flatten } from "../../src/engine/nest";
import { prune } from "../../src/engine/passes/prune";
import { simplify } from "../../src/engine/passes/simplify";
import { compile, createProgram } from "../../src/engine/program";
import { replay } from "../../src/engine/replay";
import { traceFunction } from "../../src/engine/trace";
import { variableKey } from "../../src/engine/tracedVariables";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { LOSS_NAMES, crossEntropy, lossByName } from "../../src/losses";
import type { SegmentationLoss } from "../../src/losses";
import { modelSettings } from "../../src/models/modelArguments";
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

type ModelName = (typeof MODEL_NAMES)[number];

function build(name: ModelName, seed = 5): tf.LayersModel {
  return modelByName(name, {
    inputShape: [height, width, 1],
    numClasses: classes,
    seed,
    ...modelSettings(name, { filters: 8, depth: 2 }),
  });
}

const norm = (tensor: tf.Tensor): number => tf.tidy(() => tf.norm(tensor).dataSync()[0] ?? 0);

/** Of the largest norm: a gradient below has cancelled, and what is left of it is rounding. */
const CANCELLED = 1e-3;

/**
 * The largest distance of two lists of tensors, each relative to its tensor's norm or to a hundredth
 * of the largest norm. What stands before a batch norm has a gradient that cancels (of a kernel on
 * one channel to zero): such a one is measured against the terms that cancelled, of about a tenth of
 * the largest norm.
 */
function largestDistance(wanted: readonly tf.Tensor[], got: readonly tf.Tensor[]): number {
  const largest = Math.max(...wanted.map(norm));
  return Math.max(
    ...wanted.map((tensor, i) => {
      const difference = tf.tidy(() => norm(tf.sub(tensor, got[i])));
      const own = norm(tensor);
      const scale = own < CANCELLED * largest ? largest / 10 : Math.max(own, largest / 100);
      return difference / scale;
    }),
  );
}

type Gradients = (x: tf.Tensor4D, y: tf.Tensor3D) => tf.Tensor[];

/** Models with LSH attention. */
const HASHING: ReadonlySet<ModelName> = new Set(["residualAttentionUnet", "mr"]);

/**
 * A model none of whose tokens stands so near the border of two buckets that rounding decides: the
 * first seed whose gradients hardly move when the images do by about a rounding error.
 */
function buildSteady(name: ModelName, loss: SegmentationLoss): tf.LayersModel {
  if (!HASHING.has(name)) return build(name);
  for (let seed = 5; seed < 25; seed++) {
    const model = build(name, seed);
    const { gradients, reset } = gradientsOf(model, loss);
    const at = (images: tf.Tensor4D): tf.Tensor[] => {
      const all = gradients(images, labels);
      reset();
      return all;
    };
    const exact = at(images);
    const moved = [-3e-7, 3e-7, 6e-7].map((by) => {
      const noise = Float32Array.from({ length: pixels }, () => 1 + by * random.normal());
      return at(tf.mul(images, tf.tensor4d(noise, images.shape)));
    });
    if (moved.every((each) => largestDistance(exact, each) < 1e-4)) return model;
  }
  throw new Error(`${name}: every seed has a token between two buckets`);
}

/** The gradients of a model's first step, and what puts its statistics and seeds back. */
function gradientsOf(
  model: tf.LayersModel,
  loss: SegmentationLoss,
): { gradients: Gradients; reset: () => void } {
  const logits = logitsModel(model);
  const weights = logits.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const states = logits.nonTrainableWeights.map((weight) => weight.read() as tf.Variable);
  const saved = states.map((state) => state.clone());
  return {
    reset: () => states.forEach((state, i) => state.assign(saved[i])),
    gradients: (x, y) => {
      const { grads } = tf.variableGrads(
        () => loss(y, logits.apply(x, { training: true }) as tf.Tensor4D),
        weights,
      );
      return weights.map(({ name }) => grads[name]);
    },
  };
}

/** Gradients of the first step, op by op and recorded. */
function gradientDistance(model: tf.LayersModel, loss: SegmentationLoss): number {
  const { gradients, reset } = gradientsOf(model, loss);
  const eager = gradients(images, labels);
  reset();
  return largestDistance(eager, compile(gradients)(images, labels));
}

/** Runs a recorded function op by op, before TensorFlow has optimised anything. */
function replayed(fn: Gradients): tf.Tensor[] {
  const backend = nodeBackend();
  const trace = traceFunction("gradients", fn, flatten("gradients", [images, labels]));
  const recorded = prune(simplify(trace.fn));
  const inputs = backend.getInputTensorIds([images, labels]);
  const variables = new Map(
    trace.variables.map((v) => [variableKey(v), backend.getInputTensorIds([v])[0]]),
  );
  const leaf = (node: number): number => {
    const position = recorded.parameters.indexOf(node);
    if (position >= 0) return inputs[position];
    const { attrs } = recorded.nodes[recorded.nodes[node].inputs[0].node];
    return variables.get(attrOf(attrs, "shared_name", "string") ?? "") ?? -1;
  };
  const ids = replay(recorded.nodes, recorded.results, backend.binding, leaf);
  return ids.map((id, i) => {
    const { node, index } = recorded.results[i];
    const { shape, dtype } = recorded.nodes[node].outputs[index];
    return backend.createOutputTensor({ id, shape: [...shape], dtype });
  });
}

describe("the recorded step equals the eager one", () => {
  it.each(MODEL_NAMES.map((name) => [name]))(
    "to the bit where the ops are the same: %s",
    (name) => {
      const { gradients, reset } = gradientsOf(build(name), crossEntropy());
      const eager = gradients(images, labels);
      reset();
      const recorded = replayed(gradients);
      const isEqual = eager.map((tensor, i) => tf.all(tf.equal(tensor, recorded[i])).dataSync()[0]);
      expect(isEqual).toEqual(eager.map(() => 1));
    },
  );

  it.each(MODEL_NAMES.map((name) => [name]))("gradients of %s", (name) => {
    expect(gradientDistance(buildSteady(name, crossEntropy()), crossEntropy())).toBeLessThan(1e-5);
  });

  it.each(LOSS_NAMES.map((name) => [name]))("gradients of unet with %s", (name) => {
    expect(gradientDistance(build("unet"), lossByName(name, {}))).toBeLessThan(1e-5);
  });

  // Only five steps of ma: images scaled by 1 + 2e-7 change its weights by 1e-3 in 20 steps.
  it.each([
    ["unet", 20],
    ["ma", 5],
  ] as const)("weights of %s after %i steps of SGD", (name, steps) => {
    const rates = Array.from({ length: steps }, (_, step) => 0.05 / (1 + step));
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
