import * as tf from "@tensorflow/tfjs";
import { MultiResBlock } from "../../src/layers/MultiResBlock";
import { RecurrentConvBlock } from "../../src/layers/RecurrentConvBlock";
import { ResPath } from "../../src/layers/ResPath";
import { UpsampleConcat } from "../../src/layers/UpsampleConcat";
import { checkLayer } from "../support/checkLayer";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

const normalization = { normalization: "batch", epsilon: 1e-3, momentum: 0.8 } as const;
const cases = readCases<LayerCase & { layer: string }>("unetVariants");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("RecurrentConvBlock", () => {
  checkLayer(RecurrentConvBlock, {
    args: { filters: 13, steps: 3, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 13],
    weights: 12,
  });
  checkLayer(RecurrentConvBlock, {
    args: { filters: 13, steps: 1, seed: 3, normalization: "none" },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 13],
    weights: 6,
  });

  it.each(casesOf("RecurrentConvBlock"))("equals torch: $name", (golden) => {
    expectGolden(new RecurrentConvBlock(golden.args as never), golden);
  });

  it("refuses a number of steps that is none", () => {
    expect(() => new RecurrentConvBlock({ filters: 3, steps: -1 })).toThrow(
      "RecurrentConvBlock.steps: expected an integer of at least 0, got -1",
    );
  });
});

describe("MultiResBlock", () => {
  checkLayer(MultiResBlock, {
    args: { filters: 7, alpha: 1.5, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 9],
    weights: 24,
  });

  it.each(casesOf("MultiResBlock"))("equals torch: $name", (golden) => {
    expectGolden(new MultiResBlock(golden.args as never), golden);
  });

  it("refuses fewer channels than it has convolutions", () => {
    expect(() => new MultiResBlock({ filters: 2 })).toThrow(
      "MultiResBlock.filters: expected at least one channel for each of the three convolutions, " +
        "got [0, 1, 1] for filters 2 and alpha 1.67. Raise filters or alpha.",
    );
  });
});

describe("ResPath", () => {
  checkLayer(ResPath, {
    args: { filters: 13, length: 2, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 13],
    weights: 24,
  });

  it.each(casesOf("ResPath"))("equals torch: $name", (golden) => {
    expectGolden(new ResPath(golden.args as never), golden);
  });
});

describe("UpsampleConcat", () => {
  checkLayer(UpsampleConcat, {
    args: { filters: 13, upsampling: "nearest", seed: 3, ...normalization },
    inputs: [
      [2, 3, 5, 11],
      [2, 7, 9, 2],
    ],
    output: [2, 7, 9, 15],
    weights: 5,
  });
  checkLayer(UpsampleConcat, {
    args: { filters: 13, upsampling: "transposed", seed: 3, ...normalization },
    inputs: [
      [2, 3, 5, 11],
      [2, 5, 11, 2],
    ],
    output: [2, 5, 11, 15],
    weights: 2,
  });

  it.each(casesOf("UpsampleConcat"))("equals torch: $name", (golden) => {
    expectGolden(new UpsampleConcat(golden.args as never), golden);
  });

  it("refuses another way up, and one input", () => {
    expect(() => new UpsampleConcat({ filters: 3, upsampling: "bilinear" as never })).toThrow(
      'UpsampleConcat.upsampling: expected one of "transposed", "nearest", got "bilinear"',
    );
    expect(() => new UpsampleConcat({ filters: 3 }).apply(tf.zeros([1, 2, 2, 3]))).toThrow(
      /expected .*\[x, skip\]/,
    );
  });
});
