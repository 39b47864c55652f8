import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { groupedConv2d } from "../../src/core/ops/groupedConv2d";
import { ResNetBlock } from "../../src/layers/ResNetBlock";
import { ResNeXtBlock } from "../../src/layers/ResNeXtBlock";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

const normalization = { normalization: "batch", epsilon: 1e-3, momentum: 0.8 } as const;
const cases = readCases<LayerCase & { layer: string }>("residualBlocks");

describe("ResNetBlock", () => {
  checkLayer(ResNetBlock, {
    args: { filters: 13, strides: 2, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 3, 4, 13],
    weights: 15,
  });
  checkLayer(ResNetBlock, {
    args: { filters: 11, seed: 3, normalization: "none" },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 4,
  });

  it.each(cases.filter(({ layer }) => layer === "ResNetBlock"))(
    "equals torchvision's BasicBlock: $name",
    (golden) => expectGolden(new ResNetBlock(golden.args as never), golden),
  );
});

describe("ResNeXtBlock", () => {
  checkLayer(ResNeXtBlock, {
    args: { filters: 13, cardinality: 3, width: 9, strides: 2, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 3, 4, 13],
    weights: 20,
  });

  it.each(cases.filter(({ layer }) => layer === "ResNeXtBlock"))(
    "equals torchvision's Bottleneck: $name",
    (golden) => expectGolden(new ResNeXtBlock(golden.args as never), golden),
  );

  it("is the sum of its paths, as the paper's equation has it", () => {
    loadEngine();
    const [cardinality, pathWidth, filters] = [3, 5, 7];
    const block = new ResNeXtBlock({
      filters,
      cardinality,
      width: cardinality * pathWidth,
      normalization: "none",
    });
    tf.tidy(() => {
      const draw = createDraw(8);
      const x = tf.tensor4d(draw([2, 5, 3, filters]), [2, 5, 3, filters]);
      block.apply(x);
      const [first, bias1, second, bias2, third, bias3] = block.getWeights() as tf.Tensor4D[];
      const part = (t: tf.Tensor, axis: number, path: number): tf.Tensor4D =>
        tf.split(t, cardinality, axis)[path] as tf.Tensor4D;
      const paths = Array.from({ length: cardinality }, (_, path) => {
        const down = tf.add(groupedConv2d(x, part(first, 3, path)), part(bias1, 0, path));
        const middle = tf.add(
          groupedConv2d(tf.relu(down) as tf.Tensor4D, part(second, 3, path)),
          part(bias2, 0, path),
        );
        return groupedConv2d(tf.relu(middle) as tf.Tensor4D, part(third, 2, path));
      });
      const sum = tf.relu(tf.addN([x, ...paths, tf.zerosLike(x).add(bias3)]));
      expectClose((block.apply(x) as tf.Tensor).dataSync(), sum.dataSync(), 1e-5, "sum of paths");
    });
  });

  it("takes half the filters as width, in whole paths", () => {
    expect(new ResNeXtBlock({ filters: 256 }).args.width).toBe(128);
    expect(new ResNeXtBlock({ filters: 16, cardinality: 8 }).args.width).toBe(8);
    expect(new ResNeXtBlock({ filters: 10, cardinality: 4 }).args.width).toBe(8);
  });

  it("says what it wanted and got", () => {
    const make = () => new ResNeXtBlock({ filters: 8, cardinality: 3, width: 8 });
    expect(make).toThrow("ResNeXtBlock.cardinality: expected a divisor of 8, got 3");
  });
});
