import * as tf from "@tensorflow/tfjs";
import { Adam } from "../../src/core/optimizers";
import { relu } from "../../src/core/ops/relu";
import { sparseSoftmaxCrossEntropy } from "../../src/core/ops/sparseSoftmaxCrossEntropy";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { compile, createProgram } from "../../src/engine/program";

loadEngine();

function draw(shape: number[], seed: number): tf.Tensor {
  const random = createRandom(seed);
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );
}

describe("options that are refused", () => {
  it.each([
    [{ captred: "error" }, /compile\.captred: .*precision.*Did you mean "captured"/],
    [{ captured: "no" }, /captured: expected "warn" or "error" or "ok", got "no"/],
    [{ precison: "bfloat16" }, /Did you mean "precision"/],
    [{ precision: "float16" }, /precision: expected "float32" or "bfloat16"/],
    [{ maxTraces: -1 }, /maxTraces: expected an integer of at least 1, got -1/],
    [{ log: false }, /log: expected a function, got false/],
    [{ debug: "yes" }, /debug: expected true or false/],
  ])("by compile: %j", (options, message) => {
    expect(() => compile((x: tf.Tensor) => x, options as object)).toThrow(message);
  });

  it("by a program, and by its compile", () => {
    expect(() => createProgram({ precison: "bfloat16" } as object)).toThrow(/"precision"/);
    const program = createProgram();
    // It belongs to the program.
    expect(() => program.compile((x: tf.Tensor) => x, { precision: "bfloat16" } as object)).toThrow(
      /program\.compile\.precision: expected one of name, maxTraces, captured, debug/,
    );
  });

  it("what is no function", () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    expect(() => compile(model as never)).toThrow(
      /expected a function of tensors, got a Sequential\. Compile \(x\) => model\.apply/,
    );
    expect(() => compile(undefined as never)).toThrow(/got undefined/);
  });
});

describe("compile", () => {
  it("computes what the function computes", () => {
    const f = compile((x: tf.Tensor, y: tf.Tensor) => ({
      product: tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D),
      parts: [tf.relu(x), tf.sum(y, 0)],
    }));
    const x = draw([3, 5], 1);
    const y = draw([5, 7], 2);
    const { product, parts } = f(x, y);
    expect(product.dataSync()).toEqual(tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D).dataSync());
    expect(parts[0].dataSync()).toEqual(tf.relu(x).dataSync());
    expect(parts[1].shape).toEqual([7]);
  });

  it("reads and writes variables, which tfjs sees", () => {
    const counter = tf.variable(tf.scalar(5));
    const step = compile((x: tf.Tensor) => {
      const before = counter.clone();
      counter.assign(tf.add(counter, x));
      return before;
    });
    expect(step(tf.scalar(2)).dataSync()[0]).toBe(5);
    expect(counter.dataSync()[0]).toBe(7);
    expect(step(tf.scalar(3)).dataSync()[0]).toBe(7);
    expect(step(tf.scalar(3)).dataSync()[0]).toBe(10);
    counter.assign(tf.scalar(100));
    expect(step(tf.scalar(1)).dataSync()[0]).toBe(100);
    expect(counter.dataSync()[0]).toBe(101);
  });

  it("leaves out products by one and transposes that move nothing", () => {
    const weights = tf.variable(draw([3, 5], 6));
    const gradient = (x: tf.Tensor): tf.Tensor =>
      tf.variableGrads(() => tf.sum(tf.mul(tf.mul(tf.transpose(weights, [0, 1]), x), 3)), [weights])
        .grads[weights.name];
    const compiled = compile(gradient);
    const x = draw([3, 5], 7);
    expect(compiled(x).dataSync()).toEqual(gradient(x).dataSync());
    const ops = compiled.recorded[0].nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === "Mul")).toHaveLength(1);
    expect(ops).not.toContain("Transpose");
  });

  it("computes the softmax of few classes over many pixels by columns", () => {
    const pixels = tf.mul(draw([2, 64, 64, 3], 8), 50);
    const weigh = (x: tf.Tensor): tf.Tensor => tf.softmax(tf.mul(x, 2));
    const compiled = compile(weigh);
    const [ours, theirs] = [compiled(pixels).dataSync(), weigh(pixels).dataSync()];
    ours.forEach((share, i) => expect(share).toBeCloseTo(theirs[i], 6));
    expect(compiled.recorded[0].nodes.map(({ op }) => op)).not.toContain("Softmax");
    const few = compile(weigh);
    few(draw([1, 2, 2, 3], 9));
    expect(few.recorded[0].nodes.map(({ op }) => op)).toContain("Softmax");
  });

  it("keeps an argument that was assigned when its memory is used again", () => {
    const kept = tf.variable(tf.zeros([1000]));
    const keep = compile((x: tf.Tensor) => {
      kept.assign(x.clone());
      return tf.sum(x);
    });
    const memory = new Float32Array(1000).fill(2);
    keep(tf.tensor1d(memory));
    memory.fill(-1);
    expect(kept.dataSync()).toEqual(new Float32Array(1000).fill(2));
  });

  it("trains a small network as eager mode does", () => {
    const labels = tf.tensor1d([0, 1, 2, 1, 0, 2, 1], "int32");
    const x = draw([7, 5], 3) as tf.Tensor2D;
    const make = () => {
      const w1 = tf.variable(draw([5, 11], 4)) as tf.Variable<tf.Rank.R2>;
      const w2 = tf.variable(draw([11, 3], 5)) as tf.Variable<tf.Rank.R2>;
      const optimizer = new Adam({ learningRate: 0.01, clipNorm: 1, weightDecay: 0.01 });
      const step = (batch: tf.Tensor2D, classes: tf.Tensor1D, rate: tf.Scalar): tf.Tensor => {
        const { value, grads } = tf.variableGrads(
          () =>
            tf.mean<tf.Scalar>(
              sparseSoftmaxCrossEntropy(classes, tf.matMul(relu(tf.matMul(batch, w1)), w2)),
            ),
          [w1, w2],
        );
        optimizer.apply(grads, rate);
        return value;
      };
      return { w1, w2, step };
    };
    const eager = make();
    const graph = make();
    const program = createProgram();
    const compiled = program.compile(graph.step);
    for (let i = 0; i < 20; i++) {
      const rate = tf.scalar(0.01 / (1 + i));
      const a = eager.step(x, labels, rate).dataSync()[0];
      const b = compiled(x, labels, rate).dataSync()[0];
      expect(Math.abs(b - a) / a).toBeLessThan(1e-5);
    }
    expect(tf.max(tf.abs(tf.sub(eager.w1, graph.w1))).dataSync()[0]).toBeLessThan(1e-5);
    program.dispose();
    expect(tf.max(tf.abs(tf.sub(eager.w2, graph.w2))).dataSync()[0]).toBeLessThan(1e-5);
  });
});
