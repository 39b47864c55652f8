import * as tf from "@tensorflow/tfjs";
import { withCompositeOps } from "../../src/core/ops/registry";
import { loadEngine } from "../../src/engine/load";
import { lshAttention, lshBuckets } from "../../src/layers/lsh/lshAttention";
import type { LshOptions, LshSettings } from "../../src/layers/lsh/options";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

interface Case {
  readonly name: string;
  readonly seed: number;
  /** `[sequences, length, dim]` */
  readonly shape: [number, number, number];
  readonly masked: boolean;
  readonly settings: Required<Omit<LshSettings, "numBuckets">>;
  /** `[sequences][rounds][length]`, flat */
  readonly buckets: number[];
  readonly output: number[];
  readonly gradients: [number[], number[]];
}

loadEngine();

function expectReformer(golden: Case): void {
  tf.tidy(() => {
    const [sequences, length, dim] = golden.shape;
    const { bucketSize, numHashes } = golden.settings;
    const draw = createDraw(golden.seed);
    const perHead = (values: ArrayLike<number>): tf.Tensor4D =>
      tf.tensor4d(Float32Array.from(values), [sequences, length, 1, dim]);
    const [qk, v] = [perHead(draw(golden.shape)), perHead(draw(golden.shape))];
    const rotationShape: [number, number, number] = [numHashes, dim, length / bucketSize / 2];
    const rotations = [tf.tensor3d(draw(rotationShape), rotationShape)];
    const rows: [number, number] = [sequences, length];
    const mask = golden.masked
      ? tf.greater<tf.Tensor2D>(tf.tensor2d(draw(rows), rows), -0.8)
      : null;
    const direction = perHead(draw(golden.shape));

    const ours = lshBuckets(qk, { ...golden.settings, rotations });
    const theirs = tf.transpose(
      tf.tensor3d(golden.buckets, [sequences, numHashes, length], "int32"),
      [1, 0, 2],
    );
    expect(Array.from(ours.dataSync())).toEqual(Array.from(theirs.dataSync()));
    const options: LshOptions = {
      ...golden.settings,
      // reformer-pytorch leaves masked tokens in their buckets, ours moves them behind all others.
      ...(mask === null ? { rotations } : { mask, buckets: ours }),
    };
    const attend = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => lshAttention(a, b, options);
    expectClose(attend(qk, v).dataSync(), golden.output, 1e-4, "output");
    const gradients = tf.grads((a, b) =>
      tf.sum(tf.mul(attend(a as tf.Tensor4D, b as tf.Tensor4D), direction)),
    )([qk, v]);
    gradients.forEach((gradient, index) => {
      expectClose(gradient.dataSync(), golden.gradients[index], 1e-3, `gradient ${index}`);
    });
  });
}

describe("lshAttention, given the same rotations and options", () => {
  const cases = readCases<Case>("lshAttention");

  it.each(cases)("equals reformer-pytorch: $name", expectReformer);

  it.each(cases)("equals reformer-pytorch in composite form: $name", (golden) => {
    withCompositeOps(() => expectReformer(golden));
  });

  it.each(cases)("equals reformer-pytorch on tfjs' JavaScript backend: $name", async (golden) => {
    const backend = tf.getBackend();
    await tf.setBackend("cpu");
    try {
      expectReformer(golden);
    } finally {
      await tf.setBackend(backend);
    }
  });
});
