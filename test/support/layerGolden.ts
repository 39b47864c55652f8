import * as tf from "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { expectClose } from "./close";

/** A case that `layer_case` of test/golden/common.py wrote. */
export interface LayerCase<A = Record<string, unknown>> {
  readonly name: string;
  readonly seed: number;
  readonly args: A;
  readonly training: boolean;
  readonly inputs: readonly (readonly number[])[];
  /** `[name without the layer's, shape, scale, shift]` */
  readonly weights: readonly (readonly [string, readonly number[], number, number])[];
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly buffers: Readonly<Record<string, readonly number[]>>;
}

/** The cases of `test/golden/NAME.json`. */
export function readCases<C>(name: string): C[] {
  const path = join(__dirname, "..", "golden", `${name}.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: C[] }).cases;
}

/** Draws as `Draw` of test/golden/common.py does. */
export function createDraw(
  seed: number,
): (shape: readonly number[], scale?: number, shift?: number) => Float32Array {
  const random = createRandom(seed);
  return (shape, scale = 1, shift = 0) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return Float32Array.from({ length }, () => random.normal() * scale + shift);
  };
}

const nameWithin = (layer: tf.layers.Layer, weight: tf.LayerVariable): string =>
  weight.originalName.slice(layer.name.length + 1);

/** What a layer returns in a case; the last output of several. */
function lastOutput(result: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(result) ? result[result.length - 1] : result;
}

/**
 * Holds a layer to a golden case: values within 1e-4, gradients of all inputs and weights and the
 * running statistics within 1e-3, relative to the largest.
 */
export function expectGolden(layer: tf.layers.Layer, golden: LayerCase): void {
  loadEngine();
  tf.tidy(() => {
    const draw = createDraw(golden.seed);
    const inputs = golden.inputs.map((shape) => tf.tensor(draw(shape), [...shape]));
    const sources = golden.inputs.map((shape) => tf.input({ batchShape: [...shape] }));
    layer.apply(sources.length === 1 ? sources[0] : sources);
    const weights = new Map(layer.weights.map((weight) => [nameWithin(layer, weight), weight]));
    expect([...weights.keys()].sort()).toEqual(golden.weights.map(([name]) => name).sort());
    for (const [name, shape, scale, shift] of golden.weights) {
      const drawn = draw(shape, scale, shift);
      const values = name.endsWith("moving_variance") ? drawn.map(Math.abs) : drawn;
      weights.get(name)?.write(tf.tensor(values, [...shape]));
    }
    const direction = tf.tensor(draw(golden.outputShape), [...golden.outputShape]);
    const statistics = layer.nonTrainableWeights.map((weight) => weight.read().clone());
    const call = (given: tf.Tensor[]): tf.Tensor =>
      lastOutput(
        layer.apply(given.length === 1 ? given[0] : given, {
          training: golden.training,
        }) as tf.Tensor | tf.Tensor[],
      );
    const loss = (...given: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(call(given), direction));

    const output = call(inputs);
    expect(output.shape).toEqual(golden.outputShape);
    expectClose(output.dataSync(), golden.output, 1e-4, "output");
    for (const [name, values] of Object.entries(golden.buffers)) {
      expectClose(weights.get(name)?.read().dataSync() ?? [], values, 1e-3, name);
    }
    layer.nonTrainableWeights.forEach((weight, index) => weight.write(statistics[index]));
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const byVariable = tf.variableGrads(() => loss(...inputs), variables).grads;
    const gradients = new Map(
      layer.trainableWeights.map((weight) => [
        nameWithin(layer, weight),
        byVariable[(weight.read() as tf.Variable).name],
      ]),
    );
    tf.grads(loss)(inputs).forEach((gradient, index) => gradients.set(`input${index}`, gradient));
    expect([...gradients.keys()].sort()).toEqual(Object.keys(golden.gradients).sort());
    for (const [name, values] of Object.entries(golden.gradients)) {
      expectClose(gradients.get(name)?.dataSync() ?? [], values, 1e-3, `gradient of ${name}`);
    }
  });
}
