import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import {
  CBAM,
  ConvBlock,
  GroupedConv2D,
  MultiHeadAttention,
  PositionEmbedding,
  SqueezeExcitation,
  TransformerBlock,
  WindowAttention,
} from "../../src/layers";
import { assignWeights, collectWeights } from "../../src/models/weights/assignWeights";

loadEngine();

/** The same cell, run again: no layer has a name of the author's. */
function cell(seed: number): tf.LayersModel {
  const input = tf.input({ shape: [4, 4, 6] });
  const convolved = new GroupedConv2D({ filters: 6, kernelSize: 3, groups: 2, seed }).apply(input);
  const block = new ConvBlock({ filters: 6, seed }).apply(convolved);
  const rows = tf.layers.reshape({ targetShape: [16, 6] }).apply(block);
  const attended = new MultiHeadAttention({ numHeads: 2, keyDim: 3, seed }).apply(rows);
  const twice = tf.layers.dense({ units: 2, kernelInitializer: "ones" }).apply(attended);
  const output = tf.layers.dense({ units: 2, kernelInitializer: "ones" }).apply(twice);
  return tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
}

const values = (model: tf.LayersModel): number[][] =>
  model.getWeights().map((weight) => Array.from(weight.dataSync()));

describe("models whose layers tfjs named", () => {
  it("start with the same weights from the same explicit seed", () => {
    const [first, second] = [cell(5), cell(5)];
    expect(first.weights[0].originalName).not.toBe(second.weights[0].originalName);
    expect(values(second)).toEqual(values(first));
    expect(values(cell(6))).not.toEqual(values(first));
  });

  it("take each other's weights, and a file's from a process of many models", () => {
    const [first, second] = [cell(1), cell(2)];
    expect(values(second)).not.toEqual(values(first));
    assignWeights(second, collectWeights(first));
    expect(values(second)).toEqual(values(first));
    const filed = new Map(
      second.weights.map((weight) => {
        const { shape, originalName } = weight;
        return [
          originalName,
          { shape: shape as number[], values: weight.read().dataSync() as Float32Array },
        ];
      }),
    );
    const third = cell(3);
    assignWeights(third, filed);
    expect(values(third)).toEqual(values(first));
  });

  it.each([
    ["CBAM", () => new CBAM({ seed: 3 }), [2, 3, 5, 8]],
    ["PositionEmbedding", () => new PositionEmbedding({ sequenceLength: 5, seed: 3 }), [2, 5, 6]],
    ["SqueezeExcitation", () => new SqueezeExcitation({ seed: 3 }), [2, 3, 5, 32]],
    [
      "TransformerBlock",
      () => new TransformerBlock({ numHeads: 2, keyDim: 3, seed: 3 }),
      [2, 5, 6],
    ],
    [
      "WindowAttention",
      () => new WindowAttention({ numHeads: 2, windowSize: 2, seed: 3 }),
      [2, 4, 4, 6],
    ],
  ] as const)("start alike where the layer is a %s", (_, make, shape) => {
    const drawn = [make(), make()].map((layer) => {
      layer.apply(tf.zeros([...shape]));
      return layer.getWeights().map((weight) => Array.from(weight.dataSync()));
    });
    expect(drawn[1]).toEqual(drawn[0]);
    expect(drawn[0].flat().some((value) => value !== 0)).toBe(true);
  });

  it("draw differently for two layers without an explicit seed", () => {
    const kernels = [0, 1].map(() => {
      const layer = new GroupedConv2D({ filters: 4, kernelSize: 3, groups: 2 });
      layer.build([1, 5, 5, 4]);
      return Array.from(layer.getWeights()[0].dataSync());
    });
    expect(kernels[0]).not.toEqual(kernels[1]);
  });
});
