import { AttentionGate } from "../../src/layers/AttentionGate";
import { ConvBlock } from "../../src/layers/ConvBlock";
import { UNetEncoderBlock } from "../../src/layers/UNetEncoderBlock";
import { checkLayer } from "../support/checkLayer";

const normalization = { normalization: "batch", epsilon: 1e-3, momentum: 0.8 } as const;

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

describe("AttentionGate", () => {
  checkLayer(AttentionGate, {
    args: { filters: 11, seed: 3 },
    inputs: [
      [2, 7, 13, 5],
      [2, 3, 5, 17],
    ],
    output: [2, 7, 13, 5],
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
});
