/**
 * The tracer's user manual: what may stand in a recorded function, what may not, and what is said
 * then. Every value that recording could freeze in silence has a test here.
 */
import * as tf from "@tensorflow/tfjs";
import { statelessDropout, statelessUniform } from "../../src/core/ops/statelessRandom";
import { SeedGenerator } from "../../src/core/seedGenerator";
import { NumericsError, TraceError } from "../../src/core/errors";
import { checkNumerics } from "../../src/core/ops/checkNumerics";
import { print } from "../../src/core/ops/print";
import { createOptimizer } from "../../src/core/optimizers";
import { nodeBackend } from "../../src/engine/binding";
import { loadEngine } from "../../src/engine/load";
import { compile, createProgram } from "../../src/engine/program";
import { BookLayer } from "../../src/layers";
import { activeTrace } from "../../src/engine/trace";

loadEngine();

const quiet = { log: () => undefined };
const x = tf.tensor2d([1, -2, 3, 4, 5, -6], [2, 3]);

/** Names a layer, so that messages can be held to it. */
function inLayer(name: string, call: (input: tf.Tensor) => tf.Tensor): tf.layers.Layer {
  class Probe extends tf.layers.Layer {
    static className = `Probe${name}`;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return call(Array.isArray(inputs) ? inputs[0] : inputs);
    }
  }
  return new Probe({ name });
}

describe("values read back", () => {
  it("throws for dataSync, naming the op and the layer", () => {
    const layer = inLayer("peek", (input) => {
      const doubled = tf.mul(input, 2);
      return (doubled.dataSync()[0] ?? 0) > 0 ? doubled : input;
    });
    const f = compile((input: tf.Tensor) => layer.apply(input) as tf.Tensor, { name: "step" });
    expect(() => f(x)).toThrow(
      /step: expected a function that computes with tensors alone, got values read back from Mul in layer "peek".*tf\.where/,
    );
  });

  it("throws for data(), even where the promise is thrown away", () => {
    const f = compile((input: tf.Tensor) => {
      void tf.neg(input).data();
      return input;
    });
    expect(() => f(x)).toThrow(/values read back from Neg/);
  });

  it("throws where user code swallows the error", () => {
    const f = compile((input: tf.Tensor) => {
      try {
        return tf.scalar(tf.sum(input).dataSync()[0] ?? 0);
      } catch {
        return input;
      }
    });
    expect(() => f(x)).toThrow(/values read back from Sum/);
  });

  it("throws for an async function", () => {
    const mask = (input: tf.Tensor): unknown => tf.booleanMaskAsync(input, tf.greater(input, 0));
    const f = compile(mask);
    expect(() => f(x)).toThrow(/values read back from Greater|a promise/);
  });

  it("throws for ops whose output's shape hangs on the data", () => {
    const f = compile((input: tf.Tensor) => tf.unique(tf.reshape(input, [-1])).values);
    expect(() => f(x)).toThrow(/same shape for every batch, got Unique/);
  });

  it("may read what is computed from constants alone", () => {
    const f = compile((input: tf.Tensor) => {
      const size = tf.add(tf.scalar(1), tf.scalar(2)).dataSync()[0];
      return tf.reshape(input, [size ?? 0, 2]);
    });
    expect(f(x).shape).toEqual([3, 2]);
  });

  it("records tf.gather, whose kernel in tfjs-node would read its indices back", () => {
    const f = compile((input: tf.Tensor, rows: tf.Tensor1D) => tf.gather(input, rows));
    const rows = (row: number) => tf.tensor1d([row], "int32");
    expect(f(x, rows(1)).arraySync()).toEqual([[4, 5, -6]]);
    expect(f(x, rows(0)).arraySync()).toEqual([[1, -2, 3]]);
  });
});

describe("randomness", () => {
  it.each<[string, (input: tf.Tensor) => tf.Tensor]>([
    ["tf.randomUniform", (input) => tf.mul(input, tf.randomUniform([2, 3]))],
    [
      "tf.randomUniform with a seed",
      (input) => tf.mul(input, tf.randomUniform([2, 3], 0, 1, "float32", 7)),
    ],
    [
      "tf.randomNormal with a seed",
      (input) => tf.mul(input, tf.randomNormal([2, 3], 0, 1, "float32", 7)),
    ],
    [
      "tf.truncatedNormal with a seed",
      (input) => tf.mul(input, tf.truncatedNormal([2, 3], 0, 1, "float32", 7)),
    ],
    ["tf.dropout", (input) => tf.dropout(input, 0.5)],
    ["tf.dropout with a seed", (input) => tf.dropout(input, 0.5, undefined, 7)],
    ["tf.multinomial", (input) => tf.multinomial(input as tf.Tensor2D, 1, 7)],
    ["Math.random", (input) => tf.mul(input, Math.random())],
  ])("throws for %s, which would draw the same in every step", (_name, draw) => {
    expect(() => compile(draw)(x)).toThrow(/seed tensor.*SeedGenerator/s);
  });

  it("names the layer whose dropout it is", () => {
    const dropout = tf.layers.dropout({ rate: 0.5, seed: 7, name: "drop3" });
    const f = compile((input: tf.Tensor) => dropout.apply(input, { training: true }) as tf.Tensor);
    expect(() => f(x)).toThrow(/in layer "drop3"/);
  });

  it("draws new numbers each step from a SeedGenerator, as eager mode does", () => {
    const eager = new SeedGenerator(3);
    const recorded = new SeedGenerator(3);
    const f = compile(() => statelessUniform([2, 3], recorded.next()));
    const draws = [f(), f(), f()].map((t) => Array.from(t.dataSync()));
    expect(draws).toEqual(
      [0, 1, 2].map(() => Array.from(statelessUniform([2, 3], eager.next()).dataSync())),
    );
    expect(new Set(draws.map(String)).size).toBe(3);
  });

  it("resumes from a restored seed", () => {
    const seeds = new SeedGenerator(3);
    const f = compile((input: tf.Tensor) => statelessDropout(input, 0.5, seeds.next()));
    const saved = seeds.state.clone();
    const first = Array.from(f(x).dataSync());
    f(x);
    (seeds.state as unknown as tf.Variable<tf.Rank.R1>).assign(saved);
    expect(Array.from(f(x).dataSync())).toEqual(first);
  });
});

describe("values that would freeze", () => {
  it("records anew for a number that changes as an argument, and says which", () => {
    const lines: string[] = [];
    const program = createProgram({ log: (line) => lines.push(line) });
    const f = program.compile(
      (input: tf.Tensor, options: { rate: number }) => tf.mul(input, options.rate),
      { name: "scale" },
    );
    expect(f(x, { rate: 2 }).dataSync()[0]).toBe(2);
    expect(f(x, { rate: 3 }).dataSync()[0]).toBe(3);
    expect(lines).toEqual(["scale: recorded again, 1.rate: 2 → 3"]);
  });

  it("stops a schedule of such numbers, and says what to do", () => {
    const f = compile((input: tf.Tensor, rate: number) => tf.mul(input, rate), {
      ...quiet,
      maxTraces: 3,
    });
    [1, 2, 3].forEach((rate) => f(x, rate));
    expect(() => f(x, 4)).toThrow(
      /at most 3 combinations of argument shapes and values, got one more \(1: 3 → 4\). Pass values that change as tensors/,
    );
  });

  it("takes a learning rate as a tensor without recording anew", () => {
    const f = compile((input: tf.Tensor, rate: tf.Scalar) => tf.mul(input, rate), { maxTraces: 1 });
    expect([1, 2, 3].map((rate) => f(x, tf.scalar(rate)).dataSync()[0])).toEqual([1, 2, 3]);
  });

  it("notices the learning rate of a tfjs optimizer", () => {
    const lines: string[] = [];
    const w = tf.variable(tf.scalar(10));
    const optimizer = tf.train.sgd(1);
    const f = compile(
      () => optimizer.minimize(() => tf.mul<tf.Scalar>(w, 1), true, [w]) as tf.Scalar,
      { log: (line) => lines.push(line), name: "train" },
    );
    f();
    expect(w.dataSync()[0]).toBe(9);
    optimizer.setLearningRate(0.5);
    f();
    expect(w.dataSync()[0]).toBe(8.5);
    expect(lines).toEqual(["train: recorded again, SGDOptimizer.learningRate: 1 → 0.5"]);
  });

  it("lets tfjs' Adam make its slots while recording, and starts them at their first values", () => {
    const make = () => tf.variable(tf.tensor1d([1, 2]));
    const [w, v] = [make(), make()];
    const [eager, recorded] = [tf.train.adam(0.1), tf.train.adam(0.1)];
    const loss = (variable: tf.Variable) => tf.sum<tf.Scalar>(tf.square(variable));
    const f = compile(() => recorded.minimize(() => loss(v), true, [v]) as tf.Scalar);
    for (let i = 0; i < 5; i++) {
      eager.minimize(() => loss(w), false, [w]);
      f();
    }
    const difference = tf.max(tf.abs(tf.sub(w, v))).dataSync()[0];
    expect(difference).toBeLessThan(1e-6);
  });

  it("refuses a batch that is neither argument nor variable", () => {
    const batch = tf.range(0, 40000);
    expect(() => compile((input: tf.Tensor) => tf.add(tf.sum(input), batch), quiet)(x)).toThrow(
      /keep its first value in every call: pass it as an argument/,
    );
  });

  it("refuses a fresh batch that TensorFlow has not seen yet", () => {
    const batch = tf.tensor1d(Array.from({ length: 40000 }, (_, i) => i));
    expect(() => compile((input: tf.Tensor) => tf.add(tf.sum(input), batch), quiet)(x)).toThrow(
      /keep its first value/,
    );
    expect(batch.dataSync()[7]).toBe(7);
  });

  it("refuses a typed array as an argument", () => {
    const f = compile((values: Float32Array) => tf.tensor1d(values));
    expect(() => f(new Float32Array(3))).toThrow(
      /0: expected tensors and plain values, got Float32Array. Turn it into a tensor/,
    );
  });

  it("holds a small tensor from outside as the constant that it was, and says so once", () => {
    let weights = tf.tensor1d([1, 2, 3]);
    const lines: string[] = [];
    const layer = inLayer("scale", (input) =>
      tf.mul(tf.add(tf.mul(input, weights), tf.scalar(0)), weights),
    );
    const f = compile((input: tf.Tensor) => tf.div(layer.apply(input) as tf.Tensor, weights), {
      name: "scaled",
      log: (line) => lines.push(line),
    });
    expect(f(x).dataSync()[1]).toBe(-4);
    weights = tf.tensor1d([0, 0, 0]);
    expect(f(x).dataSync()[1]).toBe(-4);
    expect(lines).toEqual([
      'scaled: holds a tensor from outside at its present value (float32 [3], used by Multiply in layer "scale"). ' +
        'Pass it as an argument if it may change, or compile with { captured: "ok" }.',
    ]);
  });

  it("finds captured tensors in a Map and in a class instance, computed ones too", () => {
    class Batch {
      readonly labels = tf.neg(tf.tensor1d([1, 2, 3]));
    }
    const batches = new Map([["first", tf.tensor1d([4, 5, 6])]]);
    const use = (input: tf.Tensor, held: unknown): tf.Tensor =>
      tf.add(
        input,
        held instanceof Batch ? held.labels : ((held as typeof batches).get("first") ?? 0),
      );
    for (const held of [new Batch(), batches]) {
      const f = compile(use, { captured: "error", name: "use" });
      expect(() => f(x, held)).toThrow(
        /use: expected arguments, variables .* got a tensor from outside \(float32 \[3\], used by Add\)/,
      );
      expect(compile(use, { captured: "ok", log: () => fail() })(x, held).shape).toEqual([2, 3]);
    }
  });

  it("takes a large tensor from outside where that is said to be meant", () => {
    const table = tf.range(0, 20000);
    const f = compile((input: tf.Tensor) => tf.add(tf.sum(input), table), { captured: "ok" });
    expect(f(x).dataSync()[19999]).toBe(19999 + 5);
  });

  it("refuses a captured tensor that user code would swallow", () => {
    const outside = tf.tensor1d([1, 2, 3]);
    const f = compile(
      (input: tf.Tensor) => {
        try {
          return tf.add(input, outside);
        } catch {
          return input;
        }
      },
      { captured: "error" },
    );
    expect(() => f(x)).toThrow(/a tensor from outside/);
  });

  it.each(["trainOnBatch", "fit"] as const)("refuses model.%s, which would do nothing", (loop) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    const f = compile((input: tf.Tensor) => {
      void model[loop](input, tf.ones([2, 1]));
      return input;
    });
    expect(() => f(x)).toThrow(new RegExp(`a call of model.${loop}`));
  });

  it.each([
    ["sgd", () => tf.train.sgd(0.1)],
    ["adam", () => tf.train.adam(0.1)],
    ["ours", () => createOptimizer({ name: "adam", learningRate: 0.1 })],
  ])("counts the steps of an optimizer: %s", (_name, make) => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = make();
    const f = compile(() => {
      optimizer.minimize(() => tf.sum<tf.Scalar>(tf.square(v)), false, [v]);
    }, quiet);
    for (let i = 0; i < 5; i++) f();
    expect(optimizer.iterations).toBe(5);
  });

  it("keeps a layer frozen that was frozen before its sequential model was built, and thaws it", () => {
    const inner = tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer: "ones" });
    const model = tf.sequential({
      layers: [inner, tf.layers.dense({ units: 1, kernelInitializer: "ones" })],
    });
    inner.trainable = false;
    const optimizer = tf.train.sgd(0.1);
    const step = compile((input: tf.Tensor) => {
      const loss = (): tf.Scalar => tf.mean(model.apply(input) as tf.Tensor);
      optimizer.applyGradients(tf.variableGrads(loss).grads);
    }, quiet);
    const kernel = (): number[] => Array.from(inner.getWeights()[0].dataSync());
    const before = kernel();
    step(x);
    step(x);
    expect(kernel()).toEqual(before);
    inner.trainable = true;
    step(x);
    expect(kernel()).not.toEqual(before);
  });

  it.each([
    ["tfjs' SGD", () => tf.train.sgd(0.1)],
    ["SGD", () => createOptimizer({ name: "sgd", learningRate: 0.1 })],
  ])("notices that a layer was frozen and unfrozen: %s", (_name, make) => {
    const inner = tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer: "ones" });
    const model = tf.sequential({
      layers: [inner, tf.layers.dense({ units: 1, kernelInitializer: "ones" })],
    });
    const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const optimizer = make();
    if ("build" in optimizer) optimizer.build(weights);
    const step = compile((input: tf.Tensor) => {
      const { grads, value } = tf.variableGrads(() =>
        tf.mean<tf.Scalar>(model.apply(input) as tf.Tensor),
      );
      optimizer.applyGradients(grads);
      return value;
    }, quiet);
    const moved = (): number => {
      const kernel = inner.getWeights()[0].clone();
      step(x);
      return tf.max(tf.abs(tf.sub(inner.getWeights()[0], kernel))).dataSync()[0];
    };
    expect(moved()).toBeGreaterThan(0);
    inner.trainable = false;
    expect(moved()).toBe(0);
    inner.trainable = true;
    expect(moved()).toBeGreaterThan(0);
  });

  it("does not drop the gradient of a weight that was unfrozen after the optimizer was built", () => {
    const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1), false)];
    const optimizer = createOptimizer({ name: "sgd", learningRate: 0.1 });
    const step = compile(() => {
      const { grads } = tf.variableGrads(() => tf.mul<tf.Scalar>(a, b));
      optimizer.apply(grads);
    }, quiet);
    step();
    b.trainable = true;
    expect(() => step()).toThrow(
      /optimizer.apply: .* as well. Build the optimizer with all weights/,
    );
  });
});

describe("signatures", () => {
  it("records anew for another shape, and says so", () => {
    const lines: string[] = [];
    const f = compile((input: tf.Tensor) => tf.sum(input), {
      name: "total",
      log: (line) => lines.push(line),
    });
    f(tf.zeros([4, 3]));
    f(tf.zeros([2, 3]));
    f(tf.zeros([4, 3]));
    expect(lines).toEqual([
      "total: recorded for every batch size, 0: float32 [4, 3] → float32 [2, 3]",
    ]);
    expect(f.recorded).toHaveLength(2);
  });

  it("serves every other batch size by one graph, mean, ones and reshape included", () => {
    const square = (input: tf.Tensor2D): tf.Tensor[] => {
      const rows = tf.reshape(tf.mul(input, tf.ones(input.shape)), [input.shape[0], 3, 1]);
      const gradient = tf.grad((x: tf.Tensor) => tf.mean(tf.square(x)))(input);
      return [tf.sum(rows), gradient, tf.range(0, input.shape[0], 1, "int32")];
    };
    const f = compile(square, quiet);
    for (const size of [4, 2, 7, 5, 4, 1, 11]) {
      const batch = tf.range(0, size * 3).reshape<tf.Tensor2D>([size, 3]);
      const wanted = square(batch);
      f(batch).forEach((got, i) => {
        expect(got.shape).toEqual(wanted[i].shape);
        expect(tf.max(tf.abs(tf.sub(got, wanted[i]))).dataSync()[0]).toBeLessThan(1e-5);
      });
    }
    expect(f.recorded.filter(({ nodes }) => nodes[0].outputs[0].shape[0] === -1)).toHaveLength(1);
  });

  it("trusts a graph for every batch size only where a new recording says the same", () => {
    const scaled = (input: tf.Tensor2D): tf.Tensor =>
      tf.mul(input, Math.min(input.shape[0], 16) + (input.shape[0] > 20 ? 1 : 0));
    const f = compile(scaled, quiet);
    for (const size of [8, 3, 5, 18, 32, 17]) {
      const batch = tf.ones<tf.Rank.R2>([size, 2]);
      expect(f(batch).dataSync()[0]).toBe(scaled(batch).dataSync()[0]);
    }
  });

  it("lets the graph go that was used longest ago", () => {
    const f = compile((input: tf.Tensor) => tf.sum(input, -1), { ...quiet, maxTraces: 2 });
    for (const size of [3, 5, 7]) f(tf.ones([2, size]));
    const sizes = () => f.recorded.map(({ nodes }) => nodes[0].outputs[0].shape[1]);
    expect(sizes()).toEqual([5, 7]);
    expect(f(tf.ones([2, 3])).dataSync()[0]).toBe(3);
    expect(sizes()).toEqual([7, 3]);
  });

  it("frees one function of a program by dispose(), and the others go on", () => {
    const program = createProgram(quiet);
    const v = tf.variable(tf.scalar(2));
    const f = program.compile(() => v.assign(tf.mul(v, 2)), { name: "f" });
    const g = program.compile((input: tf.Tensor) => tf.mul(input, v));
    f();
    f.dispose();
    expect(() => f()).toThrow(/f: expected a call before dispose/);
    expect(g(tf.scalar(3)).dataSync()[0]).toBe(12);
  });

  it.each([
    [[NaN, Infinity, -Infinity, null, undefined, 0, -0, "NaN", "null"]],
    [[true, "true", 1, "1"]],
  ])("tells values apart that look alike: %p", (values) => {
    const describe = (_: tf.Tensor, value: unknown): string =>
      `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
    const f = compile(
      (input: tf.Tensor, value: unknown) => ({ input, is: describe(input, value) }),
      {
        ...quiet,
        maxTraces: 20,
      },
    );
    for (const value of [...values, ...values]) expect(f(x, value).is).toBe(describe(x, value));
  });

  it("refuses what has no signature: BigInt, symbols, an object within itself", () => {
    const f = compile((input: tf.Tensor, _value: unknown) => input);
    expect(() => f(x, 3n)).toThrow(/1: expected tensors and plain values, got a bigint/);
    expect(() => f(x, Symbol("a"))).toThrow(/got a symbol/);
    const circle: { self?: unknown } = {};
    circle.self = { inner: [circle] };
    expect(() => f(x, circle)).toThrow(/1.self.inner.0: .* got an object that contains itself/);
    const shared = { rate: 1 };
    expect(f(x, [shared, shared]).shape).toEqual([2, 3]);
  });
});

describe("shapes that do not fit", () => {
  const four = tf.ones<tf.Rank.R2>([4, 8]);
  const cases: [string, (input: tf.Tensor2D) => tf.Tensor, RegExp][] = [
    [
      "reshape",
      (t) => tf.reshape(t, [8, 4]),
      /40 elements, as \[5, 8\] has, got a reshape to \[8, 4\]/,
    ],
    [
      "matMul",
      (t) => tf.matMul(tf.ones([8, 4]), t),
      /equal inner sizes, got \[8, 4\] and \[5, 8\]/,
    ],
    ["concat", (t) => tf.concat([t, four], 1), /equal but along axis 1/],
    ["stack", (t) => tf.stack([t, four]), /equal shapes, got \[5, 8\] and \[4, 8\]/],
    ["add", (t) => tf.add(t, four), /broadcast, got \[5, 8\] and \[4, 8\]/],
    ["einsum", (t) => tf.einsum("ij,ij->i", t, four), /one size for "i"/],
    ["slice", (t) => tf.slice(t, [0, 0], [7, 8]), /a slice within \[5, 8\]/],
    [
      "conv2d",
      (t) => tf.conv2d(t.reshape<tf.Tensor4D>([1, 8, 5, 1]), tf.ones([1, 7, 1, 1]), 1, "valid"),
      /gives \[1, 8, -1, 1\]/,
    ],
    [
      "batchNorm",
      (t) => tf.batchNorm(t.reshape([1, 1, 8, 5]), tf.ones([4]), tf.ones([4])),
      /statistics of 5 channels/,
    ],
  ];
  it.each(cases)(
    "%s says what meets in which layer, and poisons no other call",
    (name, call, message) => {
      const program = createProgram(quiet);
      const good = program.compile((input: tf.Tensor) => tf.neg(input), { name: "good" });
      const layer = inLayer(`${name}Layer`, (input) => call(input as tf.Tensor2D));
      const f = program.compile((input: tf.Tensor) => layer.apply(input) as tf.Tensor, {
        name: "f",
      });
      const bad = () => f(tf.ones([5, 8]));
      expect(bad).toThrow(TraceError);
      expect(bad).toThrow(message);
      expect(bad).toThrow(new RegExp(`in layer "${name}Layer".*Take sizes from tensor.shape`));
      expect(good(x).dataSync()[0]).toBe(-1);
    },
  );

  it("adds the layer and its inputs to errors that tfjs throws", () => {
    const layer = inLayer("narrowLayer", (input) =>
      tf.conv2d(input.reshape<tf.Tensor4D>([1, 5, 8, 1]), tf.ones([1, 1, 3, 2]), 1, "valid"),
    );
    const f = compile((input: tf.Tensor) => layer.apply(input) as tf.Tensor, { name: "f" });
    expect(() => f(tf.ones([5, 8]))).toThrow(
      /f in layer "narrowLayer": expected inputs whose shapes fit.*got \[5, 8\]: Error in conv2d: depth/,
    );
    class Own extends BookLayer<object> {
      static className = "Own";
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.matMul(inputs as tf.Tensor, tf.ones([3, 3]));
      }
    }
    const own = new Own({ name: "mine" }, {});
    expect(() => own.apply(tf.ones([5, 8]))).toThrow(
      /Own "mine": expected inputs .*got \[5, 8\]: .*[Mm]at/,
    );
  });

  it("keeps a graph only once TensorFlow has loaded it", () => {
    const program = createProgram(quiet);
    const v = tf.variable(tf.scalar(2));
    const good = program.compile((input: tf.Tensor) => v.assign(tf.mul(v, tf.sum(input))));
    good(tf.scalar(3));
    // An op without a shape rule of ours for ranks: TensorFlow alone knows that it is wrong.
    const bad = program.compile(
      (input: tf.Tensor) => {
        const trace = activeTrace();
        if (trace !== null) {
          const ref = trace.recorder.refOf(input);
          const node = trace.recorder.add("Softmax", [ref], { T: { kind: "type", value: 1 } }, [
            { shape: [], dtype: 1 },
          ]);
          trace.recorder.add("NoOp", [], {}, []);
          return tf.add(
            v,
            nodeBackend().createOutputTensor({
              id: trace.recorder.idFor({ node, index: 0 }),
              shape: [],
              dtype: 1,
            }),
          );
        }
        return input;
      },
      { name: "bad" },
    );
    expect(() => bad(tf.scalar(1))).toThrow(
      /bad_1\/Softmax.*: expected a graph that TensorFlow accepts/,
    );
    good(tf.scalar(5));
    expect(v.dataSync()[0]).toBe(30);
    expect(bad.recorded).toHaveLength(0);
  });

  it("tells dtypes apart", () => {
    const f = compile((input: tf.Tensor) => tf.square(input), quiet);
    expect(f(tf.scalar(2, "int32")).dtype).toBe("int32");
    expect(f(tf.scalar(2)).dtype).toBe("float32");
  });
});

describe("tensors and variables", () => {
  it("refuses a tensor that outlives the call", () => {
    let kept: tf.Tensor | null = null;
    const f = compile((input: tf.Tensor) => {
      kept = tf.keep(tf.exp(input));
      return tf.sum(input);
    });
    expect(() => f(x)).toThrow(/one that was kept: an output of Exp/);
    expect(kept).not.toBeNull();
  });

  it("refuses to be called where its gradient is asked for", () => {
    const f = compile((input: tf.Tensor) => tf.sum<tf.Scalar>(tf.square(input)), { name: "loss" });
    expect(() => tf.grad((input: tf.Tensor) => f(input))(x)).toThrow(
      /loss: expected a call outside of tf.grad/,
    );
  });

  it("is recorded through by another compiled function", () => {
    const inner = compile((input: tf.Tensor) => tf.mul(input, 2));
    const outer = compile((input: tf.Tensor) => tf.add(inner(input), 1));
    expect(outer(x).dataSync()[0]).toBe(3);
    expect(outer.recorded[0]?.nodes.map(({ op }) => op)).toContain("Mul");
  });

  it("leaves variables as they were when it throws", () => {
    const v = tf.variable(tf.scalar(4));
    const f = compile((input: tf.Tensor) => {
      v.assign(tf.scalar(5));
      return tf.scalar(tf.sum(input).dataSync()[0] ?? 0);
    });
    expect(() => f(x)).toThrow();
    expect(v.dataSync()[0]).toBe(4);
    expect(tf.add(v, 1).dataSync()[0]).toBe(5);
  });

  it("keeps apart two variables that were made from one tensor", () => {
    const start = tf.scalar(1);
    const [a, b] = [tf.variable(start), tf.variable(start)];
    const f = compile(() => {
      a.assign(tf.add(a, 1));
      return tf.sub(a, b);
    });
    expect([f(), f()].map((t) => t.dataSync()[0])).toEqual([1, 2]);
    expect([a, b, start].map((t) => t.dataSync()[0])).toEqual([3, 1, 1]);
  });

  it("keeps a clone of a variable at the value that it had", () => {
    const v = tf.variable(tf.scalar(0));
    const f = compile(() => v.assign(tf.add(v, 1)));
    f();
    const before = v.clone();
    f();
    f();
    expect([before, v].map((t) => t.dataSync()[0])).toEqual([1, 3]);
  });

  it("copies an argument that is written to a variable", () => {
    const state = tf.variable(tf.zeros([3]));
    const f = compile((input: tf.Tensor1D) => state.assign(input.reshape([3])));
    const values = Float32Array.of(1, 2, 3);
    const argument = tf.tensor1d(values);
    f(argument);
    argument.dispose();
    values.fill(9);
    expect(Array.from(state.dataSync())).toEqual([1, 2, 3]);
  });

  it("shares variables between the functions of a program and with eager ops", () => {
    const v = tf.variable(tf.scalar(1));
    const program = createProgram(quiet);
    const double = program.compile(() => v.assign(tf.mul(v, 2)), { name: "double" });
    const read = program.compile(() => v.clone(), { name: "read" });
    double();
    expect(read().dataSync()[0]).toBe(2);
    v.assign(tf.add(v, 1));
    double();
    expect(read().dataSync()[0]).toBe(6);
    const other = compile(() => v.assign(tf.mul(v, 10)));
    other();
    double();
    expect(v.dataSync()[0]).toBe(120);
    program.dispose();
    expect(v.dataSync()[0]).toBe(120);
    expect(() => double()).toThrow(/before dispose/);
  });
});

describe("looking inside", () => {
  const broken = inLayer("broken", (input) => tf.log(input));

  it("checkNumerics names the op and the layer, and no variable is written", () => {
    const v = tf.variable(tf.scalar(1));
    const f = compile(
      (input: tf.Tensor) => {
        const value = checkNumerics(broken.apply(input) as tf.Tensor, "logits");
        v.assign(tf.add(v, 1));
        return tf.relu(value);
      },
      { name: "step" },
    );
    expect(() => f(x)).toThrow(NumericsError);
    expect(() => f(x)).toThrow(
      /step, logits, Log in layer "broken": expected finite numbers, got NaN/,
    );
    expect(v.dataSync()[0]).toBe(1);
    expect(f(tf.ones([2, 3])).dataSync()[0]).toBe(0);
    expect(v.dataSync()[0]).toBe(2);
  });

  it("checkNumerics is asked also where nothing uses what it returns", () => {
    const f = compile((input: tf.Tensor) => {
      checkNumerics(tf.div(1, input));
      return input;
    });
    expect(() => f(tf.zeros([2]))).toThrow(/RealDiv: expected finite numbers, got Inf/);
  });

  it("checkNumerics has the gradient of its input, and throws eagerly too", () => {
    const f = (input: tf.Tensor) => tf.sum(tf.square(checkNumerics(input)));
    expect(
      tf
        .grad(f)(tf.tensor1d([3]))
        .dataSync()[0],
    ).toBe(6);
    expect(() => checkNumerics(tf.tensor1d([1, NaN]), "here")).toThrow(
      /here: expected finite numbers, got NaN/,
    );
  });

  it("debug: true names the first op that came to NaN, which a ReLU would hide", () => {
    const kernel = tf.variable(tf.ones<tf.Rank.R4>([1, 1, 1, 1]));
    const model = (input: tf.Tensor): tf.Tensor => {
      const values = broken.apply(input.reshape([1, 2, 3, 1])) as tf.Tensor4D;
      return tf.relu(tf.add(tf.conv2d(values, kernel as tf.Tensor4D, 1, "valid"), 1));
    };
    const f = compile(model, { name: "model", debug: true });
    expect(() => f(x)).toThrow(/model: expected numbers, got NaN from Log in layer "broken"/);
    const g = compile((input: tf.Tensor) => [tf.sum(input)], { debug: true });
    expect(g(tf.tensor1d([1, 2]))[0].dataSync()[0]).toBe(3);
    expect(() => g(tf.tensor1d([1, NaN]))).toThrow(/NaN from an argument/);
  });

  describe("debug: true looks into the loop of a recurrent layer", () => {
    /** `h ← x + 3e38 h`: infinite after two steps of ones, and NaN (∞ · 0) in the product after. */
    const layer = tf.layers.simpleRNN({
      units: 2,
      activation: "linear",
      kernelInitializer: "ones",
      name: "growing",
    });
    layer.apply(tf.input({ shape: [6, 1] }));
    const [kernel, , bias] = layer.getWeights();
    layer.setWeights([kernel, tf.tensor2d([3e38, 0, 0, 3e38], [2, 2]), bias]);

    it("and names the op in it that came to NaN first", () => {
      const f = compile((input: tf.Tensor) => layer.apply(input) as tf.Tensor, {
        name: "model",
        debug: true,
      });
      expect(Array.from(f(tf.zeros([1, 6, 1])).dataSync())).toEqual([0, 0]);
      expect(() => f(tf.ones([1, 6, 1]))).toThrow(
        /model: expected numbers, got NaN from MatMul in layer "growing", in the loop "scan"/,
      );
    });

    it("in the gradient's loop too", () => {
      const f = compile(
        (input: tf.Tensor) => tf.grad((y) => tf.sum(layer.apply(y) as tf.Tensor))(input),
        { debug: true },
      );
      // The states stay 0; what goes back through six steps does not.
      expect(() => f(tf.zeros([1, 6, 1]))).toThrow(
        /NaN from MatMul in layer "growing", in the loop "scan_gradient"/,
      );
    });

    it("and serves every batch size", () => {
      const f = compile((input: tf.Tensor) => layer.apply(input) as tf.Tensor, {
        debug: true,
        ...quiet,
      });
      for (const batch of [1, 2, 3]) expect(f(tf.zeros([batch, 6, 1])).shape).toEqual([batch, 2]);
      expect(() => f(tf.ones([4, 6, 1]))).toThrow(/in the loop "scan"/);
    });
  });

  it("print writes at every call", () => {
    const lines: string[] = [];
    const f = compile((input: tf.Tensor) => tf.sum(print(tf.mul(input, 2), "doubled")), {
      log: (line) => lines.push(line),
    });
    expect([f(tf.tensor1d([1, 2])), f(tf.tensor1d([3, 4]))].map((t) => t.dataSync()[0])).toEqual([
      6, 14,
    ]);
    expect(lines).toEqual(["doubled: float32 [2] [2, 4]", "doubled: float32 [2] [6, 8]"]);
  });
});
