import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../../../src/core/errors";
import { createRandom } from "../../../src/core/random";
import { loadEngine } from "../../../src/engine/load";
import { createPredictor } from "../../../src/engine/predictor";
import { slidingWindowInference } from "../../../src/experiments/evaluation/slidingWindowInference";
import type { SlidingWindowOptions } from "../../../src/experiments/evaluation/slidingWindowInference";
import { modelByName } from "../../../src/models";
import golden from "../../golden/slidingWindow.json";
import { expectClose } from "../../support/close";

loadEngine();

function draw(seed: number, shape: [number, number, number, number]): tf.Tensor4D {
  const random = createRandom(seed);
  const count = shape.reduce((a, b) => a * b);
  return tf.tensor4d(
    Float32Array.from({ length: count }, () => random.normal()),
    shape,
  );
}

/** As in the golden file: two channels that depend on a pixel's position in its window. */
function model(windows: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = windows.shape;
  const place = tf.add(
    tf.reshape(tf.mul(tf.range(0, height), 0.5), [1, height, 1, 1]),
    tf.reshape(tf.mul(tf.range(0, width), 0.25), [1, 1, width, 1]),
  );
  const first = tf.slice4d(windows, [0, 0, 0, 0], [-1, -1, -1, 1]);
  return tf.concat4d(
    [tf.mul<tf.Tensor4D>(first, place), tf.add<tf.Tensor4D>(tf.square(first), place)],
    3,
  );
}

describe("slidingWindowInference", () => {
  it.each(golden.cases)("equals MONAI: $shape by $options", ({ seed, shape, options, output }) => {
    const images = draw(seed, shape as [number, number, number, number]);
    const got = slidingWindowInference(model, images, options as unknown as SlidingWindowOptions);
    expect(got.shape).toEqual([...shape.slice(0, 3), 2]);
    expectClose(Array.from(got.dataSync()), output, 1e-5, "output");
  });

  it("uses one recorded graph for all batches, and leaks no tensors", () => {
    const network = modelByName("unet", {
      inputShape: [16, 16, 1],
      numClasses: 3,
      filters: 4,
      depth: 2,
      seed: 1,
    });
    const predict = createPredictor(network);
    const image = draw(1, [1, 37, 41, 1]);
    const options = { roiSize: [16, 16], swBatchSize: 4 } as const;
    const before = slidingWindowInference(predict, image, options);
    const tensors = tf.memory().numTensors;
    const after = slidingWindowInference(predict, image, options);
    expect(tf.memory().numTensors).toBe(tensors + 1);
    expect(predict.recorded).toHaveLength(1);
    expect(after.shape).toEqual([1, 37, 41, 3]);
    expectClose(Array.from(after.dataSync()), Array.from(before.dataSync()), 0, "twice");
    predict.dispose();
  });

  it.each<[string, SlidingWindowOptions]>([
    ["roiSize", { roiSize: [0, 4] }],
    ["swBatchSize", { roiSize: [4, 4], swBatchSize: 1.5 }],
    ["overlap", { roiSize: [4, 4], overlap: 1 }],
    ["sigmaScale", { roiSize: [4, 4], sigmaScale: 0 }],
  ])("rejects %s out of range", (name, options) => {
    const attempt = (): unknown => slidingWindowInference(model, tf.zeros([1, 8, 8, 1]), options);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(new RegExp(`slidingWindowInference.${name}: expected`));
  });

  it("rejects a model with an output of another size", () => {
    const half = (windows: tf.Tensor4D): tf.Tensor4D => tf.maxPool(windows, 2, 2, "same");
    expect(() => slidingWindowInference(half, tf.zeros([1, 8, 8, 1]), { roiSize: [4, 4] })).toThrow(
      ShapeError,
    );
  });
});
