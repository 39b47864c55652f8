import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { CBAM } from "../../src/layers/CBAM";
import { SqueezeExcitation } from "../../src/layers/SqueezeExcitation";
import { WindowAttention } from "../../src/layers/WindowAttention";
import { checkLayer } from "../support/checkLayer";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

loadEngine();

const cases = readCases<LayerCase & { layer: string }>("imageAttention");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("SqueezeExcitation", () => {
  checkLayer(SqueezeExcitation, {
    args: { ratio: 3, seed: 5 },
    inputs: [[2, 3, 5, 7]],
    output: [2, 3, 5, 7],
    weights: 4,
  });
  it.each(casesOf("SqueezeExcitation"))("equals torchvision: $name", (golden) => {
    expectGolden(new SqueezeExcitation(golden.args), golden);
  });
});

describe("CBAM", () => {
  checkLayer(CBAM, {
    args: { ratio: 3, kernelSize: 5, seed: 5 },
    inputs: [[2, 3, 5, 7]],
    output: [2, 3, 5, 7],
    weights: 5,
  });
  it.each(casesOf("CBAM"))("equals the paper's equations: $name", (golden) => {
    expectGolden(new CBAM(golden.args), golden);
  });
});

describe("WindowAttention", () => {
  checkLayer(WindowAttention, {
    args: { numHeads: 2, windowSize: [2, 3], shiftSize: [1, 2], useBias: false, seed: 3 },
    inputs: [[2, 5, 7, 4]],
    output: [2, 5, 7, 4],
    weights: 3,
  });
  checkLayer(WindowAttention, {
    args: { numHeads: 1, windowSize: 3, dropout: 0.3 },
    inputs: [[2, 5, 7, 3]],
    output: [2, 5, 7, 3],
    weights: 6,
    isRandomInTraining: true,
  });
  it.each(casesOf("WindowAttention"))("equals torchvision's Swin: $name", (golden) => {
    expectGolden(new WindowAttention(golden.args as never), golden);
  });
  it("says what it wanted and got", () => {
    expect(() => new WindowAttention({ numHeads: 2, windowSize: 4, shiftSize: 4 })).toThrow(
      /shiftSize: expected less than the window's 4, got 4/,
    );
    expect(() => new WindowAttention({ numHeads: 3 }).apply(tf.zeros([1, 4, 4, 8]))).toThrow(
      /numHeads: expected a divisor of 8, got 3/,
    );
  });
});
