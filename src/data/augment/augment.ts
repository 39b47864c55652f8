import { ConfigError } from "../../core/errors";
import type { Random } from "../../core/random";
import type { Plane, Sample } from "../types";
import { addNoise, applyGamma, cutOut } from "./intensityChanges";
import type { WarpPlan } from "./warp";
import { warpPair } from "./warp";

/** How strongly {@link augment} may change a sample; 0 (or `[1, 1]`) turns a change off. */
export interface AugmentOptions {
  /** Chance to mirror left and right; default 0.5. */
  readonly flipChance?: number;
  /** Chance to mirror front and back; default 0: a patient lies on the back. */
  readonly verticalFlipChance?: number;
  /** Turned by up to so many degrees either way; default 15. */
  readonly rotationDegrees?: number;
  /** Smallest and largest scale; default `[0.85, 1.2]`. */
  readonly scale?: readonly [number, number];
  /** Moved by up to this share of the side; default 0.05. */
  readonly shift?: number;
  /** Standard deviation of the elastic field at its control points, as a share of the side; default 0.015. */
  readonly elastic?: number;
  /** Smallest and largest exponent of the grey values; default `[0.7, 1.5]`. */
  readonly gamma?: readonly [number, number];
  /** Largest standard deviation of added noise; default 0.04. */
  readonly noise?: number;
  /** Chance to blank a rectangle of the image (its labels stay); default 0.2. */
  readonly cutoutChance?: number;
  /** Longest side of that rectangle as a share of the image's; default 0.25. */
  readonly cutoutSize?: number;
}

/** The defaults of {@link augment}. */
export const DEFAULT_AUGMENTATION: Required<AugmentOptions> = {
  flipChance: 0.5,
  verticalFlipChance: 0,
  rotationDegrees: 15,
  scale: [0.85, 1.2],
  shift: 0.05,
  elastic: 0.015,
  gamma: [0.7, 1.5],
  noise: 0.04,
  cutoutChance: 0.2,
  cutoutSize: 0.25,
};

/** Control points of the elastic field along each side. */
const ELASTIC_POINTS = 7;

function checkOptions(options: Required<AugmentOptions>): void {
  const { scale, gamma } = options;
  const isOrdered = ([low, high]: readonly [number, number]) => low > 0 && low <= high;
  if (!isOrdered(scale) || !isOrdered(gamma)) {
    throw new ConfigError({
      where: "augment",
      expected: "scale and gamma as [low, high] with 0 < low <= high",
      got: `scale ${scale.join(", ")}, gamma ${gamma.join(", ")}`,
    });
  }
}

/** Between two exponents, as likely to halve as to double. */
function logUniform(random: Random, [low, high]: readonly [number, number]): number {
  return low * (high / low) ** random.uniform();
}

function symmetric(random: Random, most: number): number {
  return (2 * random.uniform() - 1) * most;
}

/** Draws the geometric change: one map, so that the image is interpolated once only. */
function drawWarp(
  random: Random,
  plane: Plane<Float32Array>,
  o: Required<AugmentOptions>,
): WarpPlan {
  const { height, width } = plane;
  const angle = (symmetric(random, o.rotationDegrees) * Math.PI) / 180;
  const scale = logUniform(random, o.scale);
  const flipX = random.uniform() < o.flipChance ? -1 : 1;
  const flipY = random.uniform() < o.verticalFlipChance ? -1 : 1;
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const shift = [symmetric(random, o.shift) * height, symmetric(random, o.shift) * width] as const;
  const sd = o.elastic * Math.min(height, width);
  const draw = () => Float64Array.from({ length: ELASTIC_POINTS ** 2 }, () => random.normal() * sd);
  return {
    matrix: [flipY * cos, flipY * sin, -flipX * sin, flipX * cos],
    shift,
    elastic: sd > 0 ? { points: ELASTIC_POINTS, rows: draw(), columns: draw() } : null,
  };
}

/**
 * The field's augmentation: mirror, turn, scale, shift and elastic deformation of image and labels
 * together (labels by nearest neighbour, never blended), then gamma, noise and cutout of the image.
 *
 * All chance comes from `random`; give each sample and epoch a fork of its own, and the result does
 * not depend on the order or the worker.
 *
 * @param sample grey in [0, 1], any height and width
 * @param random e.g. `createRandom(seed).fork(`${epoch}/${sample.id}`)`
 * @throws ConfigError for a range that is not `0 < low <= high`
 */
export function augment(sample: Sample, random: Random, options: AugmentOptions = {}): Sample {
  const o = { ...DEFAULT_AUGMENTATION, ...options };
  checkOptions(o);
  const warp = drawWarp(random, sample.image, o);
  const { image, labels } = warpPair(sample, warp);
  const gamma = logUniform(random, o.gamma);
  const noise = random.uniform() * o.noise;
  const noiseSeed = random.integer(1, 0xffffffff);
  if (gamma !== 1) applyGamma(image.data, gamma);
  if (noise > 0) addNoise(image.data, noise, noiseSeed);
  if (random.uniform() < o.cutoutChance) cutOut(image, random, o.cutoutSize);
  return { id: sample.id, group: sample.group, image, labels, augmentation: "field" };
}
