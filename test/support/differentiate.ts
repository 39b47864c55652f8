import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";

// The part of the layer check that works without jest: it also runs in a browser page.

export const singleOr = <T>(items: T[]): T | T[] => (items.length === 1 ? items[0] : items);
export const toList = <T>(items: T | T[]): T[] => (Array.isArray(items) ? items : [items]);

/** Values of a layer's outputs and gradients. */
export interface Outcome {
  readonly outputs: Float32Array[];
  /** By the weight's name, then by `input0`, `input1`, …. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** The same normal inputs on every call. */
export function makeInputs(shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const random = createRandom(2024);
  return shapes.map((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => random.normal()),
      [...shape],
    );
  });
}

/** Weights other than the zeros and ones that many start with, so that no gradient is zero by chance. */
export function jitterWeights(layer: tf.layers.Layer): void {
  const random = createRandom(77);
  tf.tidy(() => {
    layer.setWeights(
      layer.getWeights().map((weight) => {
        const values = Float32Array.from(
          weight.dataSync(),
          (value) => value + 0.1 * random.uniform(),
        );
        return weight.dtype === "float32" ? tf.tensor(values, weight.shape) : weight;
      }),
    );
  });
}

/** Outputs, then the gradients of a fixed random sum of them to all weights and inputs. */
export function differentiate(
  layer: tf.layers.Layer,
  inputs: readonly tf.Tensor[],
  options: Readonly<Record<string, unknown>>,
): { outputs: tf.Tensor[]; gradients: tf.NamedTensorMap } {
  const run = (given: tf.Tensor[]): tf.Tensor[] =>
    toList(layer.apply(singleOr(given), { ...options }) as tf.Tensor | tf.Tensor[]);
  const loss = (...given: tf.Tensor[]): tf.Scalar => {
    const random = createRandom(99);
    const terms = run(given).map((output) => {
      const factors = Float32Array.from({ length: output.size }, () => random.normal());
      return tf.sum(tf.mul(output, tf.tensor(factors, output.shape)));
    });
    // Adds zero times each input, so that an input of which only the size matters also has a gradient.
    const nothing = given.map((input) => tf.mul(tf.sum(input), 0));
    return tf.addN([...terms, ...nothing]) as tf.Scalar;
  };
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const byVariable: tf.NamedTensorMap =
    variables.length === 0 ? {} : tf.variableGrads(() => loss(...inputs), variables).grads;
  const gradients: tf.NamedTensorMap = {};
  for (const weight of layer.trainableWeights) {
    const gradient = byVariable[(weight.read() as tf.Variable).name] as tf.Tensor | null;
    if (gradient !== null) gradients[weight.originalName] = gradient;
  }
  tf.grads(loss)([...inputs]).forEach((gradient, index) => {
    gradients[`input${index}`] = gradient;
  });
  return { outputs: run([...inputs]), gradients };
}

export type Differentiate = typeof differentiate;

/** The values of {@link differentiate}, eager or traced; statistics and seeds stay as they were. */
export function outcomeOf(
  layer: tf.layers.Layer,
  inputs: readonly tf.Tensor[],
  options: Readonly<Record<string, unknown>>,
  run: Differentiate = differentiate,
): Outcome {
  const before = layer.nonTrainableWeights.map((weight) => weight.read().clone());
  const outputs: Float32Array[] = [];
  const gradients = new Map<string, Float32Array>();
  tf.tidy(() => {
    const tensors = run(layer, inputs, options);
    for (const output of tensors.outputs) outputs.push(output.dataSync() as Float32Array);
    for (const [name, gradient] of Object.entries(tensors.gradients)) {
      gradients.set(name, gradient.dataSync() as Float32Array);
    }
  });
  layer.nonTrainableWeights.forEach((weight, index) => weight.write(before[index]));
  tf.dispose(before);
  return { outputs, gradients };
}
