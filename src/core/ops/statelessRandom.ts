import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";
import { expectShape } from "../shapes";
import { philoxWords } from "./philox";
import { defineOp } from "./registry";

function checkSeed(where: string, seed: tf.Tensor): void {
  expectShape(where, seed, [2], "Take it from SeedGenerator.next().");
  if (seed.dtype === "int32") return;
  throw new ConfigError({ where, expected: "an int32 tensor", got: seed.dtype });
}

// The composite form reads the seed back; TensorFlow's ops do not, so only they can be recorded.
const words = (shape: number[], seed: tf.Tensor1D): Uint32Array => {
  const [first, second] = seed.dataSync();
  return philoxWords([first, second], tf.util.sizeFromShape(shape));
};

const unitUniform = defineOp(
  "statelessUniform",
  (shape: number[], seed: tf.Tensor1D): tf.Tensor => {
    // As TensorFlow does: 23 random bits as the mantissa of a number in [1, 2), minus 1.
    const values = Float32Array.from(words(shape, seed), (word) => (word & 0x7fffff) / 0x800000);
    return tf.tensor(values, shape, "float32");
  },
);

const unitNormal = defineOp("statelessNormal", (shape: number[], seed: tf.Tensor1D): tf.Tensor => {
  const size = tf.util.sizeFromShape(shape);
  const drawn = words([Math.ceil(size / 2) * 2], seed);
  const values = new Float32Array(drawn.length);
  for (let i = 0; i < drawn.length; i += 2) {
    const u = Math.max((drawn[i] & 0x7fffff) / 0x800000, 1e-7);
    const angle = 2 * Math.PI * ((drawn[i + 1] & 0x7fffff) / 0x800000);
    const radius = Math.sqrt(-2 * Math.log(u));
    values[i] = radius * Math.sin(angle);
    values[i + 1] = radius * Math.cos(angle);
  }
  return tf.tensor(values.subarray(0, size), shape, "float32");
});

/**
 * Uniform random numbers in [`minimum`, `maximum`) that depend only on the seed: equal in eager mode,
 * in a recorded graph and on every backend. Pass a new seed each step for new numbers (see
 * `SeedGenerator`). tfjs' own random functions would become constants in a recorded graph.
 *
 * @param seed int32 `[2]`
 * @example
 * const seed = tf.tensor1d([7, 0], "int32");
 * statelessUniform([2, 3], seed).shape; // [2, 3]
 */
export function statelessUniform(
  shape: number[],
  seed: tf.Tensor1D,
  minimum = 0,
  maximum = 1,
): tf.Tensor {
  checkSeed("statelessUniform.seed", seed);
  if (minimum === 0 && maximum === 1) return unitUniform(shape, seed);
  return tf.tidy(() => tf.add(tf.mul(unitUniform(shape, seed), maximum - minimum), minimum));
}

/**
 * Normal random numbers that depend on the seed alone; see {@link statelessUniform}.
 *
 * @param seed int32 `[2]`
 */
export function statelessNormal(
  shape: number[],
  seed: tf.Tensor1D,
  mean = 0,
  standardDeviation = 1,
): tf.Tensor {
  checkSeed("statelessNormal.seed", seed);
  if (mean === 0 && standardDeviation === 1) return unitNormal(shape, seed);
  return tf.tidy(() => tf.add(tf.mul(unitNormal(shape, seed), standardDeviation), mean));
}

/**
 * Sets a fraction of the entries to zero and scales the others up, so that the expected sum stays the
 * same.
 *
 * @param rate the fraction that is dropped, in [0, 1)
 * @param seed int32 `[2]`, a new one each step
 */
export function statelessDropout<T extends tf.Tensor>(x: T, rate: number, seed: tf.Tensor1D): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new ConfigError({
      where: "statelessDropout.rate",
      expected: "a number in [0, 1)",
      got: String(rate),
    });
  }
  if (rate === 0) return x.clone();
  return tf.tidy(() => {
    const kept = tf.greaterEqual(statelessUniform(x.shape, seed), rate);
    return tf.mul(x, tf.mul(tf.cast(kept, "float32"), 1 / (1 - rate)));
  });
}
