import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../core/random";
import type { Random } from "../../core/random";

/** Kernel initializers; Keras names. */
export type KernelInitializer = "glorotUniform" | "heNormal" | "heUniform" | "zeros";

export const KERNEL_INITIALIZERS: readonly KernelInitializer[] = [
  "glorotUniform",
  "heNormal",
  "heUniform",
  "zeros",
];

type TfjsInitializer = ReturnType<typeof tf.initializers.zeros>;

/** `[fan in, fan out]` of a kernel `[...window, in, out]`. */
function fans(shape: tf.Shape): [number, number] {
  const sizes = shape.map((size) => size ?? 1);
  const window = sizes.slice(0, -2).reduce((product, size) => product * size, 1);
  return [window * (sizes[sizes.length - 2] ?? 1), window * sizes[sizes.length - 1]];
}

function drawer(kind: KernelInitializer, shape: tf.Shape, random: Random): () => number {
  const [fanIn, fanOut] = fans(shape);
  switch (kind) {
    case "heNormal": {
      const deviation = Math.sqrt(2 / fanIn);
      return () => deviation * random.normal();
    }
    case "heUniform": {
      const limit = Math.sqrt(6 / fanIn);
      return () => limit * (2 * random.uniform() - 1);
    }
    case "glorotUniform": {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return () => limit * (2 * random.uniform() - 1);
    }
    case "zeros":
      return () => 0;
  }
}

/**
 * An initial value that depends only on the seed and the weight's label, never on earlier draws: two
 * models with one seed have equal initial weights, in any process.
 *
 * @param kind the distribution; `heNormal` is not truncated
 * @param seed of the layer
 * @param label the weight's name within everything that has this seed
 */
export function seededInitializer(
  kind: KernelInitializer,
  seed: number,
  label: string,
): TfjsInitializer {
  const initializer = {
    apply(shape: tf.Shape): tf.Tensor {
      const sizes = shape.map((size) => size ?? 1);
      const draw = drawer(kind, shape, createRandom(seed).fork(label));
      const values = new Float32Array(sizes.reduce((product, size) => product * size, 1));
      for (let i = 0; i < values.length; i++) values[i] = draw();
      return tf.tensor(values, sizes, "float32");
    },
    fromConfigUsesCustomObjects: () => false,
    getClassName: () => "SeededInitializer",
    getConfig: () => ({ kind, seed, label }),
  };
  return initializer;
}

/** A seed for a named part, in [0, 2^31), derived from the parent's seed and the part's name. */
export function deriveSeed(seed: number, name: string): number {
  return createRandom(seed).fork(name).seed >>> 1;
}
