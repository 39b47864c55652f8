import * as tf from "@tensorflow/tfjs";
import { Adam } from "../../../src/core/optimizers";
import { loadEngine } from "../../../src/engine/load";
import { trainingStep } from "../../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../../src/losses";

loadEngine();

describe("trainingStep", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const adam = new Adam({ learningRate: 0.1 });

  it.each<[unknown[], RegExp]>([
    [[undefined], /trainingStep\.logits: expected a LayersModel, got undefined/],
    [[model, { optimizer: adam }], /trainingStep\.loss: expected a function, .* got object/],
    [
      [model, crossEntropy(), { name: "adam" }],
      /trainingStep\.optimizer: expected an Optimizer, .* got object\. Call trainingStep\(logits/,
    ],
  ])("rejects an argument of the wrong kind: case %#", (wrong, message) => {
    const call = trainingStep as unknown as (...args: unknown[]) => unknown;
    expect(() => call(...wrong)).toThrow(message);
  });
});
