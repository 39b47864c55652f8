import * as tf from "@tensorflow/tfjs";
import { compile } from "../../src/engine/program";
import { loadEngine } from "../../src/engine/load";
import { AlphaDropout } from "../../src/layers/AlphaDropout";
import { DropPath } from "../../src/layers/DropPath";
import { GaussianDropout } from "../../src/layers/GaussianDropout";
import { GaussianNoise } from "../../src/layers/GaussianNoise";
import { SeededDropout } from "../../src/layers/SeededDropout";
import { SpatialDropout } from "../../src/layers/SpatialDropout";
import { checkLayer } from "../support/checkLayer";

loadEngine();

const contract = { inputs: [[3, 5, 7]], output: [3, 5, 7], weights: 1, isRandomInTraining: true };
checkLayer(SeededDropout, { ...contract, args: { rate: 0.3, seed: 5 } });
checkLayer(SpatialDropout, { ...contract, args: { rate: 0.3, seed: 5 } });
checkLayer(DropPath, { ...contract, args: { rate: 0.3, seed: 5 } });
checkLayer(GaussianNoise, { ...contract, args: { stddev: 0.3, seed: 5 } });
checkLayer(GaussianDropout, { ...contract, args: { rate: 0.3, seed: 5 } });
checkLayer(AlphaDropout, { ...contract, args: { rate: 0.3, seed: 5 } });

const train = (layer: tf.layers.Layer, x: tf.Tensor): Float32Array =>
  (layer.apply(x, { training: true }) as tf.Tensor).dataSync() as Float32Array;
const share = (values: Float32Array, holds: (value: number) => boolean): number =>
  values.filter(holds).length / values.length;

function moments(values: Float32Array): [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, squares / values.length];
}

describe("what training changes", () => {
  it("SpatialDropout drops whole channels of an item and scales up the others", () => {
    const output = tf.tensor(
      train(new SpatialDropout({ rate: 0.25 }), tf.ones([40, 3, 50])),
      [40, 3, 50],
    );
    const [first, second] = [0, 1].map((row) => tf.slice(output, [0, row, 0], [40, 1, 50]));
    expect(first.dataSync()).toEqual(second.dataSync());
    const values = first.dataSync() as Float32Array;
    expect(share(values, (value) => value === 0)).toBeCloseTo(0.25, 1);
    expect(share(values, (value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6)).toBe(1);
  });

  it("DropPath drops whole items and scales up the others", () => {
    const values = train(new DropPath({ rate: 0.25 }), tf.ones([1000, 2]));
    const isWhole = Array.from({ length: 1000 }, (_, i) => values[2 * i] === values[2 * i + 1]);
    expect(isWhole.every(Boolean)).toBe(true);
    expect(share(values, (value) => value === 0)).toBeCloseTo(0.25, 1);
  });

  it("GaussianNoise adds noise of its deviation", () => {
    const [mean, variance] = moments(train(new GaussianNoise({ stddev: 0.5 }), tf.ones([20000])));
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(0.25, 1);
  });

  it("GaussianDropout multiplies by noise of mean 1 and variance rate / (1 - rate)", () => {
    const x = tf.fill([20000], 2);
    const [mean, variance] = moments(train(new GaussianDropout({ rate: 0.2 }), x));
    expect(mean).toBeCloseTo(2, 1);
    expect(variance).toBeCloseTo(4 * 0.25, 1);
  });

  it("AlphaDropout keeps mean 0 and variance 1", () => {
    const x = new GaussianNoise({ stddev: 1 }).apply(tf.zeros([40000]), { training: true });
    const [mean, variance] = moments(
      train(new AlphaDropout({ rate: 0.3, seed: 9 }), x as tf.Tensor),
    );
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });
});

const layers = [
  new SeededDropout({ rate: 0.5 }),
  new SpatialDropout({ rate: 0.5 }),
  new DropPath({ rate: 0.5 }),
  new GaussianNoise({ stddev: 1 }),
  new GaussianDropout({ rate: 0.5 }),
  new AlphaDropout({ rate: 0.5 }),
];

it.each(layers.map((layer) => [layer.getClassName(), layer] as const))(
  "%s draws anew in each call of a recorded step",
  (_name, layer) => {
    const x = tf.ones([16, 2, 8]);
    layer.apply(x);
    const step = compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
    expect(step(x).dataSync()).not.toEqual(step(x).dataSync());
  },
);

it.each([
  ["dropout", tf.layers.dropout({ rate: 0.5 }), "SeededDropout"],
  ["gaussianNoise", tf.layers.gaussianNoise({ stddev: 1 }), "GaussianNoise"],
  ["gaussianDropout", tf.layers.gaussianDropout({ rate: 0.5 }), "GaussianDropout"],
  ["alphaDropout", tf.layers.alphaDropout({ rate: 0.5 }), "AlphaDropout"],
])("tfjs' %s is refused in a recorded step, naming ours", (_name, layer, ours) => {
  const step = compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
  expect(() => step(tf.ones([2, 3]))).toThrow(new RegExp(ours));
});
