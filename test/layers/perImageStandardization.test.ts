import * as tf from "@tensorflow/tfjs";
import { PerImageStandardization } from "../../src/layers/PerImageStandardization";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

describe("PerImageStandardization", () => {
  checkLayer(PerImageStandardization, {
    args: {},
    inputs: [[2, 3, 5, 2]],
    output: [2, 3, 5, 2],
    weights: 0,
  });

  it.each(readCases<LayerCase>("perImageStandardization"))("equals TensorFlow: $name", (golden) => {
    expectGolden(new PerImageStandardization(), golden);
  });

  it("has a finite gradient at an image of one value", () => {
    const layer = new PerImageStandardization();
    const gradient = tf.grad((x) => layer.apply(x) as tf.Tensor)(tf.ones([1, 2, 2, 1]));
    expect(Array.from(gradient.dataSync()).every(Number.isFinite)).toBe(true);
  });

  it("takes each image's own mean and deviation, all channels together", () => {
    tf.tidy(() => {
      // Mean 3 and deviation √5 by hand, over six values; then an image of one value.
      const images = tf.tensor4d([0, 2, 2, 2, 6, 6, 7, 7, 7, 7, 7, 7], [2, 1, 3, 2]);
      const output = new PerImageStandardization().apply(images) as tf.Tensor;
      const deviation = Math.sqrt((9 + 1 + 1 + 1 + 9 + 9) / 6);
      const first = [-3, -1, -1, -1, 3, 3].map((value) => value / deviation);
      expectClose(output.dataSync(), [...first, 0, 0, 0, 0, 0, 0], 1e-6, "values");
    });
  });

  it("divides an almost even image by no less than 1 / √n, as TensorFlow does", () => {
    tf.tidy(() => {
      const image = tf.tensor4d([0.1, 0.1, 0.1, 0.3], [1, 2, 2, 1]);
      const output = new PerImageStandardization().apply(image) as tf.Tensor;
      expectClose(output.dataSync(), [-0.1, -0.1, -0.1, 0.3], 1e-6, "values");
    });
  });
});
