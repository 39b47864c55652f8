/** Number of state words; this name and the constants below are those of the paper. */
const N = 624;
const M = 397;
const MATRIX_A = 0x9908b0df;
const UPPER_MASK = 0x80000000;
const LOWER_MASK = 0x7fffffff;

/** Length of {@link MersenneTwister.getState}: the state words, then the index of the next word. */
export const STATE_WORDS = N + 1;

/**
 * MT19937, seeded like NumPy's `RandomState`, so that both produce the same stream.
 *
 * @see Matsumoto and Nishimura 1998, "Mersenne Twister: a 623-dimensionally equidistributed uniform
 * pseudo-random number generator"
 */
export class MersenneTwister {
  private readonly state = new Uint32Array(N);
  private position = N;

  /** @param seed an integer in [0, 2^32) */
  constructor(seed: number) {
    const { state } = this;
    state[0] = seed;
    for (let i = 1; i < N; i++) {
      const previous = state[i - 1];
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** The next 32 bits, as an unsigned integer. */
  next(): number {
    if (this.position >= N) this.twist();
    let word = this.state[this.position++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** A double in [0, 1) with 53 random bits, from two words. */
  uniform(): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  getState(): number[] {
    return [...this.state, this.position];
  }

  /** @param words the {@link STATE_WORDS} words returned by {@link getState} */
  setState(words: ArrayLike<number>): void {
    for (let i = 0; i < N; i++) this.state[i] = words[i];
    this.position = words[N];
  }

  /** Generates the next block of state words. */
  private twist(): void {
    const { state } = this;
    for (let i = 0; i < N; i++) {
      const word = (state[i] & UPPER_MASK) | (state[(i + 1) % N] & LOWER_MASK);
      state[i] = state[(i + M) % N] ^ (word >>> 1) ^ (word & 1 ? MATRIX_A : 0);
    }
    this.position = 0;
  }
}
