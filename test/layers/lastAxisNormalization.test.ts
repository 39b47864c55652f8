import * as tf from "@tensorflow/tfjs";
import { compile } from "../../src/engine/program";
import { loadEngine } from "../../src/engine/load";
import { LayerNormalization } from "../../src/layers/LayerNormalization";
import { RMSNormalization } from "../../src/layers/RMSNormalization";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

loadEngine();

const cases = readCases<LayerCase & { layer: string }>("lastAxisNormalization");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("LayerNormalization", () => {
  checkLayer(LayerNormalization, {
    args: { epsilon: 0.01, center: false },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 1,
  });
  checkLayer(LayerNormalization, {
    args: { epsilon: 0.02, scale: false },
    inputs: [[3, 5, 7]],
    output: [3, 5, 7],
    weights: 1,
  });

  it.each(casesOf("LayerNormalization"))("equals torch and Keras: $name", (golden) => {
    expectGolden(new LayerNormalization(golden.args), golden);
  });

  it("records as many nodes for many tokens as for few", () => {
    const layer = new LayerNormalization();
    const nodes = [
      [2, 3, 5],
      [2, 300, 5],
    ].map((shape) => {
      layer.apply(tf.zeros(shape));
      const step = compile((x: tf.Tensor) => tf.grad((y) => layer.apply(y) as tf.Tensor)(x));
      step.prepare(tf.zeros(shape));
      return step.recorded[0].nodes.length;
    });
    expect(nodes[1]).toBe(nodes[0]);
    expect(nodes[0]).toBeLessThan(60);
  });

  it("has the right second-order gradient", () => {
    const draw = createDraw(3);
    const [x, direction] = [0, 1].map(() => tf.tensor(draw([2, 5]), [2, 5]));
    const layer = new LayerNormalization();
    const slope = tf.grad((y) => tf.sum(tf.mul(tf.square(layer.apply(y) as tf.Tensor), direction)));
    const along = (y: tf.Tensor): tf.Tensor => tf.sum(tf.square(slope(y)));
    const second = tf.grad(along)(x).dataSync();
    const step = 1e-2;
    const numeric = Array.from({ length: 10 }, (_, index) => {
      const moved = [1, -1].map((sign) => {
        const shift = new Float32Array(10);
        shift[index] = sign * step;
        return along(tf.add(x, tf.tensor(shift, [2, 5]))).dataSync()[0];
      });
      return (moved[0] - moved[1]) / (2 * step);
    });
    expectClose(second, numeric, 0.02, "second gradient");
  });

  it("says what it wanted and got", () => {
    expect(() => new LayerNormalization({ epsilon: -1 })).toThrow(/epsilon: expected .* got -1/);
    expect(() => new LayerNormalization({ name: "norm" }).apply(tf.zeros([3]))).toThrow(
      'LayerNormalization "norm": expected [batch, …, channels] with known channels, got [3]',
    );
  });
});

describe("RMSNormalization", () => {
  checkLayer(RMSNormalization, {
    args: { epsilon: 0.01 },
    inputs: [[2, 5, 7, 11]],
    output: [2, 5, 7, 11],
    weights: 1,
  });

  it.each(casesOf("RMSNormalization"))("equals torch and Keras: $name", (golden) => {
    expectGolden(new RMSNormalization(golden.args), golden);
  });
});
