import type { Random } from "../../core/random";
import type { Plane } from "../types";

const GAMMA_STEPS = 2048;

/** Raises grey values in [0, 1] to a power, in place; by table, exact to 1e-3 (it is augmentation). */
export function applyGamma(grey: Float32Array, gamma: number): void {
  const table = new Float64Array(GAMMA_STEPS + 2);
  // A power of a product is one of powers: every other step needs no `**`, the costliest part here.
  const ofTwo = 2 ** gamma;
  for (let i = 0; i < table.length; i++) {
    table[i] = i % 2 === 1 || i === 0 ? (i / GAMMA_STEPS) ** gamma : table[i / 2] * ofTwo;
  }
  for (let i = 0; i < grey.length; i++) {
    const at = grey[i] * GAMMA_STEPS;
    const step = at | 0;
    grey[i] = table[step] + (at - step) * (table[step + 1] - table[step]);
  }
}

/**
 * Adds near-normal noise in place, cut to [0, 1]. Each draw is the sum of four bytes of one
 * xorshift word, which is normal enough for noise and far cheaper than a normal deviate.
 *
 * @param seed not 0
 */
export function addNoise(grey: Float32Array, sd: number, seed: number): void {
  const mean = 4 * 127.5;
  const scale = sd / Math.sqrt((4 * (256 * 256 - 1)) / 12);
  let word = seed | 0;
  for (let i = 0; i < grey.length; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    const value = grey[i] + (sum - mean) * scale;
    grey[i] = value > 0 ? (value < 1 ? value : 1) : 0;
  }
}

/** Blanks one rectangle with the image's mean grey, in place. */
export function cutOut(image: Plane<Float32Array>, random: Random, mostShare: number): void {
  const { height, width, data } = image;
  const side = (length: number) =>
    Math.min(length, Math.max(1, Math.round((0.4 + 0.6 * random.uniform()) * mostShare * length)));
  const [boxHeight, boxWidth] = [side(height), side(width)];
  const top = random.integer(0, height - boxHeight + 1);
  const left = random.integer(0, width - boxWidth + 1);
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  const mean = sum / data.length;
  for (let row = top; row < top + boxHeight; row++) {
    data.fill(mean, row * width + left, row * width + left + boxWidth);
  }
}
