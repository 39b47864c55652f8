import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { createOptimizer } from "../../src/core/optimizers";
import { loadEngine } from "../../src/engine/load";
import { createPredictor } from "../../src/engine/predictor";
import type { PredictorOptions } from "../../src/engine/predictor";
import { createProgram } from "../../src/engine/program";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";

loadEngine();

const random = createRandom(3);
const shape: [number, number, number, number] = [2, 16, 24, 1];
const images = tf.tensor4d(
  Float32Array.from({ length: 768 }, () => random.normal()),
  shape,
);
const labels = tf.zeros<tf.Rank.R3>([2, 16, 24], "int32");

function trained(name: "unet" | "ma"): { model: tf.LayersModel; train: () => void } {
  const model = modelByName(name, {
    inputShape: [16, 24, 1],
    numClasses: 3,
    filters: 8,
    depth: 2,
    seed: 3,
  });
  const optimizer = createOptimizer({ name: "sgd", learningRate: 0.1 });
  const step = trainingStep(logitsModel(model), crossEntropy(), optimizer);
  const compiled = createProgram().compile(step);
  const train = (): void => tf.dispose(compiled(images, labels, tf.scalar(0.1)));
  for (let i = 0; i < 3; i++) train();
  return { model, train };
}

function distance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

describe("createPredictor", () => {
  it.each(["unet", "ma"] as const)("equals the model, batch norms folded: %s", (name) => {
    const { model } = trained(name);
    const predict = createPredictor(model);
    expect(distance(predict(images), model.predict(images) as tf.Tensor)).toBeLessThan(1e-5);
    const ops = predict.recorded[0].nodes.map(({ op }) => op);
    expect(ops).toContain("BiasAdd");
    expect(ops).not.toContain("FusedBatchNormV3");
    expect(ops).not.toContain("ReadVariableOp");
  });

  it("follows the weights when they are trained on", () => {
    const { model, train } = trained("unet");
    const predict = createPredictor(model);
    const before = predict(images);
    train();
    const after = predict(images);
    expect(distance(before, after)).toBeGreaterThan(1e-4);
    expect(distance(after, model.predict(images) as tf.Tensor)).toBeLessThan(1e-5);
  });

  it("predicts in bfloat16 near float32", () => {
    const { model } = trained("unet");
    const predict = createPredictor(model, { precision: "bfloat16" });
    const difference = distance(predict(images), model.predict(images) as tf.Tensor);
    expect(difference).toBeLessThan(0.05);
    expect(difference).toBeGreaterThan(0);
  });

  it("leaks no tensor", () => {
    const { model } = trained("unet");
    const predict = createPredictor(model);
    predict(images).dispose();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) predict(images).dispose();
    expect(tf.memory().numTensors).toBe(before);
    predict.dispose();
  });
});

describe("what a predictor refuses", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });

  it.each([
    [{ precison: "bfloat16" }, /createPredictor\.precison: .*Did you mean "precision"/],
    [{ precision: "float16" }, /precision: expected "float32" or "bfloat16", got "float16"/],
    [{ maxTraces: 0 }, /maxTraces: expected an integer of at least 1, got 0/],
  ])("options: %j", (options, message) => {
    expect(() => createPredictor(model, options as PredictorOptions)).toThrow(message);
  });

  it("another number of inputs", () => {
    const predict = createPredictor(model);
    expect(() => predict([tf.ones([1, 2]), tf.ones([1, 2])])).toThrow(
      /expected 1 inputs \(dense.*_input\), got 2/,
    );
  });
});

describe("any model", () => {
  const twoOutputs = (): tf.LayersModel => {
    const [a, b] = [tf.input({ shape: [5] }), tf.input({ shape: [7] })];
    const first = tf.layers.dense({ units: 3, kernelInitializer: "ones" }).apply(a);
    const second = tf.layers.dense({ units: 3, kernelInitializer: "ones" }).apply(b);
    const sum = tf.layers.add().apply([first, second] as tf.SymbolicTensor[]);
    return tf.model({ inputs: [a, b], outputs: [sum, second] as tf.SymbolicTensor[] });
  };

  it("gives all outputs, from several inputs", () => {
    const model = twoOutputs();
    const predict = createPredictor(model);
    const inputs = [tf.ones([2, 5]), tf.ones([2, 7])];
    const wanted = model.predict(inputs) as tf.Tensor[];
    const got = predict<tf.Tensor[]>(inputs);
    expect(got.map((output) => output.arraySync())).toEqual(wanted.map((w) => w.arraySync()));
  });

  it("serves every batch size by two graphs, and keeps no more than it may", () => {
    const { model } = trained("unet");
    const predict = createPredictor(model, { maxTraces: 3 });
    for (const batch of [2, 3, 5, 4, 2]) {
      const x = tf.tile(images.slice(0, 1), [batch, 1, 1, 1]);
      expect(distance(predict(x), model.predict(x) as tf.Tensor)).toBeLessThan(1e-5);
    }
    expect(predict.recorded).toHaveLength(2);
    const dense = createPredictor(
      tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [null, 3] })] }),
      { maxTraces: 2 },
    );
    for (const length of [4, 5, 6]) dense(tf.ones([1, length, 3]));
    expect(dense.recorded).toHaveLength(2);
    dense.dispose();
    expect(dense.recorded).toHaveLength(0);
  });
});
