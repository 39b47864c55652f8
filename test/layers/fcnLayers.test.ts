import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { ResizeLike } from "../../src/layers/ResizeLike";
import { ResNetStem } from "../../src/layers/ResNetStem";
import { ScoreFusion } from "../../src/layers/ScoreFusion";
import { SeededDropout } from "../../src/layers/SeededDropout";
import { VGGStage } from "../../src/layers/VGGStage";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";

describe("ResNetStem", () => {
  checkLayer(ResNetStem, {
    args: { filters: 5, seed: 3, normalization: "batch", epsilon: 1e-3, momentum: 0.8 },
    inputs: [[2, 13, 17, 3]],
    output: [
      [2, 7, 9, 5],
      [2, 4, 5, 5],
    ],
    weights: 5,
  });
});

describe("VGGStage", () => {
  checkLayer(VGGStage, {
    args: { filters: 5, convolutions: 3, kernelSize: [3, 5], seed: 3 },
    inputs: [[2, 7, 11, 3]],
    output: [2, 4, 6, 5],
    weights: 6,
  });
});

describe("ScoreFusion", () => {
  checkLayer(ScoreFusion, {
    args: { filters: 3 },
    inputs: [
      [2, 3, 5, 3],
      [2, 5, 9, 7],
    ],
    output: [2, 5, 9, 3],
    weights: 3,
  });

  it("starts as bilinear interpolation of the coarse scores", () => {
    loadEngine();
    tf.tidy(() => {
      const fusion = new ScoreFusion({ filters: 2 });
      const ramp = tf.tile(tf.reshape(tf.range(0, 5), [1, 1, 5, 1]), [1, 3, 1, 2]);
      const output = fusion.apply([ramp, tf.ones([1, 6, 10, 7])]) as tf.Tensor4D;
      const row = output.slice([0, 2, 1, 1], [1, 1, 8, 1]).dataSync();
      expectClose(row, [0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75], 1e-6, "row");
    });
  });
});

describe("ResizeLike", () => {
  checkLayer(ResizeLike, {
    args: {},
    inputs: [
      [2, 3, 5, 7],
      [2, 11, 13, 1],
    ],
    output: [2, 11, 13, 7],
    weights: 0,
    zeroGradients: { input1: "only its size counts" },
  });

  it("puts pixel centres at halves, as torch does with align_corners=False", () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 3], [1, 1, 2, 1]);
      const output = new ResizeLike().apply([x, tf.zeros([1, 1, 4, 1])]) as tf.Tensor;
      expectClose(output.dataSync(), [1, 1.5, 2.5, 3], 1e-6, "row");
    });
  });
});

describe("SeededDropout", () => {
  checkLayer(SeededDropout, {
    args: { rate: 0.3, seed: 5 },
    inputs: [[2, 5, 7, 3]],
    output: [2, 5, 7, 3],
    weights: 1,
  });

  it("draws a new mask each step, the same sequence for the same seed", () => {
    const draws = (): string[] => {
      const layer = new SeededDropout({ rate: 0.5, seed: 9 });
      const draw = (): string => {
        const output = layer.apply(tf.ones([40]), { training: true }) as tf.Tensor;
        return output.dataSync().join(" ");
      };
      return [draw(), draw()];
    };
    const [first, second] = draws();
    expect(first).not.toBe(second);
    expect(draws()).toEqual([first, second]);
    expect(new Set(first.split(" "))).toEqual(new Set(["0", "2"]));
  });

  it("says what it wanted and got", () => {
    expect(() => new SeededDropout({ rate: 1 })).toThrow(
      "SeededDropout.rate: expected a number in [0, 1), got 1",
    );
  });
});
