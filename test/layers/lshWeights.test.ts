import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { LSHAttention } from "../../src/layers/LSHAttention";
import type { LSHAttentionArgs } from "../../src/layers/LSHAttention";
import { expectClose } from "../support/close";

beforeAll(() => {
  loadEngine();
});

const base = { numHeads: 2, keyDim: 5, valueDim: 3, outputDim: 7, seed: 3 } as const;

function weightOf(layer: LSHAttention, name: string): tf.Tensor {
  const found = layer.weights.find(({ originalName }) => originalName.endsWith(`/${name}`));
  return (found as tf.LayerVariable).read();
}

describe("LSHAttention.weightsFrom", () => {
  it.each<[string, Partial<LSHAttentionArgs>, number[]]>([
    ["four rounds", { bucketSize: 4, numHashes: 4 }, [2, 5, 7, 6]],
    ["across buckets", { bucketSize: 4, attendAcrossBuckets: true }, [2, 5, 7, 6]],
    ["counting duplicates", { bucketSize: 4, discountDuplicates: false }, [1, 5, 7, 6]],
    ["a sequence, causal", { bucketSize: 4, causal: true }, [2, 19, 6]],
    ["scaled", { bucketSize: 8, numHashes: 2, scale: "sqrtDim" }, [1, 3, 11, 6]],
  ])("gives what the output is made of: %s", (_, args, shape) => {
    const layer = new LSHAttention({ ...base, ...args });
    tf.tidy(() => {
      const x = tf.randomNormal(shape, 0, 1, "float32", 5);
      const output = layer.apply(x) as tf.Tensor;
      const [batch] = shape;
      const tokens = shape.slice(1, -1).reduce((product, length) => product * length, 1);
      const rows = tf.reshape<tf.Rank.R2>(x, [batch * tokens, 6]);
      const values = tf.add(
        tf.matMul(rows, weightOf(layer, "kernelV") as tf.Tensor2D),
        weightOf(layer, "biasV"),
      );
      for (const token of [0, 7, tokens - 1]) {
        const weights = layer.weightsFrom(x, token);
        expect(weights.shape).toEqual([batch, tokens, 2]);
        const ones = new Array<number>(batch * 2).fill(1);
        expectClose(tf.sum(weights, 1).dataSync(), ones, 1e-5, "sums");
        const weighed = tf.sum(
          tf.mul(tf.expandDims(weights, 3), tf.reshape(values, [batch, tokens, 2, 3])),
          1,
        );
        const wanted = tf.add(
          tf.matMul(
            tf.reshape<tf.Rank.R2>(weighed, [batch, 6]),
            weightOf(layer, "kernelOut") as tf.Tensor2D,
          ),
          weightOf(layer, "biasOut"),
        );
        const own = tf.slice(tf.reshape(output, [batch, tokens, 7]), [0, token, 0], [batch, 1, 7]);
        expectClose(own.dataSync(), wanted.dataSync(), 1e-4, `token ${token}`);
      }
    });
  });

  it("refuses a token that there is not, and keeps no tensors", () => {
    const layer = new LSHAttention({ ...base, bucketSize: 4 });
    const x = tf.zeros([1, 3, 5, 6]);
    layer.apply(x);
    const before = tf.memory().numTensors;
    expect(() => layer.weightsFrom(x, 15)).toThrow(/expected a token from 0 to 14, got 15/);
    layer.weightsFrom(x, 14).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
