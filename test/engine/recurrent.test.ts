import * as tf from "@tensorflow/tfjs";
import { recurrentSeeds } from "../../src/core/recurrentSeeds";
import { recurrentStates } from "../../src/core/recurrentStates";
import { exportSavedModel } from "../../src/engine/exportSavedModel";
import { loadEngine } from "../../src/engine/load";
import { createPredictor } from "../../src/engine/predictor";
import { compile } from "../../src/engine/program";
import {
  modelVariables,
  readVariables,
  writeVariables,
} from "../../src/experiments/training/variables";
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
  /** Whether it is a training call, whose dropout draws from `seed`. */
  readonly training?: true;
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

/** Builds a layer and draws its weights. */
function drawWeights(layer: tf.layers.Layer, draw: ReturnType<typeof createDraw>): void {
  const isStateful = (layer as { stateful?: boolean }).stateful === true;
  layer.apply(
    tf.input(isStateful ? { batchShape: [BATCH, TIME, CHANNELS] } : { shape: [TIME, CHANNELS] }),
  );
  const weights = layer.weights.map(({ shape }) => {
    const sizes = shape as number[];
    return tf.tensor(draw(sizes, 0.5), sizes);
  });
  layer.setWeights(weights);
}

/** A layer with drawn weights, and a step that gives its outputs and all gradients. */
function stepOf(layer: tf.layers.Layer, draw: ReturnType<typeof createDraw>) {
  drawWeights(layer, draw);
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

const isPlain = ({ training, args }: Golden): boolean =>
  training !== true && args["stateful"] !== true;

const loops = (step: { recorded: readonly { nodes: readonly { op: string }[] }[] }): number =>
  step.recorded[0].nodes.filter(({ op }) => op === "While").length;

const values = (tensors: tf.Tensor[]): number[][] =>
  tensors.map((tensor) => Array.from(tensor.dataSync()));

describe("recurrent layers in a compiled function", () => {
  const goldens = readCases<Golden>("recurrent");
  it.each(goldens.filter(isPlain))("equal Keras: $name", (golden) => {
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

  it.each(goldens.filter(({ training }) => training === true))(
    "equal Keras with the same dropped units: $name",
    (golden) => {
      const draw = createDraw(golden.seed);
      const x = tf.tensor(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
      const layer = create(golden.kind, golden.args);
      drawWeights(layer, draw);
      const shape = layer.computeOutputShape([BATCH, TIME, CHANNELS]) as number[];
      const direction = tf.tensor(draw(shape), shape);
      const call = (input: tf.Tensor): tf.Tensor =>
        layer.apply(input, { training: true }) as tf.Tensor;
      const lossOf = (input: tf.Tensor): tf.Scalar => tf.sum(tf.mul(call(input), direction));
      const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      // Each call draws anew, so each is compiled by itself and starts from the golden's seed.
      const run = (part: (input: tf.Tensor) => tf.Tensor[]): number[][] => {
        const seeds = recurrentSeeds(layer).state as unknown as tf.Variable;
        seeds.assign(tf.tensor1d([golden.seed, 0], "int32"));
        return values(compile(part, { captured: "ok" })(x));
      };
      expectClose(run((input) => [call(input)])[0], golden.outputs[0], 1e-5, "output");
      const gradients = [
        ...run((input) => [tf.grad(lossOf)(input)]),
        ...run((input) => Object.values(tf.variableGrads(() => lossOf(input), weights).grads)),
      ];
      gradients.forEach((each, i) => expectClose(each, golden.gradients[i], 1e-4, `gradient ${i}`));
    },
  );

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
    expect(counts[0]).toBeLessThan(150);
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

  const opsOf = (fn: { recorded: readonly { nodes: readonly { op: string }[] }[] }): Set<string> =>
    new Set(fn.recorded.flatMap(({ nodes }) => nodes.map(({ op }) => op)));

  it("run an LSTM by TensorFlow's own op where it is the same", () => {
    const x = tf.ones([BATCH, TIME, CHANNELS]);
    const mask = tf.ones([BATCH, TIME], "bool");
    const usesOp = (args: Readonly<Record<string, unknown>>, kwargs: object = {}): boolean => {
      const layer = create("LSTM", args);
      layer.apply(x);
      const call = compile((y: tf.Tensor) => layer.apply(y, kwargs) as tf.Tensor, {
        captured: "ok",
      });
      call(x);
      return opsOf(call).has("BlockLSTMV2");
    };
    const sigmoid = { recurrent_activation: "sigmoid" };
    expect(usesOp(sigmoid)).toBe(true);
    expect(usesOp({})).toBe(false); // tfjs' hard sigmoid
    expect(usesOp({ ...sigmoid, activation: "relu" })).toBe(false);
    expect(usesOp(sigmoid, { mask })).toBe(false);
    expect(usesOp({ ...sigmoid, recurrent_dropout: 0.5 }, { training: true })).toBe(false);
    expect(usesOp({ ...sigmoid, dropout: 0.5 }, { training: true })).toBe(true);
  });

  it.each([
    ["GRU", {}],
    ["LSTM", { recurrent_activation: "sigmoid" }],
  ] as const)("serve every batch size by one graph from the second on: %s", (kind, args) => {
    const layer = create(kind, { ...args, return_sequences: true });
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

  it.each(["dropout", "recurrentDropout"])("draw %s anew each step, and none after", (rate) => {
    const layer = tf.layers.lstm({ units: UNITS, [rate]: 0.5, returnSequences: true });
    const x = tf.ones([BATCH, TIME, CHANNELS]);
    layer.apply(x);
    const train = compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
    const steps = values([train(x), train(x), train(x)]).map(String);
    expect(new Set(steps).size).toBe(3);
    const evaluate = (y: tf.Tensor): tf.Tensor => layer.apply(y, { training: false }) as tf.Tensor;
    expectClose(compile(evaluate)(x).dataSync(), evaluate(x).dataSync(), 1e-5, "evaluation");
  });

  it("drop the same units at all steps of a sequence, and scale the others up", () => {
    // The output is what comes in: what is dropped can be read off.
    const layer = tf.layers.simpleRNN({
      units: CHANNELS,
      activation: "linear",
      dropout: 0.25,
      returnSequences: true,
      kernelInitializer: "identity",
      recurrentInitializer: "zeros",
    });
    const x = tf.ones([40, TIME, CHANNELS]);
    layer.apply(x);
    const train = compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
    const output = train(x) as tf.Tensor3D;
    const [first, ...others] = tf.unstack(output, 1).map((step) => Array.from(step.dataSync()));
    for (const other of others) expect(other).toEqual(first);
    const scaled = Math.fround(1 / 0.75);
    expect(new Set(first.map((value) => value.toFixed(5)))).toEqual(
      new Set(["0.00000", scaled.toFixed(5)]),
    );
    const share = first.filter((value) => value === 0).length / first.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.12);
  });

  it("draw one mask for a single step too, and both directions their own", () => {
    const inner = tf.layers.gru({ units: UNITS, dropout: 0.5, recurrentDropout: 0.5 });
    const layer = tf.layers.bidirectional({ layer: inner, mergeMode: "concat" });
    const x = tf.ones([BATCH, 1, CHANNELS]);
    layer.apply(x);
    const train = compile((y: tf.Tensor) =>
      tf.grad((z) => tf.sum(layer.apply(z, { training: true }) as tf.Tensor))(y),
    );
    expect(new Set(values([train(x), train(x), train(x)]).map(String)).size).toBe(3);
  });

  it("serve every batch size by one graph with dropout as well", () => {
    const layer = tf.layers.lstm({ units: UNITS, dropout: 0.5, recurrentDropout: 0.5 });
    layer.apply(tf.ones([2, TIME, CHANNELS]));
    const train = compile(
      (y: tf.Tensor) => tf.grad((z) => tf.sum(layer.apply(z, { training: true }) as tf.Tensor))(y),
      { log: () => undefined },
    );
    for (const batch of [2, 4, 7]) {
      expect(train(tf.ones([batch, TIME, CHANNELS])).shape).toEqual([batch, TIME, CHANNELS]);
    }
    expect(train.recorded.length).toBe(2);
  });

  it("go on from a checkpoint with the dropout that they would have drawn", () => {
    const model = tf.sequential({
      layers: [
        tf.layers.bidirectional({
          layer: tf.layers.lstm({ units: 4, dropout: 0.5 }),
          inputShape: [TIME, CHANNELS],
          mergeMode: "concat",
        }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const variables = modelVariables(model);
    expect([...variables.keys()].slice(-2)).toEqual(["recurrentDropout0", "recurrentDropout1"]);
    const train = compile((y: tf.Tensor) => model.apply(y, { training: true }) as tf.Tensor);
    const x = tf.ones([BATCH, TIME, CHANNELS]);
    train(x);
    const saved = readVariables(variables);
    const wanted = values([train(x), train(x)]);
    writeVariables("checkpoint", variables, saved);
    expect(values([train(x), train(x)])).toEqual(wanted);
  });

  describe("with states that stay from call to call", () => {
    const stateful = goldens.filter(({ args }) => args["stateful"] === true);
    const sequence = [BATCH, TIME, CHANNELS];
    const drawn = (seed: number): tf.Tensor => tf.tensor(createDraw(seed)(sequence), sequence);

    it.each(stateful)("equal Keras, compiled and eager: $name", (golden) => {
      const draw = createDraw(golden.seed);
      const [x, next] = [0, 1].map(() => tf.tensor(draw(sequence), sequence));
      const layer = create(golden.kind, golden.args);
      drawWeights(layer, draw);
      const shape = layer.computeOutputShape(sequence) as number[];
      const direction = tf.tensor(draw(shape), shape);
      const options =
        golden.mask === null ? {} : { mask: tf.tensor2d(golden.mask, [BATCH, TIME], "int32") };
      const output = (input: tf.Tensor): tf.Tensor => layer.apply(input, options) as tf.Tensor;
      const gradients = (input: tf.Tensor): tf.Tensor[] => {
        const loss = (of: tf.Tensor): tf.Scalar => tf.sum(tf.mul(output(of), direction));
        const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const states = layer.states.map((state) => state.clone());
        const own = tf.grad(loss)(input);
        // Both gradients are of the same call.
        layer.resetStates(states);
        return [own, ...Object.values(tf.variableGrads(() => loss(input), weights).grads)];
      };
      const compiled = [
        compile(output, { captured: "ok" }),
        compile(gradients, { captured: "ok" }),
      ];
      for (const [run, differentiate] of [compiled, [output, gradients]] as const) {
        layer.resetStates();
        const first = (run as typeof output)(x);
        const states = layer.states.map((state) => state.clone());
        const second = (run as typeof output)(next);
        layer.resetStates(states);
        const found = (differentiate as typeof gradients)(next);
        layer.resetStates();
        const outputs = [first, second, (run as typeof output)(next)];
        values(outputs).forEach((y, i) => expectClose(y, golden.outputs[i], 1e-5, `call ${i}`));
        values(found).forEach((y, i) => expectClose(y, golden.gradients[i], 1e-4, `gradient ${i}`));
      }
    });

    const memory = (args: object = {}): tf.RNN =>
      tf.layers.gru({
        ...{ units: UNITS, stateful: true, name: "memory", batchInputShape: sequence, ...args },
      });

    it("are the same whether calls are compiled or eager, in any order", () => {
      const layer = memory();
      const x = drawn(3);
      layer.apply(x);
      const step = compile((y: tf.Tensor) => layer.apply(y) as tf.Tensor);
      const eager = (y: tf.Tensor): tf.Tensor => layer.apply(y) as tf.Tensor;
      const runs = [
        [eager, eager, eager],
        [step, step, step],
        [step, eager, step],
        [eager, step, eager],
      ].map((calls) => {
        layer.resetStates();
        return values(calls.map((call) => call(x)));
      });
      for (const run of runs) run.forEach((y, i) => expectClose(y, runs[0][i], 1e-5, `call ${i}`));
      expect(runs[0][1]).not.toEqual(runs[0][0]);
      expect(step.recorded).toHaveLength(1);
    });

    it("go on one step at a time as over the whole sequence", () => {
      const layer = memory({ batchInputShape: [BATCH, 1, CHANNELS] });
      const model = tf.sequential({ layers: [layer] });
      const step = compile((y: tf.Tensor) => model.apply(y) as tf.Tensor);
      const x = drawn(4);
      const whole = tf.layers.gru({ units: UNITS });
      whole.apply(x);
      whole.setWeights(layer.getWeights());
      const steps = tf.split(x, TIME, 1).map((part) => step(part));
      expectClose(values(steps)[TIME - 1], values([whole.apply(x) as tf.Tensor])[0], 1e-5, "last");
      model.resetStates();
      expectClose(values([step(tf.split(x, TIME, 1)[0])])[0], values(steps)[0], 1e-6, "anew");
    });

    it("train in a step, as a part of a checkpoint, and leave no tensor behind", () => {
      const model = tf.sequential({
        layers: [
          tf.layers.bidirectional({
            layer: tf.layers.lstm({ units: 4, stateful: true }),
            batchInputShape: sequence,
            mergeMode: "concat",
          }),
          tf.layers.dense({ units: 1 }),
        ],
      });
      const variables = modelVariables(model);
      const names = [0, 1, 2, 3].map((index) => `recurrentState${index}`);
      expect([...variables.keys()].slice(-4)).toEqual(names);
      const optimizer = tf.train.sgd(0.1);
      const train = compile((y: tf.Tensor) => {
        const loss = (): tf.Scalar =>
          tf.mean(tf.square(tf.sub(model.apply(y, { training: true }) as tf.Tensor, 1)));
        return optimizer.minimize(loss, true) as tf.Scalar;
      });
      const x = drawn(5);
      train(x).dispose();
      const saved = readVariables(variables);
      const wanted = values([train(x), train(x)]);
      writeVariables("checkpoint", variables, saved);
      expect(values([train(x), train(x)])).toEqual(wanted);
      const before = tf.memory().numTensors;
      train(x).dispose();
      model.resetStates();
      train(x).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it("are freed with the layer", () => {
      const layer = memory();
      layer.apply(drawn(6));
      const count = Object.keys(tf.engine().registeredVariables).length;
      const [state] = recurrentStates(layer);
      layer.dispose();
      expect(state.isDisposed).toBe(true);
      expect(Object.keys(tf.engine().registeredVariables)).toHaveLength(count - 3);
    });

    it("refuse states of another shape, and another batch size", () => {
      const layer = memory();
      const x = drawn(7);
      layer.apply(x);
      const step = compile((y: tf.Tensor) => layer.apply(y) as tf.Tensor);
      step(x);
      expect(() => layer.resetStates([tf.zeros([BATCH, UNITS + 1])])).toThrow(
        /layer "memory".resetStates: expected states of shape \[2, 5\], got \[2, 6\]/,
      );
      expect(() => step(tf.ones([BATCH + 1, TIME, CHANNELS]))).toThrow(/memory/);
      expect(step(x).shape).toEqual([BATCH, UNITS]);
    });

    it("refuse a predictor and an export, whose states would not move", () => {
      const model = tf.sequential({ layers: [memory()] });
      const message =
        /expected a model that writes no variable .*"memory\/state_\d+".*model\.apply/;
      expect(() => createPredictor(model)(drawn(8))).toThrow(message);
      expect(() => exportSavedModel(model, "never written")).toThrow(message);
    });
  });

  it("can carry their states in variables instead", () => {
    const layer = create("GRU", { return_state: true });
    const draw = createDraw(13);
    const x = tf.tensor(draw([BATCH, TIME, CHANNELS]), [BATCH, TIME, CHANNELS]);
    layer.apply(x);
    const state = tf.variable(tf.zeros([BATCH, UNITS]), false);
    const step = compile((y: tf.Tensor) => {
      const [output, last] = layer.apply(y, { initialState: [state] }) as tf.Tensor[];
      state.assign(last);
      return output;
    });
    step(x);
    const both = tf.concat([x, x], 1);
    const [wanted] = layer.apply(both) as tf.Tensor[];
    expectClose(step(x).dataSync(), wanted.dataSync(), 1e-5, "the second half");
  });
});
