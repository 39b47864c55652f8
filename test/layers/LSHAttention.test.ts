import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { LSHAttention } from "../../src/layers/LSHAttention";
import { checkLayer } from "../support/checkLayer";
import { createDraw } from "../support/layerGolden";

loadEngine();

describe("LSHAttention", () => {
  checkLayer(LSHAttention, {
    args: {
      numHeads: 2,
      keyDim: 3,
      valueDim: 5,
      outputDim: 7,
      useBias: false,
      kernelInitializer: "heUniform",
      seed: 4,
      bucketSize: 6,
      numHashes: 3,
      numBuckets: 4,
      scale: "sqrtDim",
      attendAcrossBuckets: true,
      discountDuplicates: false,
      causal: true,
    },
    inputs: [[2, 29, 11]],
    output: [2, 29, 7],
    weights: 4,
  });

  checkLayer(LSHAttention, {
    args: { numHeads: 3, keyDim: 2, bucketSize: 5 },
    inputs: [[2, 7, 5, 11]],
    output: [2, 7, 5, 11],
    weights: 7,
  });

  const x = tf.tensor(createDraw(6)([1, 40, 5]), [1, 40, 5]);
  const make = (): LSHAttention =>
    new LSHAttention({ numHeads: 2, keyDim: 3, bucketSize: 4, name: "lsh", seed: 8 });
  const valuesOf = (layer: LSHAttention, options = {}): Float32Array =>
    (layer.apply(x, options) as tf.Tensor).dataSync() as Float32Array;

  it("draws new rotations each training call, and keeps to one set outside training", () => {
    const layer = make();
    expect(valuesOf(layer)).toEqual(valuesOf(layer));
    expect(valuesOf(layer, { training: true })).not.toEqual(valuesOf(layer, { training: true }));
    expect(valuesOf(layer)).toEqual(valuesOf(make()));
  });

  it("resumes from the state of its seeds", () => {
    const [one, two] = [make(), make()];
    valuesOf(one, { training: true });
    valuesOf(two);
    two.setWeights(one.getWeights());
    expect(valuesOf(two, { training: true })).toEqual(valuesOf(one, { training: true }));
  });

  it("shows its buckets, and takes them back", () => {
    const layer = make();
    const buckets = layer.bucketsOf(x);
    expect(buckets.shape).toEqual([4, 1, 40, 2]);
    expect(valuesOf(layer, { buckets, training: true })).toEqual(valuesOf(layer));
  });

  it("attends the pixels of an image as the tokens of a sequence", () => {
    const image = tf.reshape(x, [1, 5, 8, 5]);
    expect((make().apply(image) as tf.Tensor).dataSync()).toEqual(valuesOf(make()));
  });

  it("takes the mask of a Masking layer", () => {
    const masked = tf.mul(x, tf.reshape(tf.greater(tf.range(0, 40), 9), [1, 40, 1]));
    const input = tf.input({ shape: [40, 5] });
    const layer = make();
    const output = layer.apply(tf.layers.masking().apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    const mask = tf.cast(tf.greater(tf.range(0, 40), 9), "int32").reshape([1, 40]);
    const wanted = (layer.apply(masked, { mask }) as tf.Tensor).dataSync();
    expect((model.predict(masked) as tf.Tensor).dataSync()).toEqual(wanted);
    expect((layer.apply(masked) as tf.Tensor).dataSync()).not.toEqual(wanted);
  });

  it("says what does not fit", () => {
    expect(() => make().apply(tf.zeros([2, 3]))).toThrow(
      /LSHAttention "lsh": expected \[batch, tokens, channels\] or .*, got \[2, 3\]/,
    );
    const args = { numHeads: 2, keyDim: 3 };
    expect(() => new LSHAttention({ ...args, numHeads: 0 })).toThrow(/LSHAttention.numHeads/);
    expect(() => new LSHAttention({ ...args, bucketSize: 1.5 })).toThrow(
      /bucketSize: expected an integer/,
    );
    expect(() => new LSHAttention({ ...args, scale: "none" as "sqrtDim" })).toThrow(
      /scale: expected/,
    );
    const mask = tf.ones([1, 39]);
    expect(() => make().apply(x, { mask })).toThrow(/mask: expected \[1, 40\], got \[1, 39\]/);
  });
});
