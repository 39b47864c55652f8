import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { conv2dTranspose } from "../../src/core/ops/conv2dTranspose";
import { relu } from "../../src/core/ops/relu";
import { resizeBilinear } from "../../src/core/ops/resizeBilinear";
import { sparseSoftmaxCrossEntropy } from "../../src/core/ops/sparseSoftmaxCrossEntropy";
import {
  statelessDropout,
  statelessNormal,
  statelessUniform,
} from "../../src/core/ops/statelessRandom";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";

loadEngine();

function draw(shape: number[], seed: number): tf.Tensor {
  const random = createRandom(seed);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** Largest distance of two tensors' entries. */
function distance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

/** Value and gradient of a form, the gradient weighted so that no entry counts as another. */
function valueAndGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const value = f(x);
  const weights = draw(value.shape, 5);
  return [value, tf.grad((input: tf.Tensor) => tf.sum(tf.mul(f(input), weights)))(x)];
}

describe("native forms equal their composite twins", () => {
  const labels = tf.tensor2d([0, 1, 2, 4, 3, 1], [2, 3], "int32");
  it.each([
    ["relu", [3, 5, 7], (x: tf.Tensor) => relu(x)],
    [
      "sparseSoftmaxCrossEntropy",
      [2, 3, 5],
      (x: tf.Tensor) => sparseSoftmaxCrossEntropy(labels, x),
    ],
    [
      "conv2dTranspose",
      [2, 3, 5, 7],
      (x: tf.Tensor) =>
        conv2dTranspose(
          x as tf.Tensor4D,
          draw([3, 2, 11, 7], 6) as tf.Tensor4D,
          [2, 6, 9, 11],
          [2, 2],
        ),
    ],
    [
      "conv2dTranspose, its filter",
      [3, 2, 11, 7],
      (x: tf.Tensor) =>
        conv2dTranspose(
          draw([2, 3, 5, 7], 6) as tf.Tensor4D,
          x as tf.Tensor4D,
          [2, 6, 9, 11],
          [2, 2],
        ),
    ],
    [
      "resizeBilinear, larger and smaller",
      [2, 5, 7, 3],
      (x: tf.Tensor) => resizeBilinear(x as tf.Tensor4D, 11, 3),
    ],
    [
      "sparseSoftmaxCrossEntropy of many classes",
      [2, 3, 23],
      (x: tf.Tensor) => sparseSoftmaxCrossEntropy(labels, x),
    ],
  ])("%s", (_name, shape, f) => {
    const x = draw(shape, 3);
    const native = valueAndGradient(f, x);
    const composite = withCompositeOps(() => valueAndGradient(f, x));
    expect(distance(native[0], composite[0])).toBeLessThan(1e-6);
    expect(distance(native[1], composite[1])).toBeLessThan(1e-6);
  });
});

describe("sparseSoftmaxCrossEntropy", () => {
  it("costs what the scores say however far apart they are, and infinity where there is no class", () => {
    const logits = tf.tensor2d([
      [1e30, 0, -1e30],
      [-200, 200, 0],
      [3, 3, 3],
    ]);
    const labels = tf.tensor1d([0, 0, 3], "int32");
    expect(Array.from(sparseSoftmaxCrossEntropy(labels, logits).dataSync())).toEqual([
      0,
      400,
      Infinity,
    ]);
  });

  it("refuses labels of another shape or dtype", () => {
    const logits = tf.zeros([2, 3, 5]);
    expect(() => sparseSoftmaxCrossEntropy(tf.zeros([2, 4], "int32"), logits)).toThrow(
      /expected \[2, 4, \?\], got \[2, 3, 5\]/,
    );
    expect(() => sparseSoftmaxCrossEntropy(tf.zeros([2, 3]), logits)).toThrow(/expected int32/);
  });
});

describe("stateless random", () => {
  const seed = tf.tensor1d([-7, 12], "int32");

  it("draws TensorFlow's uniform numbers to the bit in the composite form", () => {
    const native = statelessUniform([5, 7], seed).dataSync();
    expect(withCompositeOps(() => statelessUniform([5, 7], seed)).dataSync()).toEqual(native);
  });

  it("draws TensorFlow's normal numbers up to rounding in the composite form", () => {
    const native = statelessNormal([5, 7], seed);
    expect(
      distance(
        withCompositeOps(() => statelessNormal([5, 7], seed)),
        native,
      ),
    ).toBeLessThan(1e-5);
  });

  it("scales to the range and moments asked for", () => {
    const uniform = statelessUniform([10000], seed, 2, 5);
    expect(tf.min(uniform).dataSync()[0]).toBeGreaterThanOrEqual(2);
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(5);
    const { mean, variance } = tf.moments(statelessNormal([10000], seed, 3, 0.5));
    expect(mean.dataSync()[0]).toBeCloseTo(3, 1);
    expect(variance.dataSync()[0]).toBeCloseTo(0.25, 1);
  });

  it("drops the share asked for and keeps the sum", () => {
    const dropped = statelessDropout(tf.ones([10000]), 0.3, seed);
    const values = Array.from(dropped.dataSync());
    expect(values.filter((v) => v === 0).length / 10000).toBeCloseTo(0.3, 1);
    expect(new Set(values.filter((v) => v !== 0)).size).toBe(1);
    expect(Math.max(...values)).toBeCloseTo(1 / 0.7, 5);
  });
});
