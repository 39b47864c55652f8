import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "./errors";

/** tfjs layers' initializer type, which it does not export by name. */
type Initializer = ReturnType<typeof tf.initializers.zeros>;

/** The initializer of the int32 `[2]` weight that a layer hands to {@link SeedGenerator}. */
export function seedInitializer(seed: number): Initializer {
  checkSeed(seed);
  // A weight's initializer is only applied; it is not part of a layer's configuration.
  return { apply: () => tf.tensor1d([seed, 0], "int32") } as unknown as Initializer;
}

function checkSeed(seed: number): number {
  if (Number.isInteger(seed) && seed >= -0x80000000 && seed <= 0x7fffffff) return seed;
  throw new ConfigError({
    where: "SeedGenerator.seed",
    expected: "a 32-bit integer",
    got: String(seed),
  });
}

/** A weight that can be read and written, as tfjs layers store theirs. */
export interface ReadWriteWeight {
  read(): tf.Tensor;
  write(value: tf.Tensor): unknown;
}

/**
 * A sequence of seeds for the stateless random ops, whose position is a tensor: a recorded step
 * advances it, a checkpoint saves it, and a resumed run draws the same numbers as an uninterrupted
 * one.
 *
 * In a layer, hold the state as a weight of the layer, so that it is saved with the model:
 *
 * ```ts
 * build() {
 *   this.seeds = new SeedGenerator(
 *     this.addWeight("seedState", [2], "int32", seedInitializer(seed), undefined, false));
 * }
 * ```
 *
 * @example
 * const seeds = new SeedGenerator(7);
 * [seeds.next().arraySync(), seeds.next().arraySync()]; // [[7, 0], [7, 1]]
 */
export class SeedGenerator {
  private readonly weight: ReadWriteWeight;

  /** @param source a seed, or a layer's int32 `[2]` weight made with {@link seedInitializer} */
  constructor(source: number | ReadWriteWeight) {
    if (typeof source !== "number") {
      this.weight = source;
      return;
    }
    const initial = tf.tensor1d([checkSeed(source), 0], "int32");
    const variable = tf.variable(initial, false);
    initial.dispose();
    this.weight = {
      read: (): tf.Tensor => variable,
      write: (value) => variable.assign(value as tf.Tensor1D),
    };
  }

  /** int32 `[2]`: the seed and the count of calls so far. */
  get state(): tf.Tensor1D {
    return this.weight.read() as tf.Tensor1D;
  }

  /** The next seed, int32 `[2]`; the caller disposes it. */
  next(): tf.Tensor1D {
    const current = this.state.clone();
    const following = tf.tidy(() => tf.add(current, tf.tensor1d([0, 1], "int32")));
    this.weight.write(following);
    following.dispose();
    return current;
  }
}
