import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { createPredictor } from "../../src/engine/predictor";
import { compile } from "../../src/engine/program";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

loadEngine();

const [BATCH, TIME, CHANNELS, UNITS] = [2, 7, 3, 5];

interface Golden {
  readonly name: string;
  readonly seed: number;
  readonly kind: "LSTM" | "GRU" | "SimpleRNN";
  readonly args: Readonly<Record<string, unknown>>;
  readonly mask: number[][] | null;
  readonly bidirectional: boolean;
  readonly outputs: number[][];
  readonly gradients: number[][];
}

const creators = {
  LSTM: tf.layers.lstm,
  GRU: tf.layers.gru,
  SimpleRNN: tf.layers.simpleRNN,
} as const;
const kinds = Object.keys(creators) as Golden["kind"][];

const camel = (key: string): string =>
  key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function create(kind: Golden["kind"], args: Readonly<Record<string, unknown>> = {}): tf.RNN {
  const given = Object.entries(args).map(([key, value]) => [camel(key), value]);
  return creators[kind]({ units: UNITS, ...Object.fromEntries(given) } as never);
}

/** A layer with drawn weights, and a step that gives its outputs and all gradients. */
function stepOf(layer: tf.layers.Layer, draw: ReturnType<typeof createDraw>) {
  layer.apply(tf.input({ shape: [TIME, CHANNELS] }));
  const weights = layer.weights.map(({ shape }) => {
    const sizes = shape as number[];
    return tf.tensor(draw(sizes, 0.5), sizes);
  });
  layer.setWeights(weights);
  return (x: tf.Tensor, mask: tf.Tensor | null, directions: tf.Tensor[]) => {
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const outputsOf = (input: tf.Tensor): tf.Tensor[] => {
      const output = layer.apply(input, mask === null ? {} : { mask }) as tf.Tensor | tf.Tensor[];
      return Array.isArray(output) ? output : [output];
    };
    const lossOf = (input: tf.Tensor): tf.Tensor =>
      tf.addN(outputsOf(input).map((y, i) => tf.sum(tf.mul(y, directions[i]))));
    return {
      outputs: outputsOf(x),
      input: tf.grad(lossOf)(x),
      weights: Object.values(tf.variableGrads(() => lossOf(x) as tf.Scalar, variables).grads),
    };
  };
}

const loops = (step: { recorded: readonly { nodes: readonly { op: string }[] }[] }): number =>
  step.recorded[0].nodes.filter(({ op }) => op === "While").length;

const values = (tensors: tf.Tensor[]): number[][] =>
  tensors.map((tensor) => Array.from(tensor.dataSync()));

describe("recurrent layers in a compiled function", () => {
  it.each(readCases<Golden>("recurrent"))("equal Keras and tfjs: $name", (golden) => {
    const draw = createDraw(golden.seed);
    const x = tf.tensor(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
    const plain = create(golden.kind, golden.args);
    const layer = golden.bidirectional
      ? tf.layers.bidirectional({ layer: plain, mergeMode: "concat" })
      : plain;
    const step = stepOf(layer, draw);
    const mask = golden.mask === null ? null : tf.tensor2d(golden.mask, [BATCH, TIME], "int32");
    const shapes = layer.computeOutputShape([BATCH, TIME, CHANNELS]) as number[] | number[][];
    const list = (Array.isArray(shapes[0]) ? shapes : [shapes]) as number[][];
    const directions = list.map((shape) => tf.tensor(draw(shape), shape));
    const compiled = compile(step, { captured: "ok" });
    for (const run of [compiled, step]) {
      const { outputs, input, weights } = run(x, mask, directions);
      values(outputs).forEach((each, i) => expectClose(each, golden.outputs[i], 1e-5, "output"));
      values([input, ...weights]).forEach((each, i) =>
        expectClose(each, golden.gradients[i], 1e-4, `gradient ${i}`),
      );
    }
    expect(loops(compiled)).toBeGreaterThan(0);
  });

  it.each(kinds)("record as many nodes for many steps as for few: %s", (kind) => {
    const counts = [5, 300].map((time) => {
      const layer = create(kind);
      const step = compile((x: tf.Tensor) =>
        tf.variableGrads(() => tf.sum(layer.apply(x) as tf.Tensor)),
      );
      layer.apply(tf.zeros([2, time, CHANNELS]));
      step.prepare(tf.zeros([2, time, CHANNELS]));
      return step.recorded[0].nodes.length;
    });
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThan(120);
  });

  it.each(kinds)("start from states that are given, with gradients to them: %s", (kind) => {
    const layer = create(kind);
    const draw = createDraw(8);
    const x = tf.tensor3d(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
    const count = kind === "LSTM" ? 2 : 1;
    const states = Array.from({ length: count }, () =>
      tf.tensor2d(draw([BATCH, UNITS]), [BATCH, UNITS]),
    );
    layer.apply(x);
    const step = (input: tf.Tensor, initialState: tf.Tensor[]): tf.Tensor[] =>
      tf.grads((...given: tf.Tensor[]) =>
        tf.sum(tf.square(layer.apply(input, { initialState: given }) as tf.Tensor)),
      )(initialState);
    const compiled = compile(step);
    const wanted = values(step(x, states));
    values(compiled(x, states)).forEach((each, i) => expectClose(each, wanted[i], 1e-5, "state"));
    expect(loops(compiled)).toBe(2);
  });

  it("serve every batch size by one graph from the second on", () => {
    const layer = create("GRU", { return_sequences: true });
    const logged: string[] = [];
    const step = (x: tf.Tensor): tf.Tensor =>
      tf.grad((y) => tf.sum(tf.square(layer.apply(y) as tf.Tensor)))(x);
    const compiled = compile(step, { log: (line) => logged.push(line) });
    layer.apply(tf.zeros([2, TIME, CHANNELS]));
    const draw = createDraw(9);
    for (const batch of [2, 3, 5]) {
      const x = tf.tensor(draw([batch, TIME, CHANNELS]), [batch, TIME, CHANNELS]);
      expectClose(compiled(x).dataSync(), step(x).dataSync(), 1e-5, `batch of ${batch}`);
    }
    // The first size keeps its own graph.
    expect(compiled.recorded.length).toBe(2);
    expect(logged.join()).toMatch(/recorded for every batch size/);
  });

  it("have the right gradient of their gradient", () => {
    const layer = create("LSTM", { recurrent_activation: "sigmoid" });
    const draw = createDraw(10);
    const x = tf.tensor(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
    layer.apply(x);
    const slope = tf.grad((y) => tf.sum(tf.square(layer.apply(y) as tf.Tensor)));
    const step = (y: tf.Tensor): tf.Tensor => tf.grad((z) => tf.sum(tf.square(slope(z))))(y);
    expectClose(compile(step)(x).dataSync(), step(x).dataSync(), 1e-4, "second gradient");
  });

  it("predict, and train by an optimizer", () => {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({ units: 4, inputShape: [TIME, CHANNELS], returnSequences: true }),
        tf.layers.gru({ units: 3 }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const draw = createDraw(11);
    const x = tf.tensor(draw([4, TIME, CHANNELS]), [4, TIME, CHANNELS]);
    const optimizer = tf.train.adam(0.05);
    const step = compile((input: tf.Tensor) =>
      optimizer.minimize(
        () => tf.mean<tf.Scalar>(tf.square(tf.sub(model.apply(input) as tf.Tensor, 1))),
        true,
      ),
    );
    const losses = Array.from({ length: 20 }, () => step(x)?.dataSync()[0] ?? NaN);
    expect(losses[19]).toBeLessThan(losses[0] / 4);
    const predict = createPredictor(model);
    expectClose(
      predict(x).dataSync(),
      (model.apply(x) as tf.Tensor).dataSync(),
      1e-5,
      "prediction",
    );
    expect(predict.recorded[0].nodes.filter(({ op }) => op === "While")).toHaveLength(2);
    predict.dispose();
  });

  it("unroll what no loop is recorded for, with the right values", () => {
    const cell = tf.layers.stackedRNNCells({
      cells: [tf.layers.gruCell({ units: 4 }), tf.layers.simpleRNNCell({ units: 3 })],
    });
    const softmax = create("LSTM", { recurrent_activation: "softmax" });
    const draw = createDraw(12);
    const x = tf.tensor(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
    for (const layer of [tf.layers.rnn({ cell }), softmax]) {
      layer.apply(x);
      const step = (y: tf.Tensor): tf.Tensor => layer.apply(y) as tf.Tensor;
      const compiled = compile(step, { captured: "ok" });
      expectClose(compiled(x).dataSync(), step(x).dataSync(), 1e-5, layer.name);
      expect(loops(compiled)).toBe(0);
    }
  });

  it.each(["dropout", "recurrentDropout"])("refuse %s while they train, and not after", (rate) => {
    const layer = tf.layers.lstm({ units: UNITS, [rate]: 0.5 });
    const x = tf.ones([BATCH, TIME, CHANNELS]);
    layer.apply(x);
    const train = compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
    expect(() => train(x)).toThrow(/random numbers that are keyed by a seed tensor/);
    const evaluate = (y: tf.Tensor): tf.Tensor => layer.apply(y, { training: false }) as tf.Tensor;
    expectClose(compile(evaluate)(x).dataSync(), evaluate(x).dataSync(), 1e-5, "evaluation");
  });

  it("refuse states that stay from call to call", () => {
    const layer = tf.layers.gru({
      units: UNITS,
      stateful: true,
      batchInputShape: [BATCH, TIME, CHANNELS],
    });
    const x = tf.ones([BATCH, TIME, CHANNELS]);
    layer.apply(x);
    const step = compile((y: tf.Tensor) => layer.apply(y) as tf.Tensor, { captured: "ok" });
    expect(() => step(x)).toThrow(/expected tensors that end with the call/);
  });
});
