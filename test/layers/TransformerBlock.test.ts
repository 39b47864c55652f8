import * as tf from "@tensorflow/tfjs";
import { rotaryEmbedding } from "../../src/layers/attention/rotaryEmbedding";
import { MultiHeadAttention } from "../../src/layers/MultiHeadAttention";
import { PositionEmbedding } from "../../src/layers/PositionEmbedding";
import { SinePositionEncoding } from "../../src/layers/SinePositionEncoding";
import { TransformerBlock } from "../../src/layers/TransformerBlock";
import { loadEngine } from "../../src/engine/load";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

loadEngine();

type Case = LayerCase & { layer: string };
const cases = readCases<Case>("transformerBlock");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);
const keyBias = { "key/bias": "the softmax does not see what shifts all logits alike" };

describe("TransformerBlock", () => {
  checkLayer(TransformerBlock, {
    args: {
      numHeads: 3,
      keyDim: 2,
      intermediateDim: 13,
      causal: true,
      normalizeFirst: false,
      activation: "silu",
      dropout: 0.2,
      dropPath: 0.05,
      epsilon: 0.01,
      rotaryWavelength: 50,
      bucketSize: 5,
      numHashes: 2,
      seed: 3,
    },
    inputs: [[2, 5, 7]],
    output: [2, 5, 7],
    weights: 22,
    isRandomInTraining: true,
  });
  checkLayer(TransformerBlock, {
    args: { numHeads: 5, keyDim: 3, attention: "lsh", bucketSize: 5, activation: "relu" },
    inputs: [[2, 3, 5, 7]],
    output: [2, 3, 5, 7],
    weights: 15,
  });
  checkLayer(TransformerBlock, {
    args: { numHeads: 1, maskInputs: ["padding"] },
    inputs: [
      [2, 5, 7],
      [2, 5],
    ],
    output: [2, 5, 7],
    weights: 16,
    zeroGradients: { ...keyBias, input1: "a mask" },
  });

  checkLayer(TransformerBlock, {
    args: {
      numHeads: 2,
      attention: "window",
      windowSize: [2, 3],
      shiftSize: 1,
      intermediateDim: 11,
      dropout: 0.2,
      seed: 3,
    },
    inputs: [[2, 5, 7, 4]],
    output: [2, 5, 7, 4],
    weights: 17,
    isRandomInTraining: true,
  });
  it.each(casesOf("SwinTransformerBlock"))("equals torchvision's Swin: $name", (golden) => {
    expectGolden(new TransformerBlock(golden.args as never), golden);
  });

  it.each(casesOf("TransformerBlock"))("equals torch: $name", (golden) => {
    const block = new TransformerBlock(golden.args as never);
    expectGolden(block, golden, ["attention/key/bias"]);
  });

  it("does not attend padding of an embedding", () => {
    const input = tf.input({ shape: [5] });
    const embedded = tf.layers
      .embedding({ inputDim: 10, outputDim: 6, maskZero: true })
      .apply(input) as tf.SymbolicTensor;
    const positions = new PositionEmbedding({ sequenceLength: 5 }).apply(embedded);
    const blocks = [0, 1].map(() => new TransformerBlock({ numHeads: 2 }));
    const outputs = blocks.reduce(
      (x, block) => block.apply(x) as tf.SymbolicTensor,
      positions as tf.SymbolicTensor,
    );
    const model = tf.model({ inputs: input, outputs });
    const tokens = tf.tensor2d([[3, 1, 4, 0, 0]]);
    const of = (): Float32Array =>
      tf.slice(model.predict(tokens) as tf.Tensor, [0, 0, 0], [1, 3, 6]).dataSync() as Float32Array;
    const before = of();
    const [table, places, ...others] = model.getWeights();
    // The embedding of padding, and the places where padding stands.
    model.setWeights([
      tf.add(
        table,
        tf.pad(tf.ones([1, 6]), [
          [0, 9],
          [0, 0],
        ]),
      ),
      tf.add(
        places,
        tf.pad(tf.ones([2, 6]), [
          [3, 0],
          [0, 0],
        ]),
      ),
      ...others,
    ]);
    expectClose(of(), before, 1e-5, "tokens that are not padding");
  });

  it("says what it wanted and got", () => {
    expect(() => new TransformerBlock({ numHeads: 3 }).apply(tf.zeros([1, 2, 8]))).toThrow(
      /numHeads: expected a divisor of 8, got 3/,
    );
    expect(() => new TransformerBlock({ numHeads: 1 }).apply(tf.zeros([1, 8]))).toThrow(
      /expected \[batch, tokens, channels\] or \[batch, height, width, channels\] with known channels, got \[1, 8\]/,
    );
    const rotaryLsh = { numHeads: 1, attention: "lsh", rotaryWavelength: 9 } as const;
    expect(() => new TransformerBlock(rotaryLsh)).toThrow(/rotaryWavelength/);
    for (const ignored of [{ keyDim: 2 }, { causal: true }, { maskInputs: ["padding"] }] as const) {
      expect(() => new TransformerBlock({ numHeads: 1, attention: "window", ...ignored })).toThrow(
        /expected no \w+ with attention: "window"/,
      );
    }
    expect(() => new TransformerBlock({ numHeads: 1, windowSize: 3 })).toThrow(
      /windowSize: expected no windowSize with attention: "multiHead", got 3/,
    );
    const windows = new TransformerBlock({ numHeads: 1, attention: "window" });
    expect(() => windows.apply(tf.zeros([1, 5, 4]))).toThrow(/\[batch, height, width, channels\]/);
    const mask = tf.ones([1, 3, 3]);
    expect(() => windows.apply(tf.zeros([1, 3, 3, 4]), { mask })).toThrow(/expected no mask/);
  });
});

describe("positions", () => {
  checkLayer(PositionEmbedding, {
    args: { sequenceLength: 11, seed: 2 },
    inputs: [[2, 11, 7]],
    output: [2, 11, 7],
    weights: 1,
  });
  checkLayer(SinePositionEncoding, {
    args: { maxWavelength: 50 },
    inputs: [[2, 5, 7]],
    output: [2, 5, 7],
    weights: 0,
  });

  it.each(casesOf("PositionEmbedding"))("learned, $name", (golden) => {
    expectGolden(new PositionEmbedding(golden.args as never), golden);
  });
  it.each(casesOf("SinePositionEncoding"))("sines equal the paper's: $name", (golden) => {
    expectGolden(new SinePositionEncoding(golden.args), golden);
  });
  it.each(casesOf("rotaryEmbedding"))("rotary equals lucidrains': $name", (golden) => {
    const draw = createDraw(golden.seed);
    const shape = [...golden.inputs[0]];
    const x = tf.tensor(draw(shape), shape);
    const direction = tf.tensor(draw(shape), shape);
    const loss = (y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(rotaryEmbedding(y), direction));
    expectClose(rotaryEmbedding(x).dataSync(), golden.output, 1e-5, "output");
    const { input0 } = golden.gradients;
    expectClose(tf.grad(loss)(x).dataSync(), input0, 1e-4, "gradient");
  });

  it("rotary attention depends on distances alone", () => {
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4, rotaryWavelength: 10000 });
    const x = tf.tensor(createDraw(1)([1, 3, 5]), [1, 3, 5]);
    const plain = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
    const output = (layer.apply(x) as tf.Tensor).dataSync();
    plain.apply(x);
    plain.setWeights(layer.getWeights());
    expect(() =>
      expectClose((plain.apply(x) as tf.Tensor).dataSync(), output, 1e-3, "without positions"),
    ).toThrow();
    const q = tf.tensor(createDraw(2)([2, 4]), [2, 4]);
    const products = [0, 17].map((startIndex) => {
      const turned = rotaryEmbedding(q, { startIndex });
      return tf.matMul(turned, turned, false, true).dataSync();
    });
    expectClose(products[1], products[0], 1e-5, "products at another place");
  });

  it("say what they wanted and got", () => {
    expect(() => new PositionEmbedding({ sequenceLength: 3 }).apply(tf.zeros([1, 5, 2]))).toThrow(
      /expected \[batch, up to 3 tokens, channels\], got \[1, 5, 2\]/,
    );
    expect(() => rotaryEmbedding(tf.zeros([2, 3]))).toThrow(/an even dim, got \[2, 3\]/);
  });
});
