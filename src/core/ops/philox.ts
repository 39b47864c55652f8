/**
 * The Philox 4x32-10 counter-based generator, keyed like TensorFlow's `StatelessRandom*` ops, so that
 * the composite form draws the same numbers as the native form.
 *
 * @see Salmon 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
type Words = [number, number, number, number];
type Key = readonly [number, number];

const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
const increments = [0x9e3779b9, 0xbb67ae85] as const;

/** High and low words of the product of two unsigned 32-bit words. */
function multiply(a: number, b: number): [high: number, low: number] {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  const high = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

function philox(counter: Words, key: Key): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(multipliers[0], c0);
    const [high1, low1] = multiply(multipliers[1], c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + increments[0]) >>> 0;
    k1 = (k1 + increments[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * 32-bit words for a pair of int32 seeds.
 *
 * @returns `count` words, each in [0, 2^32)
 */
export function philoxWords(seed: readonly [number, number], count: number): Uint32Array {
  const [first, second] = seed;
  const sign = (word: number): number => (word < 0 ? 0xffffffff : 0);
  // TensorFlow scrambles the seeds by running the generator once.
  const scrambled = philox(
    [first >>> 0, sign(first), second >>> 0, sign(second)],
    [0x3ec8f720, 0x02461e29],
  );
  const key: Key = [scrambled[0], scrambled[1]];
  const words = new Uint32Array(count);
  for (let block = 0; block * 4 < count; block++) {
    const counter: Words = [block, 0, scrambled[2], scrambled[3]];
    words.set(philox(counter, key).slice(0, count - block * 4), block * 4);
  }
  return words;
}
