import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { createOptimizer } from "../../src/core/optimizers";
import { loadEngine } from "../../src/engine/load";
import { createPredictor } from "../../src/engine/predictor";
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
