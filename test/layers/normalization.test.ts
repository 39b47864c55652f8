import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { loadEngine } from "../../src/engine/load";
import { BatchNormalization } from "../../src/layers/BatchNormalization";
import { GroupNormalization } from "../../src/layers/GroupNormalization";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

const cases = readCases<LayerCase & { layer: string }>("normalization");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("BatchNormalization", () => {
  checkLayer(BatchNormalization, {
    args: { momentum: 0.7, epsilon: 0.01 },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 4,
  });
  checkLayer(BatchNormalization, {
    args: { momentum: 0.7, epsilon: 0.01, center: false, scale: false },
    inputs: [[5, 7, 11]],
    output: [5, 7, 11],
    weights: 2,
  });

  it.each(casesOf("BatchNormalization"))("equals torch, native: $name", (golden) => {
    expectGolden(new BatchNormalization(golden.args), golden);
  });
  it.each(casesOf("BatchNormalization"))("equals torch, composite: $name", (golden) => {
    withCompositeOps(() => expectGolden(new BatchNormalization(golden.args), golden));
  });

  it("keeps to its running statistics when frozen, and does not change them", () => {
    loadEngine();
    const layer = new BatchNormalization({ trainable: false });
    tf.tidy(() => {
      const x = tf.tensor2d([[1], [3]]);
      const frozen = (layer.apply(x, { training: true }) as tf.Tensor).dataSync();
      expect(frozen[0]).toBeCloseTo(1 / Math.sqrt(1.001), 6);
      expect(layer.getWeights().map((weight) => weight.dataSync()[0])).toEqual([1, 0, 0, 1]);
    });
  });

  it("does not take the name of tfjs' own", () => {
    const own = tf.layers.batchNormalization();
    const artifacts = { className: own.getClassName(), config: own.getConfig() };
    expect(artifacts.className).toBe("BatchNormalization");
    expect(BatchNormalization.className).not.toBe(artifacts.className);
  });

  it("says what it wanted and got", () => {
    expect(() => new BatchNormalization({ momentum: 2 })).toThrow(/momentum: expected .*, got 2/);
    expect(() => new BatchNormalization({ epsilon: NaN })).toThrow(/epsilon: expected .* got NaN/);
    const layer = new BatchNormalization({ name: "norm" });
    expect(() => layer.apply(tf.zeros([3]))).toThrow(
      'BatchNormalization "norm": expected [batch, …, channels] of rank 2 to 5 with known channels, got [3]',
    );
  });
});

describe("GroupNormalization", () => {
  checkLayer(GroupNormalization, {
    args: { groups: 3, epsilon: 0.01, scale: false },
    inputs: [[2, 5, 7, 33]],
    output: [2, 5, 7, 33],
    weights: 1,
  });

  it.each(casesOf("GroupNormalization"))("equals torch: $name", (golden) => {
    expectGolden(new GroupNormalization(golden.args), golden);
  });

  it("is the same in training and use, whatever else is in the batch", () => {
    const layer = new GroupNormalization({ groups: 2 });
    tf.tidy(() => {
      const both = tf.randomNormal([2, 5, 7, 6]);
      const one = layer.apply(both.slice([0], [1]), { training: true }) as tf.Tensor;
      const two = layer.apply(both) as tf.Tensor;
      expectClose(one.dataSync(), two.slice([0], [1]).dataSync(), 1e-6, "first of two");
    });
  });

  it("says what it wanted and got", () => {
    const layer = new GroupNormalization({ groups: 4 });
    expect(() => layer.apply(tf.zeros([2, 3, 6]))).toThrow(
      "GroupNormalization.groups: expected a divisor of 6, got 4",
    );
    expect(() => new GroupNormalization({ groups: 1.5 })).toThrow(/an integer.*got 1.5/);
  });
});
