import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { MultiHeadAttention } from "../../src/layers/MultiHeadAttention";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly inputs: number[][];
  readonly args: Readonly<Record<string, number | boolean | number[]>>;
  readonly causal: boolean;
  readonly maskKind: "pairs" | "padding" | null;
  readonly maskShapes: number[][];
  readonly weights: readonly (readonly [string, number[], number, number])[];
  readonly outputShape: number[];
  readonly output: number[];
  readonly scores: number[];
  readonly gradients: Readonly<Record<string, number[]>>;
}

const cases = readCases<Case>("multiHeadAttention");

loadEngine();

function layerOf({ args }: Case): MultiHeadAttention {
  return new MultiHeadAttention({
    numHeads: args.num_heads as number,
    keyDim: args.key_dim as number,
    ...("value_dim" in args ? { valueDim: args.value_dim as number } : {}),
    ...("output_shape" in args ? { outputDim: args.output_shape as number } : {}),
    ...("use_bias" in args ? { useBias: args.use_bias as boolean } : {}),
    ...("attention_axes" in args ? { attentionAxes: args.attention_axes as number[] } : {}),
  });
}

function masksOf(golden: Case, draw: ReturnType<typeof createDraw>): Record<string, unknown> {
  const masks = golden.maskShapes.map((shape) => tf.greater(tf.tensor(draw(shape), shape), -0.5));
  if (golden.maskKind === "pairs") return { attentionMask: masks[0] };
  return golden.maskKind === "padding" ? { mask: [null, masks[1]] } : {};
}

function expectKeras(golden: Case): void {
  tf.tidy(() => {
    const draw = createDraw(golden.seed);
    const inputs = golden.inputs.map((shape) => tf.tensor(draw(shape), shape));
    const given = inputs.length === 1 ? inputs[0] : inputs;
    const layer = layerOf(golden);
    layer.apply(given);
    const byName = new Map(
      layer.weights.map((weight) => [weight.originalName.slice(layer.name.length + 1), weight]),
    );
    expect([...byName.keys()].sort()).toEqual(golden.weights.map(([name]) => name).sort());
    for (const [name, shape, scale, shift] of golden.weights) {
      byName.get(name)?.write(tf.tensor(draw(shape, scale, shift), shape));
    }
    const options = { ...masksOf(golden, draw), useCausalMask: golden.causal };
    const direction = tf.tensor(draw(golden.outputShape), golden.outputShape);

    const [output, scores] = layer.apply(given, {
      ...options,
      returnAttentionScores: true,
    }) as tf.Tensor[];
    expect(output.shape).toEqual(golden.outputShape);
    expectClose(output.dataSync(), golden.output, 1e-4, "output with scores");
    expectClose(scores.dataSync(), golden.scores, 1e-4, "scores");
    const call = (tensors: tf.Tensor[]): tf.Tensor =>
      layer.apply(tensors.length === 1 ? tensors[0] : tensors, options) as tf.Tensor;
    expectClose(call(inputs).dataSync(), golden.output, 1e-4, "output");

    const loss = (...tensors: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(call(tensors), direction));
    tf.grads(loss)(inputs).forEach((gradient, index) => {
      const wanted = golden.gradients[`input${index}`];
      expectClose(gradient.dataSync(), wanted, 1e-3, `gradient of input ${index}`);
    });
    const { grads } = tf.variableGrads(() => loss(...inputs));
    for (const [name, weight] of byName) {
      const gradient = grads[(weight.read() as tf.Variable).name].dataSync();
      // The softmax does not see what shifts all logits alike: zero but for rounding.
      if (name === "key/bias") expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-5);
      else expectClose(gradient, golden.gradients[name], 1e-3, `gradient of ${name}`);
    }
  });
}

describe("MultiHeadAttention", () => {
  checkLayer(MultiHeadAttention, {
    args: {
      numHeads: 3,
      keyDim: 5,
      valueDim: 2,
      outputDim: 11,
      dropout: 0.2,
      useBias: false,
      attentionAxes: [2],
      kernelInitializer: "heNormal",
      seed: 3,
    },
    inputs: [
      [2, 3, 7, 13],
      [2, 3, 5, 17],
    ],
    output: [2, 3, 7, 11],
    weights: 5,
    isRandomInTraining: true,
  });

  checkLayer(MultiHeadAttention, {
    args: { numHeads: 2, keyDim: 3 },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 8,
    zeroGradients: { "key/bias": "the softmax does not see what shifts all logits alike" },
  });

  it.each(cases)("equals Keras: $name", expectKeras);

  it.each(cases)("equals Keras on tfjs' JavaScript backend: $name", async (golden) => {
    const backend = tf.getBackend();
    await tf.setBackend("cpu");
    try {
      expectKeras(golden);
    } finally {
      await tf.setBackend(backend);
    }
  });

  it("trains", () => {
    const x = tf.tensor(createDraw(1)([2, 5, 3]), [2, 5, 3]);
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3 });
    const loss = (): tf.Scalar =>
      tf.losses.meanSquaredError(tf.reverse(x, 1), layer.apply(x) as tf.Tensor);
    const first = loss().dataSync()[0];
    const optimizer = tf.train.adam(0.05);
    for (let step = 0; step < 40; step++) optimizer.minimize(loss);
    expect(loss().dataSync()[0]).toBeLessThan(first / 2);
  });

  it("ignores masked tokens of a sequence that attends to itself", () => {
    const draw = createDraw(2);
    const x = tf.tensor(draw([2, 5, 3]), [2, 5, 3]);
    const mask = tf.tensor2d([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5], "int32");
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3 });
    const changed = tf.add(x, tf.expandDims(tf.sub(1, mask), 2));
    const kept = tf.expandDims(tf.cast(mask, "float32"), 2);
    const of = (tokens: tf.Tensor): Float32Array =>
      tf.mul(layer.apply(tokens, { mask }) as tf.Tensor, kept).dataSync() as Float32Array;
    expect(of(changed)).toEqual(of(x));
  });

  it.each([
    [{ attentionAxes: [3] }, /attentionAxes: expected some of \[1, 2\], each once, got \[3\]/],
    [{ attentionAxes: [] }, /each once, got \[\]/],
  ])("refuses %j", (args, message) => {
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3, ...args });
    expect(() => layer.apply(tf.zeros([1, 2, 3, 5]))).toThrow(message);
  });
});
