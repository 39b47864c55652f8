import * as tf from "@tensorflow/tfjs";
import { argsortRows, invertPermutation } from "../../src/core/ops/argsort";
import { gatherRows, permuteRows } from "../../src/core/ops/gatherRows";
import { withCompositeOps } from "../../src/core/ops/registry";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { bucketFactors } from "../../src/layers/lsh/geometry";
import { lshAttention, lshBuckets } from "../../src/layers/lsh/lshAttention";
import type { LshOptions } from "../../src/layers/lsh/options";
import { expectClose } from "../support/close";
import { createDraw } from "../support/layerGolden";

loadEngine();

const draw = createDraw(31);
const random4d = (...shape: [number, number, number, number]): tf.Tensor4D =>
  tf.tensor4d(draw(shape), shape);
const seedOf = (seed: number): tf.Tensor1D => tf.tensor1d([seed, 0], "int32");

/** Full attention with shared queries and keys; a token does not attend itself. */
function fullAttention(qk: tf.Tensor4D, v: tf.Tensor4D, isReached: tf.Tensor | null): tf.Tensor {
  const q = tf.transpose(qk, [0, 2, 1, 3]);
  const k = tf.div(q, tf.norm(q, 2, -1, true));
  const length = qk.shape[1];
  const allowed = tf.logicalNot(tf.cast(tf.eye(length), "bool"));
  const reached = isReached === null ? allowed : tf.logicalAnd(allowed, isReached);
  const logits = tf.where(reached, tf.matMul(q, k, false, true), -1e9);
  const output = tf.matMul(tf.softmax(logits), tf.transpose(v, [0, 2, 1, 3]));
  return tf.transpose(output, [0, 2, 1, 3]);
}

function gradientsOf(
  attend: (qk: tf.Tensor4D, v: tf.Tensor4D) => tf.Tensor,
  qk: tf.Tensor4D,
  v: tf.Tensor4D,
  direction: tf.Tensor,
): tf.Tensor[] {
  return tf.grads((a, b) => tf.sum(tf.mul(attend(a as tf.Tensor4D, b as tf.Tensor4D), direction)))([
    qk,
    v,
  ]);
}

describe("lshAttention with one round over two chunks", () => {
  const [qk, v] = [random4d(2, 14, 3, 5), random4d(2, 14, 3, 2)];
  const direction = random4d(2, 14, 3, 2);
  it.each([0, 1, 2, 77])("is full attention, whatever the seed: %d", (seed) => {
    const attend = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor =>
      lshAttention(a, b, {
        bucketSize: 7,
        numHashes: 1,
        attendAcrossBuckets: true,
        seed: seedOf(seed),
      });
    const full = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor => fullAttention(a, b, null);
    expectClose(attend(qk, v).dataSync(), full(qk, v).dataSync(), 1e-5, "output");
    const wanted = gradientsOf(full, qk, v, direction);
    gradientsOf(attend, qk, v, direction).forEach((gradient, index) => {
      expectClose(gradient.dataSync(), wanted[index].dataSync(), 1e-4, `gradient ${index}`);
    });
  });
});

describe("lshAttention's masks", () => {
  const settings = { bucketSize: 4, numHashes: 3 };

  it("leave the rest as if the masked tokens behind it were not there", () => {
    const [length, behind] = [24, 8];
    const [qk, v] = [random4d(2, length, 2, 5), random4d(2, length, 2, 3)];
    const lengthen = (x: tf.Tensor4D): tf.Tensor4D =>
      tf.concat([x, random4d(2, behind, 2, x.shape[3])], 1);
    const mask = tf.concat<tf.Tensor2D>([tf.ones([2, length]), tf.zeros([2, behind])], 1);
    const options = { ...settings, numBuckets: 6, seed: seedOf(3) };
    const short = lshAttention(qk, v, options);
    const long = lshAttention(lengthen(qk), lengthen(v), { ...options, mask });
    const cut = long.slice([0, 0, 0, 0], [2, length, 2, 3]);
    expectClose(cut.dataSync(), short.dataSync(), 1e-5, "output");
  });

  it.each([19, 1, 8, 15])("pad %d tokens without a trace", (length) => {
    // All in one bucket, so that every token reaches all others: padding must not be among them.
    const wide = { bucketSize: length, numHashes: 2, numBuckets: 2 };
    const [qk, v] = [random4d(2, length, 2, 5), random4d(2, length, 2, 3)];
    const buckets = tf.zeros<tf.Rank.R4>([2, 2, length, 2], "int32");
    const output = lshAttention(qk, v, { ...wide, buckets });
    const wanted = length === 1 ? v : fullAttention(qk, v, null);
    expectClose(output.dataSync(), wanted.dataSync(), 1e-5, "output");
  });

  it("hide any token, the first one too, from all others", () => {
    const [qk, v] = [random4d(1, 16, 2, 5), random4d(1, 16, 2, 3)];
    const hidden = [0, 9];
    const mask = tf.tensor2d(
      Array.from({ length: 16 }, (_, i) => Number(!hidden.includes(i))),
      [1, 16],
    );
    const change = tf.mul(tf.reshape(tf.sub(1, mask), [1, 16, 1, 1]), 3);
    for (const attendAcrossBuckets of [true, false]) {
      const options: LshOptions = { ...settings, attendAcrossBuckets, mask, seed: seedOf(1) };
      const seen = tf.reshape(mask, [1, 16, 1, 1]);
      const of = (a: tf.Tensor4D, b: tf.Tensor4D): Float32Array =>
        tf.abs(tf.mul(lshAttention(a, b, options), seen)).dataSync() as Float32Array;
      expect(of(tf.add(qk, change), tf.add(v, change))).toEqual(of(qk, v));
      // A masked token attends itself alone.
      const own = lshAttention(qk, v, options).slice([0, 9, 0, 0], [1, 1, 2, 3]);
      expect(own.dataSync()).toEqual(v.slice([0, 9, 0, 0], [1, 1, 2, 3]).dataSync());
    }
  });
});

describe("a token with nothing else in reach", () => {
  it("takes its own value exactly, and gives its gradient to it", () => {
    const [qk, v] = [random4d(1, 8, 1, 5), random4d(1, 8, 1, 3)];
    // Token 5 is alone in its bucket in both rounds.
    const alone = [0, 0, 1, 1, 0, 2, 0, 1];
    const buckets = tf.tensor4d([alone, alone].flat(), [2, 1, 8, 1], "int32");
    const attend = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor =>
      lshAttention(a, b, { bucketSize: 2, buckets });
    const options = { bucketSize: 2, numHashes: 2, buckets };
    const output = lshAttention(qk, v, options);
    const at = (x: tf.Tensor): number[] =>
      Array.from(x.slice([0, 5, 0, 0], [1, 1, 1, -1]).dataSync());
    expect(at(output)).toEqual(at(v));
    const direction = random4d(1, 8, 1, 3);
    const [dqk, dv] = gradientsOf((a, b) => lshAttention(a, b, options), qk, v, direction);
    expect(at(dqk)).toEqual([0, 0, 0, 0, 0]);
    expect(at(dv)).toEqual(at(direction));
    expect(() => attend(qk, v)).toThrow(/buckets: expected \[4, 1, 8, 1\], got \[2, 1, 8, 1\]/);
  });

  it("the first token of a causal sequence is one", () => {
    const [qk, v] = [random4d(1, 12, 2, 5), random4d(1, 12, 2, 3)];
    const output = lshAttention(qk, v, { bucketSize: 3, causal: true, attendAcrossBuckets: true });
    const first = (x: tf.Tensor): number[] =>
      Array.from(x.slice([0, 0, 0, 0], [1, 1, 2, 3]).dataSync());
    expect(first(output)).toEqual(first(v));
  });
});

describe("lshAttention's numbers", () => {
  it("stay finite for zero vectors, in value and gradient", () => {
    const zeros = tf.zeros<tf.Rank.R4>([1, 16, 2, 5]);
    const v = random4d(1, 16, 2, 3);
    const tensors = [
      lshAttention(zeros, v, { bucketSize: 4 }),
      ...gradientsOf((a, b) => lshAttention(a, b, { bucketSize: 4 }), zeros, v, tf.ones(v.shape)),
    ];
    for (const tensor of tensors) expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("stay right for long vectors, where exponentials of all logits would vanish", () => {
    const qk = tf.mul<tf.Tensor4D>(random4d(1, 14, 1, 5), 300);
    const v = random4d(1, 14, 1, 2);
    const output = lshAttention(qk, v, { bucketSize: 7, numHashes: 1, attendAcrossBuckets: true });
    expectClose(output.dataSync(), fullAttention(qk, v, null).dataSync(), 1e-4, "output");
  });

  it("follow the seed: the same for one, others for another", () => {
    const [qk, v] = [random4d(1, 32, 2, 5), random4d(1, 32, 2, 3)];
    const of = (seed: number): Float32Array =>
      lshAttention(qk, v, { bucketSize: 4, seed: seedOf(seed) }).dataSync() as Float32Array;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it("are the same with the buckets given back", () => {
    const [qk, v] = [random4d(2, 37, 2, 5), random4d(2, 37, 2, 3)];
    const options = { bucketSize: 4, numHashes: 3, seed: seedOf(5) };
    const buckets = lshBuckets(qk, options);
    expect(buckets.shape).toEqual([3, 2, 37, 2]);
    const hashed = lshAttention(qk, v, options).dataSync();
    expect(lshAttention(qk, v, { ...options, buckets }).dataSync()).toEqual(hashed);
  });

  it("take memory that grows with the length, not its square", async () => {
    const peak = async (length: number): Promise<number> => {
      const [qk, v] = [random4d(1, length, 1, 4), random4d(1, length, 1, 4)];
      const before = tf.memory().numBytes;
      const attend = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor =>
        lshAttention(a, b, { bucketSize: 16 });
      const { peakBytes } = await tf.profile(() => gradientsOf(attend, qk, v, tf.ones(v.shape)));
      return peakBytes - before;
    };
    const [short, long] = [await peak(1024), await peak(4096)];
    expect(long).toBeLessThan(4.4 * short);
  });
});

describe("many buckets", () => {
  it.each([
    [2, [2]],
    [64, [64]],
    [128, [128]],
    [256, [16, 16]],
    [2128, [48, 46]],
    [4096, [64, 64]],
  ])("%d are hashed by factors %j", (numBuckets, factors) => {
    expect(bucketFactors(numBuckets)).toEqual(factors);
  });

  it("hash into all of the range, and like vectors alike", () => {
    const near = createRandom(1);
    const base = Array.from({ length: 8 }, () => near.normal());
    const rows = [base, base.map((value) => value * 3), base.map((value) => -value)];
    const qk = tf.tensor4d(rows.flat(), [1, 3, 1, 8]);
    const options = { bucketSize: 1, numHashes: 5, numBuckets: 400 };
    const buckets = lshBuckets(qk, options)
      .arraySync()
      .map(([sequence]) => sequence.flat());
    for (const [one, scaled, opposite] of buckets) {
      expect(scaled).toBe(one);
      expect(opposite).not.toBe(one);
      for (const bucket of [one, opposite]) expect(bucket >= 0 && bucket < 400).toBe(true);
    }
  });

  it.each([0, 3, 2.5])("refuse %d of them", (numBuckets) => {
    expect(() => lshBuckets(random4d(1, 8, 1, 3), { numBuckets })).toThrow(/an even number/);
  });

  it("refuse sort keys that overflow", () => {
    const options = { bucketSize: 1, numBuckets: 2 ** 30 };
    expect(() => lshAttention(random4d(1, 8, 1, 3), random4d(1, 8, 1, 3), options)).toThrow(
      /buckets \* length of at most/,
    );
  });
});

describe("the permutation", () => {
  const shuffled = createRandom(9).permutation(23);
  const forms: [string, <T>(body: () => T) => T][] = [
    ["native", (body) => body()],
    ["composite", withCompositeOps],
  ];
  it.each(forms)("there and back is the identity, in value and gradient: %s", (_name, inForm) => {
    inForm(() => {
      const order = tf.tensor1d(shuffled, "int32");
      const inverse = invertPermutation(order);
      const x = tf.tensor2d(draw([23, 5]), [23, 5]);
      const thereAndBack = (rows: tf.Tensor): tf.Tensor =>
        permuteRows(permuteRows(rows as tf.Tensor2D, order, inverse), inverse, order);
      expect(thereAndBack(x).dataSync()).toEqual(x.dataSync());
      const direction = tf.tensor2d(draw([23, 5]), [23, 5]);
      const gradient = tf.grad((rows) => tf.sum(tf.mul(thereAndBack(rows), direction)))(x);
      expect(gradient.dataSync()).toEqual(direction.dataSync());
      const once = tf.grad((rows) =>
        tf.sum(tf.mul(permuteRows(rows as tf.Tensor2D, order, inverse), direction)),
      )(x);
      expect(once.dataSync()).toEqual(gatherRows(direction, inverse).dataSync());
    });
  });

  it.each(forms)("sorts large keys exactly: %s", (_name, inForm) => {
    inForm(() => {
      const keys = createRandom(4)
        .permutation(50)
        .map((place) => 2 ** 30 + place);
      const order = argsortRows(tf.tensor2d([keys, keys.map((key) => -key)], [2, 50], "int32"));
      const wanted = Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b]);
      expect(order.arraySync()).toEqual([wanted, [...wanted].reverse()]);
    });
  });

  it.each(forms)("gathers rows with a gradient that adds up: %s", (_name, inForm) => {
    inForm(() => {
      const indices = tf.tensor1d([2, 0, 2], "int32");
      const x = tf.tensor2d(draw([3, 2]), [3, 2]);
      const gradient = tf.grad((rows) => tf.sum(gatherRows(rows as tf.Tensor2D, indices)))(x);
      expect(gradient.arraySync()).toEqual([
        [1, 1],
        [0, 0],
        [2, 2],
      ]);
    });
  });
});

it("rejects a second-order gradient, which would be silently wrong", () => {
  const [qk, v] = [random4d(1, 9, 2, 3), random4d(1, 9, 2, 5)];
  const slope = tf.grad((x: tf.Tensor) =>
    tf.sum(tf.square(lshAttention(x as tf.Tensor4D, v, { bucketSize: 4 }))),
  );
  expect(slope(qk).shape).toEqual([1, 9, 2, 3]);
  expect(() => tf.grad((x: tf.Tensor) => tf.sum(tf.square(slope(x))))(qk)).toThrow(
    /lshAttention: expected a first-order gradient.*scaledDotProductAttention/,
  );
});
