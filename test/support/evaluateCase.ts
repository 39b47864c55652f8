import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";

// Without jest or Node, so that it also runs in a browser page.

/** A case written by `layer_case` of test/golden/common.py. */
export interface LayerCase<A = Record<string, unknown>> {
  readonly name: string;
  readonly seed: number;
  readonly args: A;
  readonly training: boolean;
  readonly inputs: readonly (readonly number[])[];
  /** `[name without that of the layer, shape, scale, shift]` */
  readonly weights: readonly (readonly [string, readonly number[], number, number])[];
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly buffers: Readonly<Record<string, readonly number[]>>;
}

/** A layer's results for a case. */
export interface CaseResult {
  /** Names of all weights, without that of the layer. */
  readonly weights: readonly string[];
  readonly outputShape: readonly number[];
  readonly output: Float32Array;
  readonly gradients: Readonly<Record<string, Float32Array>>;
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/** Draws random numbers like `Draw` of test/golden/common.py. */
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

/** Runs a layer on a case: its last output, and the gradients of inputs and weights. */
export function evaluateCase(layer: tf.layers.Layer, golden: LayerCase): CaseResult {
  let output = new Float32Array();
  let outputShape: number[] = [];
  const gradients: Record<string, Float32Array> = {};
  const buffers: Record<string, Float32Array> = {};
  const weights = new Map<string, tf.LayerVariable>();
  tf.tidy(() => {
    const draw = createDraw(golden.seed);
    const inputs = golden.inputs.map((shape) => tf.tensor(draw(shape), [...shape]));
    const sources = golden.inputs.map((shape) => tf.input({ batchShape: [...shape] }));
    layer.apply(sources.length === 1 ? sources[0] : sources);
    for (const weight of layer.weights) weights.set(nameWithin(layer, weight), weight);
    for (const [name, shape, scale, shift] of golden.weights) {
      const drawn = draw(shape, scale, shift);
      const values = name.endsWith("moving_variance") ? drawn.map(Math.abs) : drawn;
      weights.get(name)?.write(tf.tensor(values, [...shape]));
    }
    const direction = tf.tensor(draw(golden.outputShape), [...golden.outputShape]);
    const statistics = layer.nonTrainableWeights.map((weight) => weight.read().clone());
    const call = (given: tf.Tensor[]): tf.Tensor => {
      const options = { training: golden.training };
      const outputs = layer.apply(given.length === 1 ? given[0] : given, options);
      return (Array.isArray(outputs) ? outputs[outputs.length - 1] : outputs) as tf.Tensor;
    };
    const loss = (...given: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(call(given), direction));

    const called = call(inputs);
    outputShape = called.shape;
    output = Float32Array.from(called.dataSync());
    for (const weight of layer.nonTrainableWeights) {
      buffers[nameWithin(layer, weight)] = weight.read().dataSync().slice() as Float32Array;
    }
    layer.nonTrainableWeights.forEach((weight, index) => weight.write(statistics[index]));
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const byVariable: tf.NamedTensorMap =
      variables.length === 0 ? {} : tf.variableGrads(() => loss(...inputs), variables).grads;
    for (const weight of layer.trainableWeights) {
      const gradient = byVariable[(weight.read() as tf.Variable).name];
      gradients[nameWithin(layer, weight)] = gradient.dataSync() as Float32Array;
    }
    tf.grads(loss)(inputs).forEach((gradient, index) => {
      gradients[`input${index}`] = gradient.dataSync() as Float32Array;
    });
  });
  return { output, outputShape, weights: [...weights.keys()], gradients, buffers };
}
