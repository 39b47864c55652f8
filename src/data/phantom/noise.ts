// Bound once, since looking these up on every call is slow in a sandboxed realm such as a test's.
const { imul } = Math;

/** Hashes integers to a 32-bit word without visible pattern. */
function hash(x: number, y: number, z: number, seed: number): number {
  let word = imul(x, 0x9e3779b1) ^ imul(y, 0x85ebca77) ^ imul(z, 0xc2b2ae3d) ^ seed;
  word = imul(word ^ (word >>> 15), 0x2c1b3c6d);
  word = imul(word ^ (word >>> 12), 0x297a2d39);
  return (word ^ (word >>> 15)) >>> 0;
}

/** Weights of the four cubic B-splines at `t` past the second knot. */
function spline(t: number): [number, number, number, number] {
  return [
    (1 - t) ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
    t ** 3 / 6,
  ];
}

/** Standard deviation of a uniform draw in [-1, 1] after smoothing in three directions. */
const SMOOTHED_SD = Math.sqrt(1 / 3) * Math.sqrt(0.479) ** 3;

/** A slice through a smooth 3D random field. */
export interface NoiseOptions {
  /** Number of bumps along a side. */
  readonly frequency: number;
  /** Standard deviation. */
  readonly amplitude: number;
  readonly seed: number;
  /** The slice's height, in sides of the plane. */
  readonly z: number;
}

/** Adds smooth noise to a square field, in place. The noise is the same at any resolution. */
export function addNoiseField(field: Float32Array, size: number, options: NoiseOptions): void {
  const { frequency, amplitude, seed, z } = options;
  const knots = Math.ceil(frequency) + 4;
  const depth = z * frequency;
  const layer = Math.floor(depth);
  const depthWeights = spline(depth - layer);
  const scale = amplitude / SMOOTHED_SD / 0x80000000;
  const lattice = new Float64Array(knots * knots);
  for (let y = 0; y < knots; y++) {
    for (let x = 0; x < knots; x++) {
      let value = 0;
      for (let k = 0; k < 4; k++) {
        value += depthWeights[k] * (hash(x, y, layer + k, seed) - 0x80000000);
      }
      lattice[y * knots + x] = value * scale;
    }
  }
  const first = new Int32Array(size);
  const weights = new Float64Array(4 * size);
  for (let i = 0; i < size; i++) {
    const at = ((i + 0.5) / size) * frequency;
    first[i] = Math.floor(at);
    weights.set(spline(at - first[i]), 4 * i);
  }
  const line = new Float64Array(knots);
  for (let row = 0; row < size; row++) {
    for (let x = 0; x < knots; x++) {
      line[x] = 0;
      for (let k = 0; k < 4; k++) {
        line[x] += weights[4 * row + k] * lattice[(first[row] + k) * knots + x];
      }
    }
    const base = row * size;
    for (let col = 0; col < size; col++) {
      const f = first[col];
      const w = 4 * col;
      field[base + col] +=
        weights[w] * line[f] +
        weights[w + 1] * line[f + 1] +
        weights[w + 2] * line[f + 2] +
        weights[w + 3] * line[f + 3];
    }
  }
}

/** A field of several octaves, each twice as fine and half as strong, with a standard deviation of about 1. */
export function makeNoiseField(
  size: number,
  options: Omit<NoiseOptions, "amplitude"> & { readonly octaves: number },
): Float32Array {
  const field = new Float32Array(size * size);
  let power = 0;
  for (let octave = 0; octave < options.octaves; octave++) power += 0.25 ** octave;
  for (let octave = 0; octave < options.octaves; octave++) {
    addNoiseField(field, size, {
      frequency: options.frequency * 2 ** octave,
      amplitude: 0.5 ** octave / Math.sqrt(power),
      seed: options.seed + octave,
      z: options.z,
    });
  }
  return field;
}
