import * as tf from "@tensorflow/tfjs";
import { compile } from "../../src/engine/program";
import { loadEngine } from "../../src/engine/load";
import { Add } from "../../src/layers/Add";
import { LSHAttention } from "../../src/layers/LSHAttention";
import { MultiHeadAttention } from "../../src/layers/MultiHeadAttention";
import { ScaledDotProductAttention } from "../../src/layers/ScaledDotProductAttention";
import { TransformerBlock } from "../../src/layers/TransformerBlock";
import { rotaryEmbedding } from "../../src/layers/attention/rotaryEmbedding";
import { scaledDotProductAttention } from "../../src/layers/attention/scaledDotProductAttention";
import { lshAttention, lshBuckets } from "../../src/layers/lsh/lshAttention";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw } from "../support/layerGolden";

loadEngine();

type Symbolic = tf.SymbolicTensor;
const draw = createDraw(5);
const x = tf.tensor(draw([2, 7, 5]), [2, 7, 5]);
const padding = tf.tensor2d([1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0], [2, 7], "int32");
const tokens = tf.tensor2d([3, 1, 4, 1, 0, 0, 0, 2, 7, 1, 8, 2, 8, 0], [2, 7], "int32");

async function revive(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler((saved) => {
      artifacts = saved;
      const info = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
      return Promise.resolve({ modelArtifactsInfo: info });
    }),
  );
  artifacts.modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology)) as object;
  return tf.loadLayersModel(tf.io.fromMemory(artifacts));
}

const dataOf = (output: unknown): Float32Array => (output as tf.Tensor).dataSync() as Float32Array;

/** A model of the layer alone. */
function modelOf(layer: tf.layers.Layer, shapes: number[][]): tf.LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape }));
  const outputs = layer.apply(inputs.length === 1 ? inputs[0] : inputs) as Symbolic;
  return tf.model({ inputs, outputs });
}

describe("attention in a functional model", () => {
  it("is causal by its constructor's argument", async () => {
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4, causal: true });
    const model = modelOf(layer, [[7, 5]]);
    const output = dataOf(model.predict(x));
    expectClose(output, dataOf(layer.apply(x, { useCausalMask: true })), 1e-6, "output");
    const noise = tf.pad(tf.ones([2, 3, 5]), [
      [0, 0],
      [4, 0],
      [0, 0],
    ]);
    const past = (y: tf.Tensor): Float32Array => dataOf(tf.slice(y, [0, 0, 0], [2, 4, 5]));
    expect(past(model.predict(tf.add(x, noise)) as tf.Tensor)).toEqual(
      past(model.predict(x) as tf.Tensor),
    );
    expect(dataOf((await revive(model)).predict(x))).toEqual(output);
  });

  interface MaskedCase {
    readonly name: string;
    readonly make: () => MultiHeadAttention | LSHAttention;
    readonly mask: tf.Tensor;
    readonly option: "mask" | "attentionMask";
  }
  const masked: MaskedCase[] = [
    {
      name: "MultiHeadAttention, padding",
      make: () => new MultiHeadAttention({ numHeads: 2, keyDim: 4, maskInputs: ["query"] }),
      mask: padding,
      option: "mask",
    },
    {
      name: "MultiHeadAttention, pairs",
      make: () => new MultiHeadAttention({ numHeads: 2, keyDim: 4, maskInputs: ["attention"] }),
      mask: tf
        .tensor3d(draw([2, 7, 7]), [2, 7, 7])
        .greater(0)
        .toFloat(),
      option: "attentionMask",
    },
    {
      name: "LSHAttention",
      make: () =>
        new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 2, maskInputs: ["padding"] }),
      mask: padding,
      option: "mask",
    },
  ];

  it.each(masked)("takes a mask as an input: $name", async ({ make, mask, option }) => {
    const layer = make();
    const model = modelOf(layer, [[7, 5], mask.shape.slice(1)]);
    const output = dataOf(model.predict([x, mask]));
    const reference = make();
    const plain = new (reference.constructor as new (args: object) => tf.layers.Layer)({
      ...(reference as MultiHeadAttention).args,
      maskInputs: undefined,
      name: "reference",
    });
    plain.apply(x);
    plain.setWeights(layer.getWeights());
    const wanted = plain.apply(x, { [option]: mask });
    expectClose(output, dataOf(wanted), 1e-6, "output");
    const unmasked = dataOf(plain.apply(x));
    expect(() => expectClose(output, unmasked, 1e-3, "unmasked")).toThrow();
    expect(dataOf((await revive(model)).predict([x, mask]))).toEqual(output);
  });

  it.each([
    [new MultiHeadAttention({ numHeads: 2, keyDim: 4 }), { useCausalMask: true }, "useCausalMask"],
    [
      new MultiHeadAttention({ numHeads: 2, keyDim: 4 }),
      { attentionMask: tf.input({ shape: [7, 7] }) },
      "attentionMask",
    ],
    [new LSHAttention({ numHeads: 2, keyDim: 4 }), { mask: tf.input({ shape: [7] }) }, "mask"],
    [new Add(), { training: true }, "training"],
  ])("refuses a call option with symbolic inputs: %#", (layer, options, name) => {
    const input = tf.input({ shape: [7, 5] });
    const inputs = layer instanceof Add ? [input, input] : input;
    expect(() => layer.apply(inputs, options)).toThrow(
      new RegExp(`expected no call options with symbolic inputs, got ${name}\\. .*maskInputs`),
    );
  });

  it("refuses a mask that its constructor does not know", () => {
    const misnamed = { numHeads: 2, keyDim: 4, maskInputs: ["padding"] };
    expect(() => new MultiHeadAttention(misnamed as never)).toThrow(
      /maskInputs: expected one of "query", .*"attention", got "padding"/,
    );
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4, maskInputs: ["query"] });
    expect(() => layer.apply(x)).toThrow(/expected inputs followed by 1 masks \(query\), got 1/);
  });
});

describe("a transformer with masked embeddings", () => {
  type Join = (inputs: Symbolic[]) => Symbolic;
  const ours: Join = (inputs) => new Add().apply(inputs) as Symbolic;
  const tfjs: Join = (inputs) => tf.layers.add().apply(inputs) as Symbolic;
  const make = (join: Join, attention: tf.layers.Layer, other?: tf.layers.Layer) => {
    const input = tf.input({ shape: [7] });
    const embeddingsInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 3 });
    const embedded = tf.layers
      .embedding({ inputDim: 10, outputDim: 5, maskZero: true, embeddingsInitializer })
      .apply(input) as Symbolic;
    const first = join([embedded, attention.apply(embedded) as Symbolic]);
    const second = other === undefined ? first : join([first, other.apply(first) as Symbolic]);
    return tf.model({ inputs: input, outputs: second });
  };
  const attend = () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 });

  it.each([
    ["our Add", ours],
    ["tfjs' add", tfjs],
  ])("does not attend padding, joined by %s", async (_name, join) => {
    const second = attend();
    const model = make(join, attend(), second);
    const names = model.layers.map((layer) => layer.getClassName());
    expect(names.filter((name) => name === "PaddingMask")).toHaveLength(2);
    // The embedding of 0 changes nothing that is not padding.
    const valid = tf.expandDims(padding, 2);
    const output = (one: tf.LayersModel): Float32Array =>
      dataOf(tf.mul(one.predict(tokens) as tf.Tensor, valid));
    const before = output(model);
    const [table, ...others] = model.getWeights();
    const revived = await revive(model);
    model.setWeights([tf.add(table, tf.oneHot([0], 10).transpose().toFloat()), ...others]);
    expectClose(output(model), before, 1e-6, "tokens that are not padding");
    expect(output(revived)).toEqual(before);
  });

  it("trains in model.fit and in a compiled step", async () => {
    const model = make(ours, attend(), new LSHAttention({ numHeads: 1, keyDim: 3, bucketSize: 2 }));
    const target = tf.tensor(draw([2, 7, 5]), [2, 7, 5]);
    model.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });
    const { history } = await model.fit(tokens, target, { epochs: 20, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses[19]).toBeLessThan(losses[0] * 0.8);
    const step = compile((ids: tf.Tensor, wanted: tf.Tensor) => {
      const loss = (): tf.Scalar =>
        tf.losses.meanSquaredError(wanted, model.apply(ids, { training: true }) as tf.Tensor);
      const { value, grads } = tf.variableGrads(loss);
      for (const variable of model.trainableWeights.map((w) => w.read() as tf.Variable)) {
        variable.assign(tf.sub(variable, tf.mul(grads[variable.name], 0.05)));
      }
      return value;
    });
    const first = step(tokens, target).dataSync()[0];
    for (let i = 0; i < 30; i++) step(tokens, target).dispose();
    expect(step(tokens, target).dataSync()[0]).toBeLessThan(first);
  });

  it("takes the masks of query and value in cross-attention", () => {
    const [query, value] = [tf.input({ shape: [3, 5] }), tf.input({ shape: [7] })];
    const embedded = tf.layers
      .embedding({ inputDim: 10, outputDim: 5, maskZero: true, name: "table" })
      .apply(value) as Symbolic;
    const layer = attend();
    const outputs = layer.apply([query, embedded]) as Symbolic;
    const model = tf.model({ inputs: [query, value], outputs });
    const q = tf.tensor(draw([2, 3, 5]), [2, 3, 5]);
    const table = model.getLayer("table").getWeights()[0];
    const v = tf.gather(table, tokens);
    const wanted = dataOf(layer.apply([q, v], { mask: [null, padding] }));
    expectClose(dataOf(model.predict([q, tokens])), wanted, 1e-6, "output");
    expect(() => expectClose(wanted, dataOf(layer.apply([q, v])), 1e-4, "unmasked")).toThrow();
  });

  it("works in a sequential model, saved and loaded", async () => {
    const model = tf.sequential();
    model.add(tf.layers.embedding({ inputDim: 10, outputDim: 5, maskZero: true, inputShape: [7] }));
    model.add(attend());
    const revived = await revive(model);
    expect(dataOf(revived.predict(tokens))).toEqual(dataOf(model.predict(tokens)));
  });

  it("refuses a mask of another branch, unless told that it has none", () => {
    const build = (args: object): tf.LayersModel => {
      const [ids, other] = [tf.input({ shape: [7] }), tf.input({ shape: [7, 5] })];
      const embedded = tf.layers
        .embedding({ inputDim: 10, outputDim: 5, maskZero: true })
        .apply(ids) as Symbolic;
      const text = attend().apply(embedded) as Symbolic;
      const joined = new LSHAttention({ numHeads: 1, keyDim: 3, bucketSize: 2, ...args }).apply(
        tf.layers.conv1d({ filters: 5, kernelSize: 1 }).apply(new Add().apply([other, text])),
      ) as Symbolic;
      return tf.model({ inputs: [ids, other], outputs: joined });
    };
    expect(() => build({}).predict([tokens, x])).toThrow(
      /expected no mask.*got a mask from elsewhere.*maskInputs: \[\] means none/,
    );
    expect(() => build({ maskInputs: [] }).predict([tokens, x])).not.toThrow();
  });

  it("says so where tfjs' add would forget a mask", () => {
    const input = tf.input({ shape: [7] });
    const position = tf.input({ shape: [7, 5] });
    const embedded = tf.layers
      .embedding({ inputDim: 10, outputDim: 5, maskZero: true })
      .apply(input) as Symbolic;
    const sum = tf.layers.add().apply([position, embedded]) as Symbolic;
    expect(() => attend().apply(sum)).toThrow(
      /Add ".*": expected a mask on the first input only.*layerbook's Add/,
    );
  });
});

describe("unknown constructor arguments", () => {
  it.each([
    [MultiHeadAttention, { numHeads: 2, keyDim: 3, useCausalMsk: true }, /useCausalMsk: .*unknown/],
    [MultiHeadAttention, { numHeads: 2, keyDim: 3, casual: true }, /Did you mean "causal"/],
    [ScaledDotProductAttention, { casual: true }, /Did you mean "causal"/],
    [LSHAttention, { numHeads: 2, keyDim: 3, bucket_size: 4 }, /Did you mean "bucketSize"/],
  ])("throw: %p", (Layer, args, message) => {
    expect(() => new Layer(args as never)).toThrow(message);
  });
});

describe("unknown call options", () => {
  it.each([
    [new MultiHeadAttention({ numHeads: 2, keyDim: 3 }), { useCausalMsk: true }, /useCausalMask"/],
    [new ScaledDotProductAttention(), { returnWeigths: true }, /Did you mean "returnWeights"/],
    [new LSHAttention({ numHeads: 2, keyDim: 3 }), { useCausalMask: true }, /useCausalMask: exp/],
    [new TransformerBlock({ numHeads: 1 }), { attentionMask: tf.ones([2, 7, 7]) }, /one of trai/],
  ])("throw: %#", (layer, options, message) => {
    expect(() => layer.apply(x, options)).toThrow(message);
  });

  it("throw in functions: an option that is ignored would attend the future", () => {
    const qkv = tf.ones<tf.Rank.R4>([1, 2, 4, 2]);
    const casual = { casual: true } as object;
    expect(() => scaledDotProductAttention(qkv, qkv, qkv, casual)).toThrow(/Did you mean "causal"/);
    expect(() => lshAttention(qkv, qkv, casual)).toThrow(/Did you mean "causal"/);
    expect(() => lshBuckets(qkv, casual)).toThrow(/Did you mean "causal"/);
    expect(() => rotaryEmbedding(qkv, { start: 1 } as object)).toThrow(/Did you mean "startIndex"/);
  });
});

describe("Add", () => {
  checkLayer(Add, {
    args: {},
    inputs: [
      [2, 5, 7],
      [2, 5, 7],
      [2, 1, 7],
    ],
    output: [2, 5, 7],
    weights: 0,
  });

  it("says what it wanted and got", () => {
    expect(() => new Add({ name: "sum" }).apply(tf.input({ shape: [3] }))).toThrow(
      'Add "sum": expected two or more inputs of the same shape, got [[?, 3]]',
    );
    const inputs = [tf.input({ shape: [3] }), tf.input({ shape: [5] })];
    expect(() => new Add().apply(inputs)).toThrow(/got \[\[\?, 3\], \[\?, 5\]\]/);
  });
});
