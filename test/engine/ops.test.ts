import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { conv2dTranspose } from "../../src/core/ops/conv2dTranspose";
import { relu } from "../../src/core/ops/relu";
import { resizeBilinear } from "../../src/core/ops/resizeBilinear";
import { normalizeGroups } from "../../src/core/ops/normalizeGroups";
import { normalizeLast } from "../../src/core/ops/normalizeLast";
import { sparseSoftmaxCrossEntropy } from "../../src/core/ops/sparseSoftmaxCrossEntropy";
import {
  statelessDropout,
  statelessNormal,
  statelessUniform,
} from "../../src/core/ops/statelessRandom";
import { createRandom } from "../../src/core/random";
import { batchNormInference, batchNormTraining } from "../../src/core/ops/batchNorm";
import { einsum } from "../../src/core/ops/einsum";
import { gatherRows } from "../../src/core/ops/gatherRows";
import { groupedConv2d } from "../../src/core/ops/groupedConv2d";
import { scaledDotProductAttention } from "../../src/layers/attention/scaledDotProductAttention";
import { loadEngine } from "../../src/engine/load";
import { compile } from "../../src/engine/program";
import { attr, rawOp } from "../../src/engine/rawOp";

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

describe("gradients of gradients", () => {
  /** The gradient of the gradient's squares, which is right only where both are. */
  const second = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor => {
    const weights = draw(f(x).shape, 5);
    const loss = (input: tf.Tensor) => tf.sum(tf.mul(tf.square(f(input)), weights));
    return tf.grad((input: tf.Tensor) => tf.sum(tf.square(tf.grad(loss)(input))))(x);
  };
  const labels = tf.tensor1d([0, 2, 1], "int32");
  const dense = tf.layers.dense({ units: 4, inputShape: [5], biasInitializer: "ones" });
  const vector = (seed: number) => draw([6], seed) as tf.Tensor1D;
  const positive = (seed: number) => tf.add<tf.Tensor1D>(tf.abs(vector(seed)), 0.5);
  const parameters = () => ({
    gamma: vector(1),
    beta: vector(2),
    movingMean: vector(3),
    movingVariance: positive(4),
  });
  it.each<[string, number[], (x: tf.Tensor) => tf.Tensor]>([
    ["relu", [3, 5], (x) => tf.mul(tf.square(x), relu(x))],
    [
      "groupedConv2d, its image",
      [1, 3, 5, 6],
      (x) => groupedConv2d(x as tf.Tensor4D, draw([3, 3, 3, 4], 6) as tf.Tensor4D),
    ],
    [
      "groupedConv2d, its filter",
      [3, 3, 3, 4],
      (x) =>
        groupedConv2d(draw([1, 3, 5, 6], 6) as tf.Tensor4D, x as tf.Tensor4D, { padding: "valid" }),
    ],
    [
      "groupedConv2d, pointwise",
      [1, 1, 6, 4],
      (x) => groupedConv2d(draw([1, 3, 5, 6], 6) as tf.Tensor4D, x as tf.Tensor4D),
    ],
    [
      "conv2dTranspose",
      [1, 2, 3, 6],
      (x) =>
        conv2dTranspose(
          x as tf.Tensor4D,
          draw([3, 2, 5, 6], 6) as tf.Tensor4D,
          [1, 4, 6, 5],
          [2, 2],
        ),
    ],
    [
      "conv2dTranspose, its filter",
      [3, 2, 5, 6],
      (x) =>
        conv2dTranspose(
          draw([1, 2, 3, 6], 6) as tf.Tensor4D,
          x as tf.Tensor4D,
          [1, 4, 6, 5],
          [2, 2],
        ),
    ],
    ["einsum", [3, 5], (x) => einsum("ij,kj,ik->i", x, draw([7, 5], 6), draw([3, 7], 7))],
    ["resizeBilinear", [1, 3, 5, 2], (x) => resizeBilinear(x as tf.Tensor4D, 7, 4)],
    [
      "gatherRows",
      [4, 3],
      (x) => tf.square(gatherRows(x as tf.Tensor2D, tf.tensor1d([2, 0, 2], "int32"))),
    ],
    [
      "batchNormTraining",
      [2, 3, 1, 6],
      (x) =>
        batchNormTraining(x as tf.Tensor4D, parameters(), { epsilon: 1e-3, momentum: 0.9 }).output,
    ],
    [
      "batchNormInference",
      [2, 3, 1, 6],
      (x) => batchNormInference(x as tf.Tensor4D, parameters(), 1e-3),
    ],
    [
      "batchNormTraining, its scale",
      [6],
      (gamma) =>
        batchNormTraining(
          draw([2, 3, 1, 6], 8) as tf.Tensor4D,
          { ...parameters(), gamma: gamma as tf.Tensor1D },
          { epsilon: 1e-3, momentum: 0.9 },
        ).output,
    ],
    ["sparseSoftmaxCrossEntropy", [3, 4], (x) => sparseSoftmaxCrossEntropy(labels, x)],
    [
      "sparseSoftmaxCrossEntropy of many classes",
      [3, 23],
      (x) => sparseSoftmaxCrossEntropy(labels, x),
    ],
    // tfjs saves the outputs of these for their gradients.
    ["exp", [2, 3], (x) => tf.mul(x, tf.exp(x))],
    ["sigmoid", [2, 3], (x) => tf.mul(x, tf.sigmoid(x))],
    ["tanh", [2, 3], (x) => tf.add(tf.tanh(x), x)],
    ["softmax", [2, 3], (x) => tf.mul(x, tf.softmax(x))],
    ["logSoftmax", [2, 3], (x) => tf.mul(x, tf.logSoftmax(x))],
    ["pow", [2, 3], (x) => tf.mul(x, tf.pow(tf.add(tf.square(x), 1), 1.5))],
    ["normalizeLast", [2, 5], (x) => normalizeLast(x, { epsilon: 0.1, isCentred: true })],
    [
      "normalizeGroups",
      [2, 3, 4],
      (x) => normalizeGroups(x, { groups: 2, epsilon: 0.1, gamma: tf.range(1, 5), beta: null }),
    ],
    ["scaledDotProductAttention", [1, 3, 4], (x) => scaledDotProductAttention(x, tf.square(x), x)],
    // tfjs fuses product and bias, with a gradient of its own.
    ["a dense layer", [3, 5], (x) => tf.square(dense.apply(x) as tf.Tensor)],
    [
      "tf.customGrad by its inputs and output",
      [2, 3],
      (x) =>
        tf.customGrad((input, save) => {
          const [y, keep] = [input as tf.Tensor, save as tf.GradSaveFunc];
          const value = tf.square(y);
          keep([y, value]);
          const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, tf.mul(2, saved));
          return { value, gradFunc };
        })(x),
    ],
  ])("of %s equal finite differences of the first gradient", (_name, shape, f) => {
    const x = draw(shape, 3);
    const weights = draw(f(x).shape, 5);
    const loss = (input: tf.Tensor) => tf.sum(tf.mul(tf.square(f(input)), weights));
    const squares = (at: tf.Tensor): number => tf.sum(tf.square(tf.grad(loss)(at))).dataSync()[0];
    const gradient = second(f, x);
    const along = draw(shape, 9);
    const step = 1e-2;
    const [up, down] = [step, -step].map((by) => squares(tf.add(x, tf.mul(along, by))));
    const wanted = (up - down) / (2 * step);
    const got = tf.sum(tf.mul(gradient, along)).dataSync()[0];
    expect(Math.abs(got - wanted)).toBeLessThan(0.02 * Math.max(1, Math.abs(wanted)));
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    [
      "tf.losses.softmaxCrossEntropy",
      (x) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 2], "int32"), 3), x),
    ],
    [
      "a tf.customGrad that saves what it computed",
      (x) =>
        tf.customGrad((input, save) => {
          const slope = tf.mul(2, input as tf.Tensor);
          (save as tf.GradSaveFunc)([slope]);
          const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved);
          return { value: tf.square(input as tf.Tensor), gradFunc };
        })(x),
    ],
  ])("of %s, which would be 0, are refused; its first gradient is not", (_name, f) => {
    const x = draw([2, 3], 3);
    const loss = (input: tf.Tensor) => tf.sum(f(input));
    expect(tf.grad(loss)(x).shape).toEqual([2, 3]);
    expect(() => second(f, x)).toThrow(/tensors saved by tf.customGrad.*crossEntropy/);
    // A gradient within another, of something else, is as it was.
    const other = draw([2, 3], 4);
    const both = (input: tf.Tensor) => tf.add(tf.sum(input), tf.sum(tf.grad(loss)(other)));
    expect(Array.from(tf.grad(both)(x).dataSync())).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("of relu, by hand", () => {
    const f = (x: tf.Tensor) => tf.sum(tf.mul(tf.square(x), relu(x)));
    const outer = tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.grad(f)(x))));
    expect(outer(tf.tensor1d([1, 2])).arraySync()).toEqual([36, 288]);
  });

  it("are the same in a recorded function", () => {
    const f = (x: tf.Tensor) => second((input) => tf.mul(tf.square(input), relu(input)), x);
    const x = draw([3, 5], 3);
    expect(distance(compile(f)(x), f(x))).toBeLessThan(1e-4);
  });

  it("refuse a raw op, which would count as a constant", () => {
    const f = (x: tf.Tensor) => tf.sum(rawOp("Square", [attr.type("T", "float32")], [x]));
    expect(() => tf.grad(f)(tf.ones([2]))).toThrow(
      /an op|ops that have a gradient, got TensorFlow's Square/,
    );
  });
});

describe("gradients of tfjs' own that are recorded in constant size", () => {
  const repeated = (x: tf.Tensor, times: number, axis: number): tf.Tensor =>
    tf.concat(
      Array.from({ length: times }, () => x),
      axis,
    );
  const places = (batches: number, n: number) =>
    tf.tensor2d(
      Array.from({ length: batches * n }, (_, i) => (i * 7) % 4),
      [batches, n],
      "int32",
    );
  it.each<[string, number[], (x: tf.Tensor) => tf.Tensor, (x: tf.Tensor) => tf.Tensor]>([
    [
      "tile",
      [2, 1, 3],
      (x) => tf.tile(x, [2, 5, 3]),
      (x) => repeated(repeated(repeated(x, 2, 0), 5, 1), 3, 2),
    ],
    [
      "gather",
      [4, 5],
      (x) => tf.gather(x, places(1, 6).reshape([6]), 1),
      (x) => tf.matMul(x, tf.transpose(tf.oneHot(places(1, 6).reshape([6]), 5).toFloat())),
    ],
    [
      "gather of batches",
      [3, 4, 5],
      (x) => tf.gather(x, places(3, 6), 1, 1),
      (x) =>
        tf.matMul(
          tf
            .oneHot(places(3, 6).reshape([18]), 4)
            .toFloat()
            .reshape([3, 6, 4]),
          x,
        ),
    ],
  ])("%s", (_name, shape, f, reference) => {
    const x = draw(shape, 3);
    const [value, gradient] = valueAndGradient(f, x);
    const [wantedValue, wantedGradient] = valueAndGradient(reference, x);
    expect(distance(value, wantedValue)).toBeLessThan(1e-5);
    expect(distance(gradient, wantedGradient)).toBeLessThan(1e-5);
  });

  it.each<[string, (size: number) => tf.layers.Layer]>([
    ["layerNormalization", () => tf.layers.layerNormalization()],
    ["batchNormalization", () => tf.layers.batchNormalization()],
    ["dense", () => tf.layers.dense({ units: 3, kernelInitializer: "ones" })],
    ["conv1d", () => tf.layers.conv1d({ filters: 3, kernelSize: 3, kernelInitializer: "ones" })],
    ["prelu", () => tf.layers.prelu({ sharedAxes: [1] })],
    ["softmax", () => tf.layers.softmax({ axis: -1 })],
    ["averagePooling1d", () => tf.layers.averagePooling1d({ poolSize: 2 })],
    ["permute", () => tf.layers.permute({ dims: [2, 1] })],
    ["globalMaxPooling1d", () => tf.layers.globalMaxPooling1d({})],
    ["reshape", () => tf.layers.reshape({ targetShape: [-1] })],
    ["elu", () => tf.layers.elu()],
  ])("tf.layers.%s records as many ops for 8 tokens as for 32", (_name, make) => {
    const count = (size: number): number => {
      const layer = make(size);
      layer.build([2, size, 6]);
      const f = compile((x: tf.Tensor) =>
        tf.grad((input: tf.Tensor) =>
          tf.sum(tf.square(layer.apply(input, { training: true }) as tf.Tensor)),
        )(x),
      );
      f.prepare(tf.ones([2, size, 6]));
      return f.recorded[0].nodes.length;
    };
    const few = count(8);
    expect(count(32)).toBe(few);
    expect(few).toBeLessThan(200);
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
