import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../../src/engine/load";
import { findLearningRate } from "../../../src/experiments/training/findLearningRate";
import type { Sample } from "../../../src/data/types";
import { createDraw } from "../../support/layerGolden";

loadEngine();

describe.each([true, false])("findLearningRate, compiled %s", (compiled) => {
  const inputs = tf.tensor(createDraw(1)([64, 3]), [64, 3]);
  const labels = tf.cast(tf.greater(tf.sum(inputs, 1), 0), "int32");
  const make = (): tf.LayersModel =>
    tf.sequential({
      layers: [tf.layers.dense({ units: 2, activation: "softmax", inputShape: [3] })],
    });

  it("finds a rate at which the loss falls, and restores the weights", async () => {
    const model = make();
    const before = model.getWeights().map((weight) => weight.dataSync());
    const options = { from: 1e-5, to: 100, steps: 60, batchSize: 16, compiled };
    const { points, suggested } = await findLearningRate(model, { inputs, labels }, options);
    expect(points[0].learningRate).toBeCloseTo(1e-5, 10);
    expect(points.length).toBeGreaterThan(20);
    expect(points.length).toBeLessThanOrEqual(60);
    expect(suggested).toBeGreaterThan(1e-4);
    expect(suggested).toBeLessThan(30);
    model.getWeights().forEach((weight, index) => {
      expect(weight.dataSync()).toEqual(before[index]);
    });
  });

  it("accepts samples and a generator of batches, as fit does", async () => {
    const samples = Array.from({ length: 6 }, (_, index): Sample => {
      const data = Float32Array.from(createDraw(index)([16]));
      return {
        ...{ id: `s${index}`, group: `g${index}` },
        image: { width: 4, height: 4, data },
        labels: { width: 4, height: 4, data: Uint8Array.from(data, (value) => +(value > 0)) },
      };
    });
    const model = tf.sequential({
      layers: [tf.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [4, 4, 1] })],
    });
    const options = { from: 1e-3, to: 1, steps: 5, batchSize: 4, compiled };
    expect((await findLearningRate(model, samples, options)).points).toHaveLength(5);
    const source = {
      stepsPerEpoch: 2,
      *batches() {
        for (let i = 0; i < 2; i++) yield { inputs: inputs.clone(), labels: labels.clone() };
      },
    };
    expect((await findLearningRate(make(), source, options)).points).toHaveLength(5);
    const [first, ...rest] = samples;
    await expect(
      findLearningRate(model, [{ ...first, labels: null }, ...rest], options),
    ).rejects.toThrow(/findLearningRate.data: expected samples with labels, got "s0" without/);
    await expect(findLearningRate(model, [], options)).rejects.toThrow(/at least one example/);
  });

  it("rejects unknown and invalid options", async () => {
    const run = (options: object) => findLearningRate(make(), { inputs, labels }, options);
    await expect(run({ stepz: 3 })).rejects.toThrow(
      /findLearningRate\.stepz: .*Did you mean "steps"/,
    );
    await expect(run({ from: 1, to: 0.1 })).rejects.toThrow(
      /to: expected a number above 1, got 0.1/,
    );
  });
});
