import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { lshAttention, lshBuckets } from "../../src/layers/lsh/lshAttention";
import { lshReference } from "../support/lshReference";

loadEngine();

function draw(shape: number[], seed: number, scale = 1): tf.Tensor {
  const random = createRandom(seed);
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.mul(tf.tensor(values, shape), scale);
}

/** Distance of two tensors over the norm of the second. */
function relative(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => {
    const distance = tf.norm(tf.sub(a, b)).dataSync()[0];
    return distance / Math.max(tf.norm(b).dataSync()[0], 1e-12);
  });
}

type Attend = (qk: tf.Tensor4D, v: tf.Tensor4D) => tf.Tensor4D;

/** Output, and the gradients of a weighted sum of it. */
function run(attend: Attend, qk: tf.Tensor4D, v: tf.Tensor4D): tf.Tensor[] {
  const weights = draw(v.shape, 97);
  const gradients = tf.grads((a, b) =>
    tf.sum(tf.mul(attend(a as tf.Tensor4D, b as tf.Tensor4D), weights)),
  )([qk, v]);
  return [attend(qk, v), ...gradients];
}

const choices = [true, false];
const cases = choices.flatMap((attendAcrossBuckets) =>
  choices.flatMap((discountDuplicates) =>
    choices.flatMap((causal) =>
      [1, 2, 3].map((numHashes) => ({
        attendAcrossBuckets,
        discountDuplicates,
        causal,
        numHashes,
      })),
    ),
  ),
);

describe("lshAttention", () => {
  it.each(cases)(
    "equals the O(length²) reference: across $attendAcrossBuckets, discount $discountDuplicates, causal $causal, rounds $numHashes",
    (options) => {
      const [qk, v] = [draw([2, 60, 3, 7], 3, 2), draw([2, 60, 3, 5], 5)] as tf.Tensor4D[];
      const settings = { ...options, bucketSize: 5, scale: "unitKey" } as const;
      const seed = tf.tensor1d([11, 2], "int32");
      const buckets = lshBuckets(qk, { ...settings, seed });
      const listed = buckets.arraySync();
      const ours = run((a, b) => lshAttention(a, b, { ...settings, seed }), qk, v);
      const reference = run((a, b) => lshReference(a, b, { ...settings, buckets: listed }), qk, v);
      ours.forEach((tensor, index) => {
        expect(relative(tensor, reference[index])).toBeLessThan(index === 0 ? 1e-5 : 1e-4);
      });
      const composite = withCompositeOps(() =>
        run((a, b) => lshAttention(a, b, { ...settings, buckets }), qk, v),
      );
      composite.forEach((tensor, index) => {
        expect(relative(tensor, reference[index])).toBeLessThan(index === 0 ? 1e-5 : 1e-4);
      });
    },
  );
});
