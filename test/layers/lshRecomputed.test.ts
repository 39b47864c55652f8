import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { lshAttention } from "../../src/layers";
import * as geometry from "../../src/layers/lsh/geometry";
import { expectClose } from "../support/close";

jest.mock("../../src/layers/lsh/geometry", () => ({
  ...jest.requireActual<typeof geometry>("../../src/layers/lsh/geometry"),
  areFewWeights: jest.fn(),
}));

loadEngine();

const random = createRandom(4);
const draw = (shape: [number, number, number, number]): tf.Tensor4D => {
  const count = shape.reduce((a, b) => a * b);
  return tf.tensor4d(
    Float32Array.from({ length: count }, () => random.normal()),
    shape,
  );
};
const shape: [number, number, number, number] = [2, 29, 3, 5];
const [qk, v, direction] = [draw(shape), draw(shape), draw(shape)];
const mask = tf.tensor2d(
  Uint8Array.from({ length: 58 }, (_, index) => Number(index % 7 > 0)),
  [2, 29],
);

describe("weights computed again in the backward pass", () => {
  // A long sequence has too many to keep them: 65,536 tokens in four heads, say.
  it.each([
    { attendAcrossBuckets: false, discountDuplicates: true },
    { attendAcrossBuckets: true, discountDuplicates: true, causal: true },
    { attendAcrossBuckets: true, discountDuplicates: false },
  ])("give the gradients of those that were kept: %o", (options) => {
    const gradients = (areKept: boolean): tf.Tensor[] => {
      jest.mocked(geometry.areFewWeights).mockReturnValue(areKept);
      const seed = tf.tensor1d([3, 4], "int32");
      const settings = { ...options, bucketSize: 4, numHashes: 3, mask, seed };
      return tf.grads((a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.mul(lshAttention(a as tf.Tensor4D, b as tf.Tensor4D, settings), direction)),
      )([qk, v]);
    };
    const [kept, again] = [gradients(true), gradients(false)];
    expect(geometry.areFewWeights).toHaveBeenCalled();
    kept.forEach((wanted, index) => {
      expectClose(again[index].dataSync(), wanted.dataSync(), 1e-6, `gradient ${index}`);
    });
  });
});
