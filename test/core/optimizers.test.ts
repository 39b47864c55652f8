import * as tf from "@tensorflow/tfjs";
import { Adam, createOptimizer } from "../../src/core/optimizers";
import type { OptimizerConfig } from "../../src/core/optimizers";
import { loadEngine } from "../../src/engine/load";
import { compile } from "../../src/engine/program";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

loadEngine();

interface OptimizerCase {
  readonly name: string;
  readonly seed: number;
  readonly config: OptimizerConfig;
  /** Values of both weights after each step. */
  readonly steps: readonly (readonly number[])[][];
  readonly averages: readonly (readonly number[])[];
}

const SHAPES = [[3, 5], [5]];
const cases = readCases<OptimizerCase>("optimizers");
const base = { name: "sgd", learningRate: 0.1 } as const;

const variables = (draw: (shape: number[]) => Float32Array): tf.Variable[] =>
  SHAPES.map((shape) => tf.variable(tf.tensor(draw(shape), shape)));

describe.each(["eager", "compiled"])("optimizers equal Keras: %s", (mode) => {
  it.each(cases)("$name", ({ seed, config, steps, averages }) => {
    const draw = createDraw(seed);
    const weights = variables(draw);
    const optimizer = createOptimizer(config);
    optimizer.build(weights);
    const apply = (...gradients: tf.Tensor[]): void => {
      optimizer.apply(
        Object.fromEntries(weights.map(({ name }, index) => [name, gradients[index]])),
      );
    };
    const step = mode === "eager" ? apply : compile(apply, { name: "step" });
    for (const wanted of steps) {
      step(...SHAPES.map((shape) => tf.tensor(draw(shape), shape)));
      weights.forEach((weight, index) => {
        expectClose(weight.dataSync(), wanted[index], 1e-5, `weight ${index}`);
      });
    }
    if (averages.length === 0) return;
    optimizer.swapAverages();
    weights.forEach((weight, index) => {
      expectClose(weight.dataSync(), averages[index], 1e-5, `average ${index}`);
    });
    optimizer.swapAverages();
    expectClose(weights[0].dataSync(), steps[6][0], 1e-5, "weight swapped back");
  });
});

describe("parameter groups", () => {
  let made = 0;
  const make = (config: Partial<OptimizerConfig>) => {
    const names = ["encoder/kernel", "head/kernel", "head/bias"];
    const weights = names.map((name, index) =>
      tf.variable(tf.ones(index === 2 ? [2] : [2, 2]), true, `${name}_${made++}`),
    );
    const optimizer = createOptimizer({ ...base, ...config });
    optimizer.build(weights);
    return { weights, optimizer };
  };

  it("have a learning rate and a weight decay of their own", () => {
    const { weights, optimizer } = make({
      weightDecay: 0.5,
      groups: [{ weights: /^encoder/, learningRateFactor: 0.1, weightDecay: 0 }],
    });
    optimizer.apply(Object.fromEntries(weights.map((w) => [w.name, tf.onesLike(w)])));
    const [encoder, head, bias] = weights.map((weight) => weight.dataSync()[0]);
    expect(encoder).toBeCloseTo(1 - 0.01, 6);
    expect(head).toBeCloseTo(1 * (1 - 0.05) - 0.1, 6);
    expect(bias).toBeCloseTo(0.9, 6);
  });

  it("freeze their weights with a factor of 0", () => {
    const { weights, optimizer } = make({ groups: [{ weights: "head", learningRateFactor: 0 }] });
    optimizer.apply(Object.fromEntries(weights.map((w) => [w.name, tf.onesLike(w)])));
    expect(weights.map((weight) => weight.dataSync()[0])).toEqual([expect.closeTo(0.9, 6), 1, 1]);
  });

  it("refuse a name that no weight has", () => {
    expect(() => make({ groups: [{ weights: "decoder" }] })).toThrow(
      /groups\[0\].weights: expected text that occurs in the name of a weight, .*got decoder/,
    );
  });
});

describe("averages of weights", () => {
  it("follow quickly at first with a warm-up, as timm has it", () => {
    const weight = tf.variable(tf.scalar(0));
    const optimizer = createOptimizer({
      ...base,
      learningRate: 1,
      useEma: true,
      emaMomentum: 0.999,
      useEmaWarmup: true,
    });
    optimizer.build([weight]);
    let average = 0;
    for (let step = 0; step < 6; step++) {
      optimizer.apply({ [weight.name]: tf.scalar(-1) });
      const momentum = step === 0 ? 0 : Math.min(0.999, (1 + step) / (10 + step));
      average = momentum * average + (1 - momentum) * (step + 1);
    }
    optimizer.swapAverages();
    expect(weight.dataSync()[0]).toBeCloseTo(average, 5);
  });

  it("are part of the state, and there only when asked for", () => {
    const weight = tf.variable(tf.zeros([2]));
    const optimizer = createOptimizer({ ...base, useEma: true });
    optimizer.build([weight]);
    expect(optimizer.slots.map(({ name }) => name)).toEqual(["0/average", "averagedSteps"]);
    expect(() => createOptimizer(base).swapAverages()).toThrow(/averages \(useEma: true/);
    expect(() => createOptimizer({ ...base, emaMomentum: 0.9 })).toThrow(/useEma: true as well/);
  });
});

describe("tfjs' model.compile", () => {
  it.each(["adam", "sgd"] as const)("takes %s", async (name) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    const optimizer = createOptimizer({ name, learningRate: 0.05 });
    model.compile({ optimizer, loss: "meanSquaredError" });
    const x = tf.tensor(createDraw(1)([32, 3]), [32, 3]);
    const y = tf.sum(x, 1, true);
    const { history } = await model.fit(x, y, { epochs: 15, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses[14]).toBeLessThan(losses[0] / 2);
    expect(optimizer.iterations).toBe(15);
    expect(optimizer.slots).toHaveLength(name === "adam" ? 6 : 0);
  });

  it("saves and restores the state", async () => {
    const [one, two] = [0, 1].map(() => {
      const weight = tf.variable(tf.ones([2]));
      const optimizer = createOptimizer({ name: "adam", learningRate: 0.1 });
      optimizer.build([weight]);
      return { weight, optimizer };
    });
    const push = ({ weight, optimizer }: typeof one): void => {
      optimizer.apply({ [weight.name]: tf.tensor1d([1, 2]) });
    };
    push(one);
    two.weight.assign(one.weight);
    await two.optimizer.setWeights(await one.optimizer.getWeights());
    push(one);
    push(two);
    expect(two.weight.dataSync()).toEqual(one.weight.dataSync());
    expect(() => two.optimizer.setWeights([])).toThrow(
      /setWeights: expected "beta1Power", got none/,
    );
  });
});

describe("createOptimizer", () => {
  it.each([
    [{ name: "adamax" }, /expected one of adagrad, adam, .* got "adamax"\. Did you mean "adam/],
    [{ name: "adam", momentum: 0.9 }, /Adam\.momentum: .*unknown option/],
    [{ name: "sgd", nesterov: true }, /SGD\.nesterov: .*Did you mean "useNesterov"/],
    [{ name: "sgd", gradientAccumulationSteps: 0 }, /gradientAccumulationSteps: expected 1, 2/],
    [{ name: "sgd", groups: [{ weights: "a", lr: 1 }] }, /groups\[0\]\.lr: .*unknown option/],
  ])("refuses %j", (config, message) => {
    expect(() => createOptimizer({ learningRate: 0.1, ...config } as never)).toThrow(message);
  });

  it.each([
    ["adam", /got "adam"\. Write \{ name: "adam", learningRate: 0\.001 \}/],
    ["Lion", /Write \{ name: "lion"/],
    [undefined, /got nothing\. Write/],
    [null, /got null\. Write/],
    [tf.train.sgd(0.1), /got a SGDOptimizer without a name\. Write/],
    [{ name: "adam" }, /learningRate: expected a number > 0, such as 0\.001, got undefined/],
  ])("says what to write for %p", (config, message) => {
    expect(() => createOptimizer(config as never)).toThrow(message);
  });

  it("says what to write for an optimizer that is given a number", () => {
    expect(() => new Adam(0.1 as never)).toThrow(
      "Adam: expected an object of options, got 0.1. Write new Adam({ learningRate: 0.001 }).",
    );
    expect(() => new Adam(undefined as never)).toThrow(/got undefined/);
  });

  it("takes a state only after build()", () => {
    const optimizer = createOptimizer({ name: "adam", learningRate: 0.1 });
    const state = [{ name: "beta1Power", tensor: tf.scalar(0.9) }];
    expect(() => optimizer.setWeights(state)).toThrow(/Call optimizer\.build\(weights\) first/);
  });

  it("leaves no tensor behind", () => {
    const weight = tf.variable(tf.ones([2, 2]));
    const options = { learningRate: 0.1, useEma: true, gradientAccumulationSteps: 2 };
    for (const name of ["adagrad", "adam", "adamw", "lion", "rmsprop", "sgd"] as const) {
      const before = tf.memory().numTensors;
      const optimizer = createOptimizer({ name, ...options });
      const gradient = tf.ones([2, 2]);
      for (let i = 0; i < 3; i++) optimizer.apply({ [weight.name]: gradient });
      gradient.dispose();
      optimizer.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});
