import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { createRandom } from "../../src/core/random";
import { nodeBackend } from "../../src/engine/binding";
import type { Binding } from "../../src/engine/binding";
import { loadEngine } from "../../src/engine/load";
import { hasFusedAttention } from "../../src/engine/ops/fusedAttention";
import { createProgram } from "../../src/engine/program";
import { flatten } from "../../src/engine/nest";
import { traceFunction } from "../../src/engine/trace";
import { scaledDotProductAttention } from "../../src/layers/attention/scaledDotProductAttention";
import type { AttentionOptions } from "../../src/layers/attention/scaledDotProductAttention";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

loadEngine();

interface Golden {
  readonly name: string;
  readonly seed: number;
  readonly causal: boolean;
  /** Of queries, keys and values. */
  readonly shapes: number[][];
  readonly output: number[];
  /** Every 37th value, of output and gradients. */
  readonly gradients: number[][];
}

/** The ops that a function records. */
function recordedOps(fn: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, isPortable = false): string[] {
  const args = flatten("arguments", [x]);
  return traceFunction("test", fn, args, { isPortable }).fn.nodes.map(({ op }) => op);
}

function normal(shape: number[], seed = 1): tf.Tensor {
  const random = createRandom(seed);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

const OP = "LayerbookAttention";
const attend = (x: tf.Tensor, options: AttentionOptions = {}): tf.Tensor =>
  scaledDotProductAttention(x, x, x, options);

// On a processor without AVX2, or with an addon of another compiler, there is no op to test.
const describeWithOp = hasFusedAttention() ? describe : describe.skip;

describeWithOp("attention as one op", () => {
  const run = (golden: Golden): { output: tf.Tensor; gradients: tf.Tensor[] } => {
    const draw = createDraw(golden.seed);
    const inputs = golden.shapes.map((shape) => tf.tensor(draw(shape), shape));
    const size = [...golden.shapes[0].slice(0, -1), golden.shapes[2].slice(-1)[0]];
    const direction = tf.tensor(draw(size), size);
    const step = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, weights: tf.Tensor) => {
      const compute = (...given: tf.Tensor[]): tf.Tensor =>
        scaledDotProductAttention(given[0], given[1], given[2], { causal: golden.causal });
      return { output: compute(q, k, v), gradients: tf.grads(compute)([q, k, v], weights) };
    };
    const compiled = createProgram().compile(step);
    return compiled(inputs[0], inputs[1], inputs[2], direction);
  };
  const strided = (x: tf.Tensor): number[] =>
    Array.from(x.dataSync()).filter((_, i) => i % 37 === 0);

  it.each(readCases<Golden>("fusedAttention"))("equals torch: $name", (golden) => {
    for (const { output, gradients } of [run(golden), withCompositeOps(() => run(golden))]) {
      expectClose(strided(output), golden.output, 1e-4, "output");
      gradients.forEach((gradient, i) => {
        expectClose(strided(gradient), golden.gradients[i], 1e-3, `gradient ${i}`);
      });
    }
  });

  it("is recorded for widths of 16, and not with a mask, dropout or weights returned", () => {
    const x = normal([3, 5, 16]);
    const isRecorded = (options: AttentionOptions): boolean =>
      recordedOps((y) => attend(y, options), x).includes(OP);
    expect(isRecorded({})).toBe(true);
    expect(isRecorded({ causal: true })).toBe(true);
    expect(isRecorded({ mask: tf.ones([5, 5], "bool") })).toBe(false);
    expect(isRecorded({ dropout: 0.5, seed: tf.tensor1d([1, 2], "int32") })).toBe(false);
    expect(recordedOps((y) => attend(y), normal([3, 5, 17]))).not.toContain(OP);
    const withWeights = (y: tf.Tensor): tf.Tensor =>
      scaledDotProductAttention(y, y, y, { returnWeights: true }).output;
    expect(recordedOps(withWeights, x)).not.toContain(OP);
  });

  it("is left out of a graph that other runtimes are to read", () => {
    expect(recordedOps((y) => attend(y), normal([3, 5, 16]), true)).not.toContain(OP);
  });

  it("has the right second-order gradient", () => {
    const x = normal([2, 3, 16]);
    const twice = (): tf.Tensor => {
      const slope = tf.grad((y: tf.Tensor) => tf.sum(tf.square(attend(y))));
      return tf.grad((y: tf.Tensor) => tf.sum(tf.square(slope(y))))(x);
    };
    expectClose(twice().dataSync(), withCompositeOps(twice).dataSync(), 1e-4, "second order");
  });

  it("keeps NaN", () => {
    const x = tf.concat([normal([1, 99, 16]), tf.fill([1, 1, 16], NaN)], 1);
    expect(tf.all(tf.isNaN(attend(x))).dataSync()[0]).toBe(1);
  });

  it("hides later keys from earlier queries where it is causal", () => {
    const past = normal([1, 99, 16]);
    const [one, two] = [2, 3].map((seed) => {
      const x = tf.concat([past, normal([1, 1, 16], seed)], 1);
      return tf.slice(attend(x, { causal: true }), [0, 0, 0], [1, 99, 16]).dataSync();
    });
    expect(one).toEqual(two);
  });

  it("gives large logits their weight: no overflow", () => {
    const x = tf.mul(normal([1, 70, 32]), 100);
    expectClose(attend(x).dataSync(), withCompositeOps(() => attend(x)).dataSync(), 1e-4, "output");
  });

  it("gives the same bits in every run", () => {
    const x = normal([1, 300, 16]);
    const slope = tf.grad((y: tf.Tensor) => tf.sum(tf.square(attend(y))));
    expect(slope(x).dataSync()).toEqual(slope(x).dataSync());
  });
});

describe("without the op", () => {
  it("is found missing by the addon's error", () => {
    const executeOp = (): never => {
      throw new Error("Op type not registered");
    };
    const older = Object.create(nodeBackend().binding, {
      executeOp: { value: executeOp },
    }) as Binding;
    expect(hasFusedAttention(older)).toBe(false);
  });
});
