import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../../src/engine/load";
import { findLearningRate } from "../../../src/experiments/training/findLearningRate";
import { createDraw } from "../../support/layerGolden";

loadEngine();

describe.each([true, false])("findLearningRate, compiled %s", (compiled) => {
  const inputs = tf.tensor(createDraw(1)([64, 3]), [64, 3]);
  const labels = tf.cast(tf.greater(tf.sum(inputs, 1), 0), "int32");
  const make = (): tf.LayersModel =>
    tf.sequential({
      layers: [tf.layers.dense({ units: 2, activation: "softmax", inputShape: [3] })],
    });

  it("finds a rate at which the loss falls, and puts the weights back", () => {
    const model = make();
    const before = model.getWeights().map((weight) => weight.dataSync());
    const options = { from: 1e-5, to: 100, steps: 60, batchSize: 16, compiled };
    const { points, suggested } = findLearningRate(model, { inputs, labels }, options);
    expect(points[0].learningRate).toBeCloseTo(1e-5, 10);
    expect(points.length).toBeGreaterThan(20);
    expect(points.length).toBeLessThanOrEqual(60);
    expect(suggested).toBeGreaterThan(1e-4);
    expect(suggested).toBeLessThan(30);
    model.getWeights().forEach((weight, index) => {
      expect(weight.dataSync()).toEqual(before[index]);
    });
  });

  it("refuses options that it does not know, or that make no sense", () => {
    const run = (options: object) => () => findLearningRate(make(), { inputs, labels }, options);
    expect(run({ stepz: 3 })).toThrow(/findLearningRate\.stepz: .*Did you mean "steps"/);
    expect(run({ from: 1, to: 0.1 })).toThrow(/to: expected a number above 1, got 0.1/);
  });
});
