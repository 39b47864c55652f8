import { ConfigError } from "./errors";
import { MersenneTwister, STATE_WORDS } from "./mersenneTwister";

/** The state that a generator needs to resume; plain JSON. */
export interface RandomState {
  readonly words: readonly number[];
  readonly spareNormal: number | null;
}

/**
 * A seeded Mersenne twister whose draws equal NumPy's `RandomState` to the bit, so that a test
 * in Python and one in TypeScript can draw the same weights.
 *
 * Every function that draws random numbers takes one of these as an argument.
 *
 * @example
 * const random = createRandom(42);
 * random.uniform().toFixed(6); // "0.374540", as numpy.random.RandomState(42).random_sample()
 */
export interface Random {
  /** A double in [0, 1). */
  uniform(): number;
  /** Standard normal; NumPy's legacy polar method. */
  normal(): number;
  /** An integer in [low, high), by rejection (without bias). */
  integer(low: number, high: number): number;
  /** 0 … length − 1 in random order (Fisher and Yates). */
  permutation(length: number): number[];
  /** One of the items. */
  choice<T>(items: readonly T[]): T;
  /**
   * An independent generator for a named part. It depends only on this generator's seed and the label,
   * never on how many draws were made, so samples can be made in any order and in any worker.
   */
  fork(label: string | number): Random;
  /** The seed it was made with. */
  readonly seed: number;
  getState(): RandomState;
  setState(state: RandomState): void;
}

/** FNV-1a over the seed's bytes and the label: maps nearby seeds far apart. */
function mixSeed(seed: number, label: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${label}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}

/**
 * Makes a {@link Random}.
 *
 * @param seed an integer in [0, 2^32)
 * @throws ConfigError for any other seed
 */
export function createRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new ConfigError({
      where: "createRandom.seed",
      expected: "an integer in [0, 2^32)",
      got: String(seed),
    });
  }
  const generator = new MersenneTwister(seed);
  let spareNormal: number | null = null;

  const random: Random = {
    seed,
    uniform: () => generator.uniform(),
    normal() {
      if (spareNormal !== null) {
        const value = spareNormal;
        spareNormal = null;
        return value;
      }
      let x1: number, x2: number, r2: number;
      do {
        x1 = 2 * generator.uniform() - 1;
        x2 = 2 * generator.uniform() - 1;
        r2 = x1 * x1 + x2 * x2;
      } while (r2 >= 1 || r2 === 0);
      const factor = Math.sqrt((-2 * Math.log(r2)) / r2);
      spareNormal = factor * x1;
      return factor * x2;
    },
    integer(low, high) {
      const range = high - low;
      if (!Number.isInteger(low) || !Number.isInteger(high) || range < 1 || range > 0x100000000) {
        throw new ConfigError({
          where: "Random.integer",
          expected: "integers low < high that differ by at most 2^32",
          got: `[${low}, ${high})`,
        });
      }
      const limit = 0x100000000 - (0x100000000 % range);
      let word: number;
      do word = generator.next();
      while (word >= limit);
      return low + (word % range);
    },
    permutation(length) {
      const order = Array.from({ length }, (_, index) => index);
      for (let i = length - 1; i > 0; i--) {
        const j = random.integer(0, i + 1);
        const swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      return order;
    },
    choice: (items) => items[random.integer(0, items.length)],
    fork: (label) => createRandom(mixSeed(seed, String(label))),
    getState: () => ({ words: generator.getState(), spareNormal }),
    setState(state) {
      if (state.words.length !== STATE_WORDS) {
        throw new ConfigError({
          where: "Random.setState",
          expected: `${STATE_WORDS} words`,
          got: String(state.words.length),
          remedy: "Pass what getState() returned.",
        });
      }
      generator.setState(state.words);
      spareNormal = state.spareNormal;
    },
  };
  return random;
}
