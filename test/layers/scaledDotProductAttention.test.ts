import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { scaledDotProductAttention } from "../../src/layers/attention/scaledDotProductAttention";
import type { AttentionOptions } from "../../src/layers/attention/scaledDotProductAttention";
import { lshAttention } from "../../src/layers/lsh/lshAttention";
import { ScaledDotProductAttention } from "../../src/layers/ScaledDotProductAttention";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly shapes: number[][];
  readonly maskKind: "none" | "bool" | "float";
  readonly maskShape: number[] | null;
  readonly causal: boolean;
  readonly scale: number | null;
  readonly output: number[];
  readonly gradients: number[][];
}

const cases = readCases<Case>("attention");

loadEngine();

/** Inputs, the mask if it is added, and how to attend. */
function prepare(
  golden: Case,
  options: AttentionOptions,
): {
  inputs: tf.Tensor[];
  direction: tf.Tensor;
  attend: (...inputs: tf.Tensor[]) => tf.Tensor;
} {
  const draw = createDraw(golden.seed);
  const inputs = golden.shapes.map((shape) => tf.tensor(draw(shape), shape));
  const drawn = golden.maskShape && tf.tensor(draw(golden.maskShape), golden.maskShape);
  const isAdded = golden.maskKind === "float" && drawn !== null;
  const outputShape = [
    ...golden.shapes[0].slice(0, -1),
    golden.shapes[2][golden.shapes[2].length - 1],
  ];
  const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, added?: tf.Tensor): tf.Tensor => {
    const mask = added ?? (drawn === null ? undefined : tf.greater(drawn, -0.5));
    return scaledDotProductAttention(q, k, v, {
      ...options,
      causal: golden.causal,
      ...(golden.scale === null ? {} : { scale: golden.scale }),
      ...(mask === undefined ? {} : { mask }),
    });
  };
  return {
    inputs: isAdded ? [...inputs, drawn] : inputs,
    direction: tf.tensor(draw(outputShape), outputShape),
    attend,
  };
}

function expectTorch(golden: Case, options: AttentionOptions = {}): void {
  tf.tidy(() => {
    const { inputs, direction, attend } = prepare(golden, options);
    expectClose(attend(...inputs).dataSync(), golden.output, 1e-4, "output");
    const loss = (...given: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(attend(...given), direction));
    const largest = Math.max(...golden.gradients.flat().map(Math.abs));
    tf.grads(loss)(inputs).forEach((gradient, index) => {
      if (golden.gradients[index].every((value) => value === 0)) {
        // One key has all the weight, whatever the query: terms that cancel to rounding.
        const off = Math.max(...Array.from(gradient.dataSync(), Math.abs));
        expect(off).toBeLessThan(1e-6 * largest);
        return;
      }
      expectClose(gradient.dataSync(), golden.gradients[index], 1e-3, `gradient ${index}`);
    });
  });
}

describe("scaledDotProductAttention", () => {
  it.each(cases)("equals torch: $name", (golden) => expectTorch(golden));

  it.each(cases)("equals torch in chunks of queries: $name", (golden) => {
    // Two to three queries at a time, the last chunk smaller.
    const keys = golden.shapes[1][golden.shapes[1].length - 2];
    const batch = golden.shapes[0].slice(0, -2).reduce((a, b) => a * b, 1);
    expectTorch(golden, { maxLogits: 2.5 * keys * batch });
  });

  it.each(cases)("equals torch on tfjs' JavaScript backend: $name", async (golden) => {
    const backend = tf.getBackend();
    await tf.setBackend("cpu");
    try {
      expectTorch(golden, { maxLogits: 40 });
    } finally {
      await tf.setBackend(backend);
    }
  });

  const draw = createDraw(8);
  const [q, k, v] = [
    [2, 7, 3],
    [2, 11, 3],
    [2, 11, 5],
  ].map((shape) => tf.tensor(draw(shape), shape));

  it("returns weights that sum to 1 and make the output", () => {
    const { output, weights } = scaledDotProductAttention(q, k, v, { returnWeights: true });
    expectClose(tf.sum(weights, -1).dataSync(), new Float32Array(14).fill(1), 1e-5, "sums");
    expectClose(tf.matMul(weights, v).dataSync(), output.dataSync(), 1e-5, "output");
    expectClose(scaledDotProductAttention(q, k, v).dataSync(), output.dataSync(), 1e-5, "plain");
  });

  it("gives 0, and a gradient of 0, where a query may attend nothing", () => {
    const mask = tf.tensor2d([0, 1, 1, 1, 1, 1, 1], [7, 1], "int32");
    const output = scaledDotProductAttention(q, k, v, { mask });
    expect(Array.from(output.slice([0, 0, 0], [1, 1, 5]).dataSync())).toEqual([0, 0, 0, 0, 0]);
    const [dq] = tf.grads((a) => scaledDotProductAttention(a, k, v, { mask }))([q]);
    expect(Array.from(dq.slice([0, 0, 0], [2, 1, 3]).dataSync())).toEqual([0, 0, 0, 0, 0, 0]);
    expect(dq.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("ignores masked keys", () => {
    const mask = tf.tensor1d([1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1], "int32");
    const other = tf.add(k, tf.mul(tf.reshape(tf.sub(1, mask), [11, 1]), 5));
    const output = scaledDotProductAttention(q, k, v, { mask }).dataSync();
    expect(scaledDotProductAttention(q, other, v, { mask }).dataSync()).toEqual(output);
  });

  it("drops weights by the seed, alike in value and gradient, chunked or not", () => {
    const seed = tf.tensor1d([5, 3], "int32");
    const options = { dropout: 0.4, seed };
    const once = scaledDotProductAttention(q, k, v, options).dataSync();
    expect(scaledDotProductAttention(q, k, v, options).dataSync()).toEqual(once);
    const later = { dropout: 0.4, seed: tf.tensor1d([5, 4], "int32") };
    expect(scaledDotProductAttention(q, k, v, later).dataSync()).not.toEqual(once);
    // The output is linear in the values, so the gradient along them is the output itself.
    for (const maxLogits of [60, 10000]) {
      const attend = (a: tf.Tensor): tf.Tensor =>
        scaledDotProductAttention(q, k, a, { ...options, maxLogits });
      const weights = tf.tensor(draw([2, 7, 5]), [2, 7, 5]);
      const [dv] = tf.grads((a) => tf.sum(tf.mul(attend(a), weights)))([v]);
      const along = tf.sum(tf.mul(dv, v)).dataSync();
      expectClose(along, tf.sum(tf.mul(attend(v), weights)).dataSync(), 1e-4, `${maxLogits}`);
    }
  });

  it("keeps the mean of the output under dropout", () => {
    const outputs = Array.from({ length: 400 }, (_, step) =>
      scaledDotProductAttention(q, k, v, { dropout: 0.3, seed: tf.tensor1d([1, step], "int32") }),
    );
    const mean = tf.div(tf.addN(outputs), 400);
    const plain = scaledDotProductAttention(q, k, v);
    expect(tf.max(tf.abs(tf.sub(mean, plain))).dataSync()[0]).toBeLessThan(0.15);
  });

  it("needs memory for a chunk, not for all pairs", async () => {
    const length = 2048;
    const wide = tf.zeros([1, length, 2]);
    const peak = async (maxLogits: number): Promise<number> => {
      const before = tf.memory().numBytes;
      const attend = (x: tf.Tensor): tf.Tensor => scaledDotProductAttention(x, x, x, { maxLogits });
      const { peakBytes } = await tf.profile(() => tf.grad(attend)(wide));
      return peakBytes - before;
    };
    const allPairs = 4 * length * length;
    expect(await peak(length * 64)).toBeLessThan(allPairs / 4);
    expect(await peak(length * length)).toBeGreaterThan(allPairs);
  });

  it.each([
    [
      () => scaledDotProductAttention(tf.zeros([3]), k, v),
      /q: expected \[...batch, queries, dim\]/,
    ],
    [
      () => scaledDotProductAttention(q, tf.zeros([2, 11, 4]), v),
      /k: expected \[2, keys, 3\], got \[2, 11, 4\]/,
    ],
    [() => scaledDotProductAttention(q, k, tf.zeros([2, 7, 5])), /v: expected \[2, 11, valueDim\]/],
    [
      () => scaledDotProductAttention(q, k, v, { mask: tf.zeros([3, 11]) }),
      /mask: expected a shape broadcastable to \[2, 7, 11\], got \[3, 11\]/,
    ],
    [() => scaledDotProductAttention(q, k, v, { dropout: 0.5 }), /seed: expected an int32 tensor/],
    [
      () => scaledDotProductAttention(q, k, v, { dropout: 1 }),
      /dropout: expected a number in \[0, 1\)/,
    ],
  ])("says what does not fit: %s", (attend, message) => {
    expect(attend).toThrow(message);
  });
});

describe("ScaledDotProductAttention", () => {
  checkLayer(ScaledDotProductAttention, {
    args: { causal: true, scale: 0.7, dropout: 0.3, seed: 5 },
    inputs: [
      [2, 7, 3],
      [2, 11, 5],
      [2, 11, 3],
    ],
    output: [2, 7, 5],
    weights: 1,
    isRandomInTraining: true,
  });

  it("takes the value for the key, masks of its inputs, and returns weights", () => {
    const draw = createDraw(4);
    const [x, y] = [
      [2, 5, 3],
      [2, 7, 3],
    ].map((shape) => tf.tensor(draw(shape), shape));
    const layer = new ScaledDotProductAttention();
    const mask = [null, tf.tensor2d([1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1], [2, 7], "int32")];
    const [output, weights] = layer.apply([x, y], { mask, returnWeights: true }) as tf.Tensor[];
    const wanted = scaledDotProductAttention(x, y, y, {
      mask: tf.expandDims(mask[1] as tf.Tensor, 1),
    });
    expectClose(output.dataSync(), wanted.dataSync(), 1e-5, "output");
    expect(Array.from(weights.slice([0, 0, 5], [1, 5, 2]).dataSync())).toEqual(
      new Array(10).fill(0),
    );
    expect(layer.apply([x, y]) as tf.Tensor).toHaveProperty("shape", [2, 5, 3]);
  });

  it("refuses one input", () => {
    expect(() => new ScaledDotProductAttention().apply(tf.zeros([1, 2, 3]))).toThrow(
      /got 1 inputs/,
    );
  });
});

describe("a second-order gradient", () => {
  const draw = createDraw(7);
  const tensor = (shape: number[], dtype: "float32" | "bool" = "float32"): tf.Tensor => {
    const values = draw(shape);
    return tf.tensor(dtype === "bool" ? values.map((value) => +(value > 0)) : values, shape, dtype);
  };
  const [q, k, v] = [
    [2, 5, 3],
    [2, 7, 3],
    [2, 7, 4],
  ].map((shape) => tensor(shape));
  const weights = tensor([2, 5, 4]);
  const added = tensor([2, 5, 7]);

  /** The gradients of the squares of the gradients. */
  const second = (attend: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]) => {
    const loss = (...given: tf.Tensor[]) => tf.sum(tf.mul(tf.square(attend(...given)), weights));
    return tf.grads((...given: tf.Tensor[]) =>
      tf.addN(
        tf
          .grads(loss)(given)
          .map((gradient) => tf.sum(tf.square(gradient))),
      ),
    )(inputs);
  };

  it.each<[string, AttentionOptions]>([
    ["weights kept", {}],
    ["weights computed again, in spans", { maxLogits: 20 }],
    ["causal", { causal: true }],
    ["a mask", { mask: tensor([1, 5, 7], "bool") }],
    ["dropout", { dropout: 0.4, seed: tf.tensor1d([3, 5], "int32") }],
  ])("equals that of tfjs' own ops: %s", (_name, options) => {
    const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
      scaledDotProductAttention(a, b, c, options);
    const plain = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
      scaledDotProductAttention(a, b, c, { ...options, returnWeights: true }).output;
    const wanted = second(plain, [q, k, v]);
    second(run, [q, k, v]).forEach((gradient, index) => {
      expectClose(gradient.dataSync(), wanted[index].dataSync(), 1e-4, `of input ${index}`);
    });
  });

  it("equals that of tfjs' own ops: a learned mask", () => {
    const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, mask: tf.Tensor) =>
      scaledDotProductAttention(a, b, c, { mask });
    const plain = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, mask: tf.Tensor) =>
      scaledDotProductAttention(a, b, c, { mask, returnWeights: true }).output;
    const wanted = second(plain, [q, k, v, added]);
    second(run, [q, k, v, added]).forEach((gradient, index) => {
      expectClose(gradient.dataSync(), wanted[index].dataSync(), 1e-4, `of input ${index}`);
    });
  });

  it("is refused by LSH attention, and its first gradient is not", () => {
    const qk = tf.tensor(draw([1, 9, 1, 4]), [1, 9, 1, 4]);
    const loss = (x: tf.Tensor) =>
      tf.sum(tf.square(lshAttention(x as tf.Tensor4D, x as tf.Tensor4D, { bucketSize: 4 })));
    expect(tf.grad(loss)(qk).shape).toEqual([1, 9, 1, 4]);
    expect(() => tf.grad((x: tf.Tensor) => tf.sum(tf.grad(loss)(x)))(qk)).toThrow(
      /lshAttention: expected a first-order gradient, got a second-order gradient/,
    );
  });
});
