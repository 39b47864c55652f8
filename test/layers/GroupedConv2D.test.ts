import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { GroupedConv2D } from "../../src/layers/GroupedConv2D";
import type { GroupedConv2DArgs } from "../../src/layers/GroupedConv2D";
import { checkLayer } from "../support/checkLayer";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

const cases = readCases<LayerCase<GroupedConv2DArgs>>("groupedConv2d");

describe("GroupedConv2D", () => {
  checkLayer(GroupedConv2D, {
    args: {
      filters: 26,
      kernelSize: [3, 2],
      strides: [2, 1],
      padding: 1,
      groups: 2,
      kernelInitializer: "heUniform",
      seed: 5,
    },
    inputs: [[3, 5, 7, 22]],
    output: [3, 3, 8, 26],
    weights: 2,
  });

  it.each(cases)("equals torch, native: $name", (golden) => {
    expectGolden(new GroupedConv2D(golden.args), golden as unknown as LayerCase);
  });

  it.each(cases)("equals torch, composite: $name", (golden) => {
    withCompositeOps(() => {
      expectGolden(new GroupedConv2D(golden.args), golden as unknown as LayerCase);
    });
  });

  it("does what tf.layers.conv2d ignores in silence", () => {
    const x = tf.ones([1, 3, 3, 4]);
    const grouped = new GroupedConv2D({ filters: 2, kernelSize: 1, groups: 2, useBias: false });
    grouped.apply(x);
    expect(grouped.getWeights()[0].shape).toEqual([1, 1, 2, 2]);
  });

  it("starts alike for one seed and name, and differently for another of either", () => {
    const kernelOf = (name: string, seed: number): number[] => {
      const layer = new GroupedConv2D({ name, seed, filters: 3, kernelSize: 3 });
      layer.build([null, 5, 5, 2]);
      return Array.from(layer.getWeights()[0].dataSync());
    };
    expect(kernelOf("a", 1)).toEqual(kernelOf("a", 1));
    expect(kernelOf("a", 1)).not.toEqual(kernelOf("b", 1));
    expect(kernelOf("a", 1)).not.toEqual(kernelOf("a", 2));
  });

  it("spreads its kernel as the initializer says", () => {
    const spread = (kernelInitializer: "glorotUniform" | "heNormal" | "heUniform"): number => {
      const layer = new GroupedConv2D({ filters: 64, kernelSize: 3, groups: 4, kernelInitializer });
      layer.build([null, 5, 5, 64]);
      return tf.tidy(() => tf.sqrt(tf.moments(layer.getWeights()[0]).variance).dataSync()[0]);
    };
    const fanIn = 9 * 16;
    const fanOut = 9 * 64;
    expect(spread("heNormal") / Math.sqrt(2 / fanIn)).toBeCloseTo(1, 1);
    expect(spread("heUniform") / Math.sqrt(2 / fanIn)).toBeCloseTo(1, 1);
    expect(spread("glorotUniform") / Math.sqrt(2 / (fanIn + fanOut))).toBeCloseTo(1, 1);
  });

  it("counts two operations a product", () => {
    const layer = new GroupedConv2D({ filters: 6, kernelSize: 3, groups: 2, useBias: false });
    expect(layer.countOperations([null, 5, 7, 4])).toBe(2 * 5 * 7 * 6 * 9 * 2);
  });

  it("says what it wanted and got", () => {
    const make = (args: Partial<GroupedConv2DArgs>) => () =>
      new GroupedConv2D({ filters: 6, kernelSize: 3, ...args });
    expect(make({ groups: 4 })).toThrow("GroupedConv2D.groups: expected a divisor of 6, got 4");
    expect(make({ filters: 0 })).toThrow(/filters: expected an integer of at least 1, got 0/);
    expect(make({ padding: -1 })).toThrow(/padding: expected an integer of at least 0/);
    expect(make({ padding: "full" as never })).toThrow(/one of "same", "valid", got "full"/);
    expect(make({ kernelInitializer: "magic" as never })).toThrow(/"glorotUniform".*got "magic"/);
    const layer = new GroupedConv2D({ name: "conv", filters: 6, kernelSize: 3, groups: 3 });
    expect(() => layer.apply(tf.zeros([1, 5, 5, 4]))).toThrow(/groups: expected a divisor of 4/);
    expect(() => layer.apply(tf.zeros([5, 5, 3]))).toThrow(
      'GroupedConv2D "conv": expected [batch, height, width, channels] with known channels, got [5, 5, 3]',
    );
  });
});
