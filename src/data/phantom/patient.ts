import type { Random } from "../../core/random";
import { growVessels } from "./vessels";
import type { Vessel } from "./vessels";

/** What is the same in all slices of one patient. Lengths are in sides of the plane. */
export interface Patient {
  readonly seed: number;
  readonly body: { readonly a: number; readonly b: number; readonly y: number };
  /** The inside of the chest at its widest. */
  readonly cavity: { readonly a: number; readonly b: number; readonly y: number };
  readonly mediastinum: number;
  readonly heart: number;
  readonly tilt: number;
  /** The spine's size, lateral position and depth. */
  readonly spine: { readonly scale: number; readonly x: number; readonly depth: number };
  readonly hasBreasts: boolean;
  readonly fat: number;
  readonly muscle: number;
  readonly bone: number;
  readonly outsideAir: number;
  readonly lung: number;
  /** How much denser the lung is at the back than at the front. */
  readonly lungGradient: number;
  readonly lungTexture: number;
  readonly noise: number;
  /** Blur of the reconstruction, in sides of the plane. */
  readonly blur: number;
  readonly vessels: readonly Vessel[];
}

/** Draws a number between two others. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/**
 * Draws a patient with the values of the real slices, on their pseudo-HU scale.
 *
 * @param largeness 0 for a chest of any size, 1 for the largest
 */
export function makePatient(random: Random, largeness: number): Patient {
  const cavity = {
    a: between(random, 0.31 + 0.04 * largeness, 0.35),
    b: between(random, 0.23 + 0.05 * largeness, 0.28),
    y: between(random, -0.05, 0.01),
  };
  return {
    seed: random.seed,
    body: {
      a: between(random, 0.468, 0.497),
      b: between(random, 0.408, 0.462),
      y: between(random, -0.01, 0.015),
    },
    cavity,
    mediastinum: between(random, 0.9, 1.25),
    heart: between(random, 0.85, 1.2),
    tilt: between(random, -0.06, 0.06),
    spine: {
      scale: between(random, 0.8, 1.2),
      x: between(random, -0.016, 0.016),
      depth: between(random, 0.78, 0.96),
    },
    hasBreasts: random.uniform() < 0.3,
    fat: between(random, -115, -85),
    muscle: between(random, 50, 145),
    bone: between(random, 280, 470),
    outsideAir: -1000 - Math.abs(random.normal()) * 210,
    lung: between(random, -960, -820),
    lungGradient: between(random, 20, 130),
    lungTexture: between(random, 14, 42),
    noise: between(random, 10, 42),
    blur: between(random, 0.0008, 0.0024),
    vessels: growVessels(random.fork("vessels"), cavity),
  };
}
