import type { Patient } from "./patient";

// Bound once, since looking it up on every call is slow in a sandboxed realm such as a test's.
const { round } = Math;

/** Adds approximately normal noise: the sum of the four bytes of one xorshift word per draw. */
function addScanNoise(image: Float32Array, sd: number, seed: number): void {
  const scale = sd / Math.sqrt((4 * (256 * 256 - 1)) / 12);
  let word = seed | 1;
  for (let i = 0; i < image.length; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    image[i] += (sum - 510) * scale;
  }
}

/** Blurs in place with three taps along rows, then columns, with the variance of a Gaussian. */
function blur(image: Float32Array, size: number, sigma: number): void {
  const side = Math.min(0.25, (sigma * sigma) / 2);
  const middle = 1 - 2 * side;
  const line = new Float32Array(size);
  const pass = (first: number, step: number) => {
    for (let i = 0; i < size; i++) line[i] = image[first + i * step];
    for (let i = 1; i < size - 1; i++) {
      image[first + i * step] = middle * line[i] + side * (line[i - 1] + line[i + 1]);
    }
  };
  for (let row = 0; row < size; row++) pass(row * size, 1);
  for (let col = 0; col < size; col++) pass(col, size);
}

/** The range of values of the public slices. */
const LOWEST = -1607;
const HIGHEST = 597;

/**
 * Applies the effects of a scanner to a slice, in place: noise, blur and rounding. The noise is averaged on
 * a coarser grid, and so weaker there.
 */
export function scan(image: Float32Array, size: number, patient: Patient, seed: number): void {
  const sd = patient.noise * Math.sqrt(Math.min(1, size / 512));
  addScanNoise(image, sd, seed);
  blur(image, size, patient.blur * size);
  addScanNoise(image, 0.5 * sd, seed ^ 0x5bd1e995);
  for (let i = 0; i < image.length; i++) {
    const value = round(image[i]) + 0; // no negative zero
    image[i] = value > LOWEST ? (value < HIGHEST ? value : HIGHEST) : LOWEST;
  }
}
