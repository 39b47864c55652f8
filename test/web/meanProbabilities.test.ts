import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../src/core/errors";
import { loadEngine } from "../../src/engine/load";
import { meanProbabilities } from "../../src/web/meanProbabilities";

loadEngine();

/** Logits `[x, 0]` where `x` is the pixel's place in its row: anything but blind to flips. */
const byColumn = (images: tf.Tensor4D): tf.Tensor4D =>
  tf.tidy(() => {
    const [batch, height, width] = images.shape;
    const places = tf.range(0, width).reshape([1, 1, width, 1]);
    const column = tf.tile<tf.Tensor4D>(places as tf.Tensor4D, [batch, height, 1, 1]);
    return tf.concat4d([column, tf.zerosLike(column)], 3);
  });
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const firstClass = (probabilities: tf.Tensor4D): number[] =>
  [...probabilities.dataSync()].filter((_, index) => index % 2 === 0);

describe("meanProbabilities", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 1, 3, 1]);

  it("mirrors a copy back before it averages", () => {
    const plain = [0, 1, 2].map(sigmoid);
    const averaged = plain.map((value, index) => (value + plain[2 - index]) / 2);
    firstClass(meanProbabilities([byColumn], "none")(images)).forEach((value, index) =>
      expect(value).toBeCloseTo(plain[index], 6),
    );
    for (const flips of ["horizontal", "both"] as const) {
      firstClass(meanProbabilities([byColumn], flips)(images)).forEach((value, index) =>
        expect(value).toBeCloseTo(averaged[index], 6),
      );
    }
  });

  it("gives what a network that sees pixels alone gives, whatever the flips", () => {
    const perPixel = (x: tf.Tensor4D): tf.Tensor4D =>
      tf.tidy(() => tf.concat4d([x, tf.neg(x), tf.square(x)], 3));
    const random = tf.randomNormal<tf.Rank.R4>([2, 5, 7, 1], 0, 1, "float32", 3);
    const plain = meanProbabilities([perPixel], "none")(random).dataSync();
    const both = meanProbabilities([perPixel], "both")(random).dataSync();
    plain.forEach((value, index) => expect(both[index]).toBeCloseTo(value, 6));
  });

  it("refuses members on another grid or with other classes", () => {
    const wider = (x: tf.Tensor4D): tf.Tensor4D => tf.concat4d([byColumn(x), byColumn(x)], 2);
    const more = (x: tf.Tensor4D): tf.Tensor4D => tf.concat4d([byColumn(x), byColumn(x)], 3);
    for (const other of [wider, more]) {
      expect(() => meanProbabilities([byColumn, other], "none")(images)).toThrow(
        /expected probabilities of \[1, 1, 3, 2\] from each member, .*got \[1, 1, (6, 2|3, 4)\]/,
      );
    }
    // Turned by a flip that swaps nothing, a member still has the grid of its images.
    expect(() => meanProbabilities([byColumn, wider], "both")(images)).toThrow(ShapeError);
  });

  it("averages probabilities, not logits, over members", () => {
    const constant =
      (logit: number) =>
      (x: tf.Tensor4D): tf.Tensor4D =>
        tf.tidy(() => tf.concat4d([tf.fill(x.shape, logit), tf.zerosLike(x)], 3));
    const mean = meanProbabilities([constant(0), constant(4)], "none")(images);
    expect(mean.dataSync()[0]).toBeCloseTo((0.5 + sigmoid(4)) / 2, 6);
  });
});
