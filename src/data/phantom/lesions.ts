import type { Random } from "../../core/random";
import type { Anatomy } from "./anatomy";
import type { LesionTargets } from "./lesionTargets";
import { makeNoiseField } from "./noise";
import type { Patient } from "./patient";
import { between } from "./patient";

// Bound once, since looking these up on every call is slow in a sandboxed realm such as a test's.
const { abs, exp, floor, max } = Math;
/** The appearance of one patient's lesions. */
export interface LesionStyle {
  readonly seed: number;
  readonly frequency: number;
  /** Preference of lesions for the chest wall, the back and the patient's left. */
  readonly wall: number;
  readonly back: number;
  readonly left: number;
  readonly groundGlass: number;
  readonly consolidation: number;
  /** Width of the edge of ground-glass, in standard deviations of its field. */
  readonly softness: number;
  readonly hasAirBronchograms: boolean;
  readonly hasCrazyPaving: boolean;
  /** Added density of the dependent lung, which is not a lesion. */
  readonly dependent: number;
  readonly effusion: number;
  readonly effusionSide: -1 | 0 | 1;
}

/** Draws the appearance of a patient's lesions. */
export function drawLesionStyle(random: Random): LesionStyle {
  return {
    seed: random.seed,
    frequency: between(random, 3.5, 8),
    wall: between(random, 0, 2),
    back: between(random, -0.3, 1.3),
    left: random.normal() * 0.9,
    groundGlass: between(random, -730, -500),
    consolidation: between(random, -420, -60),
    softness: between(random, 0.25, 0.8),
    hasAirBronchograms: random.uniform() < 0.5,
    hasCrazyPaving: random.uniform() < 0.25,
    dependent: random.uniform() < 0.4 ? between(random, 60, 260) : 0,
    effusion: between(random, -5, 30),
    effusionSide: random.choice([-1, 0, 1] as const),
  };
}

const GROUND_GLASS = 1;
const CONSOLIDATION = 2;
const EFFUSION = 3;

const BINS = 8192;

/** The score reached by about `count` of the pixels, accurate to the range divided by {@link BINS}. */
function scoreOfRank(scores: Float32Array, pixels: Int32Array, count: number): number {
  let low = Infinity;
  let high = -Infinity;
  for (const pixel of pixels) {
    if (scores[pixel] < low) low = scores[pixel];
    if (scores[pixel] > high) high = scores[pixel];
  }
  const scale = (BINS - 1) / (high - low || 1);
  const bins = new Int32Array(BINS);
  for (const pixel of pixels) bins[floor((scores[pixel] - low) * scale)]++;
  let bin = BINS - 1;
  for (let above = bins[bin]; above < count && bin > 0; above += bins[bin]) bin--;
  return low + bin / scale;
}

/** Labels the free lung pixels with the highest scores until a fraction of the slice is covered. */
function mark(
  labels: Uint8Array,
  scores: Float32Array,
  free: Int32Array,
  share: number,
  label: number,
): { threshold: number; top: number } | null {
  const count = Math.min(Math.round(share * labels.length), floor(0.92 * free.length));
  if (count < 1) return null;
  const threshold = scoreOfRank(scores, free, count);
  let top = threshold;
  for (const pixel of free) {
    if (scores[pixel] < threshold) continue;
    labels[pixel] = label;
    if (scores[pixel] > top) top = scores[pixel];
  }
  return { threshold, top };
}

/** Smooth step from 0 to 1. */
function ramp(value: number): number {
  const t = value < 0 ? 0 : value > 1 ? 1 : value;
  return t * t * (3 - 2 * t);
}

/**
 * Draws the lesions of a slice into its image and returns their labels. Each covers its target fraction
 * of the slice's area, as far as the lung has room.
 *
 * @param z height of the slice, in sides of the plane
 */
export function paintLesions(
  anatomy: Anatomy,
  size: number,
  z: number,
  patient: Patient,
  style: LesionStyle,
  targets: LesionTargets,
): Uint8Array {
  const { image, lung, wallDepth } = anatomy;
  const labels = new Uint8Array(size * size);
  const { seed } = style;
  const field = (offset: number, frequency: number, octaves: number) =>
    makeNoiseField(size, { frequency, octaves, seed: seed + offset, z });
  const groundGlass = field(11, style.frequency, 4);
  const consolidation = field(31, style.frequency * 1.5, 4);
  const grain = field(51, 46, 2);
  const lines = field(71, 17, 2);
  const effusion = new Float32Array(size * size);
  const lungPixels: number[] = [];
  for (let row = 0; row < size; row++) {
    const y = ((row + 0.5) / size - 0.5 - patient.cavity.y) / patient.cavity.b;
    for (let col = 0; col < size; col++) {
      const i = row * size + col;
      if (lung[i] <= 0) continue;
      if (lung[i] > 0.5) lungPixels.push(i);
      const x = ((col + 0.5) / size - 0.5) / patient.cavity.a;
      const wall = exp(-wallDepth[i] / 0.045);
      groundGlass[i] += style.wall * wall + style.back * y + style.left * x;
      consolidation[i] += 0.5 * groundGlass[i] + 0.6 * style.wall * wall + 0.4 * style.back * y;
      effusion[i] = y - 6 * wallDepth[i] + 2 * style.effusionSide * Math.sign(x);
      image[i] += lung[i] * style.dependent * ramp((y - 0.45) * 2) * wall;
    }
  }
  const free = () => Int32Array.from(lungPixels).filter((pixel) => labels[pixel] === 0);
  mark(labels, effusion, free(), targets.effusion, EFFUSION);
  const dense = mark(labels, consolidation, free(), targets.consolidation, CONSOLIDATION);
  const hazy = mark(labels, groundGlass, free(), targets.groundGlass, GROUND_GLASS);
  const hazySoftness = hazy ? Math.min(style.softness, 0.9 * (hazy.top - hazy.threshold)) : 1;
  const denseSoftness = dense ? Math.min(0.35, 0.7 * (dense.top - dense.threshold)) : 1;
  for (let i = 0; i < image.length; i++) {
    if (lung[i] <= 0) continue;
    if (hazy !== null) {
      const share = ramp(0.5 + (groundGlass[i] - hazy.threshold) / (hazySoftness + 1e-6));
      let density = style.groundGlass + 45 * grain[i];
      if (style.hasCrazyPaving) density += 170 * (1 - ramp(abs(lines[i]) / 0.25));
      image[i] += lung[i] * share * max(0, density - image[i]);
    }
    if (dense !== null) {
      const share = ramp(0.5 + (consolidation[i] - dense.threshold) / (denseSoftness + 1e-6));
      let density = style.consolidation + 45 * grain[i];
      if (style.hasAirBronchograms) density -= 520 * (1 - ramp(abs(lines[i]) / 0.13));
      image[i] += lung[i] * share * max(0, density - image[i]);
    }
    if (labels[i] === EFFUSION) image[i] += lung[i] * (style.effusion + 4 * grain[i] - image[i]);
    else image[i] += lung[i] * anatomy.vessels[i] * max(0, 40 - image[i]);
  }
  return labels;
}
