import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { ConvBlock } from "../../src/layers/ConvBlock";
import { UNetDecoderBlock } from "../../src/layers/UNetDecoderBlock";
import { UNetEncoderBlock } from "../../src/layers/UNetEncoderBlock";
import { checkLayer } from "../support/checkLayer";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

const normalization = { normalization: "batch", epsilon: 1e-3, momentum: 0.8 } as const;
const cases = readCases<LayerCase & { layer: string }>("unetBlocks");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("ConvBlock", () => {
  checkLayer(ConvBlock, {
    args: { filters: 13, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 13],
    weights: 10,
  });
  checkLayer(ConvBlock, {
    args: { filters: 14, seed: 3, normalization: "group" },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 14],
    weights: 6,
  });
});

describe("UNetEncoderBlock", () => {
  checkLayer(UNetEncoderBlock, {
    args: { filters: 13, block: "resnext", cardinality: 3, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [
      [2, 5, 7, 13],
      [2, 3, 4, 13],
    ],
    weights: 20,
  });
  const paths = { block: "resnext", cardinality: 3, pathWidth: 5 } as const;
  checkLayer(UNetEncoderBlock, {
    args: { filters: 13, blocks: 2, ...paths, seed: 3, ...normalization },
    inputs: [[2, 5, 7, 11]],
    output: [
      [2, 5, 7, 13],
      [2, 3, 4, 13],
    ],
    weights: 35,
  });

  it.each(casesOf("UNetEncoderBlock"))("equals torch: $name", (golden) => {
    expectGolden(new UNetEncoderBlock(golden.args as never), golden);
  });
});

describe("UNetDecoderBlock", () => {
  const inputs = [
    [2, 3, 5, 11],
    [2, 5, 9, 7],
  ];
  const output = [2, 5, 9, 13];
  checkLayer(UNetDecoderBlock, {
    args: { filters: 13, block: "resnet", seed: 3, ...normalization },
    inputs,
    output,
    weights: 16,
  });
  checkLayer(UNetDecoderBlock, {
    args: { filters: 13, attention: "gate", seed: 3, ...normalization },
    inputs,
    output,
    weights: 26,
  });

  const heads = { numHeads: 2, keyDim: 5 };
  checkLayer(UNetDecoderBlock, {
    args: { filters: 13, attention: "multiHead", ...heads, normalization: "group", seed: 3 },
    inputs,
    output,
    weights: 18,
    zeroGradients: { "key/bias": "softmax does not see what all its scores share" },
  });
  checkLayer(UNetDecoderBlock, {
    args: { filters: 13, attention: "lsh", ...heads, bucketSize: 8, numHashes: 3, seed: 3 },
    inputs,
    output,
    weights: 22,
    isRandomInTraining: true,
  });

  it.each(casesOf("UNetDecoderBlock"))("equals torch: $name", (golden) => {
    expectGolden(new UNetDecoderBlock(golden.args as never), golden);
  });

  it("gives each level a head for 16 channels", () => {
    expect(new UNetDecoderBlock({ filters: 64 }).args.numHeads).toBe(4);
    expect(new UNetDecoderBlock({ filters: 8 }).args.numHeads).toBe(1);
  });

  it("says what it wanted and got", () => {
    loadEngine();
    const block = new UNetDecoderBlock({ name: "up", filters: 3 });
    expect(() => block.apply(tf.zeros([1, 3, 5, 7]))).toThrow(
      'UNetDecoderBlock "up": expected [x, skip], each [batch, height, width, channels], got [[1, 3, 5, 7]]',
    );
    expect(() => new UNetDecoderBlock({ filters: 3, attention: "soft" as never })).toThrow(
      /attention: expected one of "none", .*, got "soft"/,
    );
    expect(() => new UNetEncoderBlock({ filters: 3, blocks: 0 })).toThrow(
      "UNetEncoderBlock.blocks: expected an integer of at least 1, got 0",
    );
    expect(() => new UNetEncoderBlock({ filters: 3, pathWidth: 1.5 })).toThrow(
      "UNetEncoderBlock.pathWidth: expected an integer of at least 1, got 1.5",
    );
    expect(() => new UNetEncoderBlock({ filters: 3, block: "vgg" as never })).toThrow(
      'UNetEncoderBlock.block: expected one of "conv", "resnet", "resnext", got "vgg"',
    );
  });
});
