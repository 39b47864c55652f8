import * as tf from "@tensorflow/tfjs";
import { sparseSoftmaxCrossEntropy } from "../../src/core/ops/sparseSoftmaxCrossEntropy";
import { createOptimizer } from "../../src/core/optimizers";
import { loadEngine } from "../../src/engine/load";
import { compile } from "../../src/engine/program";
import { logitsModel } from "../../src/models/logitsModel";
import { unet3d } from "../../src/models/unet3d";
import { expectClose } from "../support/close";
import { createDraw } from "../support/layerGolden";

loadEngine();

const small = { inputShape: [5, 7, 6, 2], numClasses: 3, filters: 4, depth: 2, seed: 4 } as const;

describe("unet3d", () => {
  it("gives probabilities for every voxel of any size", () => {
    const model = unet3d({ ...small, inputShape: [null, null, null, 2] });
    for (const size of [
      [5, 7, 6],
      [8, 4, 4],
      [1, 3, 2],
    ]) {
      const shape = [2, ...size, 2];
      const output = model.predict(tf.tensor(createDraw(1)(shape), shape)) as tf.Tensor;
      expect(output.shape).toEqual([2, ...size, 3]);
      const sums = tf.sum(output, 4).dataSync();
      expectClose(sums, new Array<number>(sums.length).fill(1), 1e-5, "sums");
    }
  });

  it("has the weights that its levels ask for, and ends in logits and softmax", () => {
    const model = unet3d(small);
    const conv = (inputs: number, outputs: number): number => 27 * inputs * outputs;
    const block = (inputs: number, outputs: number): number =>
      conv(inputs, outputs) + conv(outputs, outputs) + 2 * 2 * outputs; // two factors and shifts
    const up = (inputs: number, outputs: number): number => 8 * inputs * outputs + outputs;
    const down = block(2, 4) + block(4, 8) + block(8, 16);
    const back = up(16, 8) + block(16, 8) + up(8, 4) + block(8, 4);
    expect(model.countParams()).toBe(down + back + 4 * 3 + 3);
    expect(model.layers.slice(-2).map(({ name }) => name)).toEqual(["logits", "softmax"]);
    expect(logitsModel(model).outputNames).toEqual(["logits"]);
  });

  it("starts the same for the same seed, and differently for another", () => {
    const [one, same, other] = [4, 4, 5].map((seed) =>
      unet3d({ ...small, seed })
        .getWeights()
        .map((weight) => weight.dataSync().join())
        .join(),
    );
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it("learns to find a ball in a recorded step", () => {
    const model = unet3d({ ...small, inputShape: [6, 8, 7, 1], numClasses: 2, standardize: true });
    const size = [6, 8, 7];
    const inBall = Array.from({ length: 6 * 8 * 7 }, (_, i) => {
      const [z, y, x] = [Math.floor(i / 56), Math.floor(i / 7) % 8, i % 7];
      return (z - 3) ** 2 + (y - 4) ** 2 + (x - 3) ** 2 <= 5 ? 1 : 0;
    });
    const labels = tf.tensor(Int32Array.from(inBall), [1, ...size]);
    const noise = createDraw(2)(size, 0.3);
    const volume = tf.tensor(
      Float32Array.from(inBall, (inside, i) => inside + noise[i]),
      [1, ...size, 1],
    );
    const logits = logitsModel(model);
    const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const optimizer = createOptimizer({ name: "adam", learningRate: 0.01 });
    optimizer.build(weights);
    const step = compile((x: tf.Tensor, y: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.mean<tf.Scalar>(
            sparseSoftmaxCrossEntropy(y, logits.apply(x, { training: true }) as tf.Tensor),
          ),
        weights,
      );
      optimizer.apply(grads);
      return value;
    });
    const first = step(volume, labels).dataSync()[0];
    for (let i = 0; i < 30; i++) step(volume, labels).dispose();
    expect(step(volume, labels).dataSync()[0]).toBeLessThan(first / 4);
    const found = tf.argMax(model.predict(volume) as tf.Tensor, -1).dataSync();
    expect(Array.from(found)).toEqual(inBall);
  });

  it("is saved and loaded", async () => {
    const model = unet3d({ ...small, block: "resnext", filters: 8, depth: 1 });
    let saved: tf.io.ModelArtifacts = {};
    await model.save({
      save: (artifacts) => {
        saved = artifacts;
        return Promise.resolve({
          modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
        });
      },
    });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const shape = [1, 5, 7, 6, 2];
    const x = tf.tensor(createDraw(3)(shape), shape);
    const [one, two] = [model, loaded].map((each) => (each.predict(x) as tf.Tensor).dataSync());
    expectClose(two, one, 1e-6, "probabilities");
  });

  it("says what it wanted and got", () => {
    expect(() => unet3d({ ...small, inputShape: [5, 7, 1] as never })).toThrow(
      "unet3d.inputShape: expected [depth, height, width, channels], got [5, 7, 1]",
    );
    expect(() => unet3d({ ...small, numClasses: 1 })).toThrow(/unet3d.numClasses/);
    expect(() => unet3d({ ...small, depth: 0 })).toThrow(/unet3d.depth/);
    expect(() => unet3d({ ...small, filter: 4 } as never)).toThrow(/Did you mean "filters"/);
    expect(() => unet3d({ ...small, normalization: "layer" as never })).toThrow(/normalization/);
  });
});
