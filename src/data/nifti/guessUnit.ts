import { baseName } from "../fileNames";
import type { IntensityUnit } from "../types";

/** A unit that the file does not state, and the range of values that it was guessed from. */
export interface UnitGuess {
  readonly unit: IntensityUnit;
  readonly min: number;
  readonly max: number;
}

/** Interpolation makes images in [0, 1] slightly exceed their range. */
const OVERSHOOT = 0.05;
/** Z-scored images stay within this; CT scans do not, since all contain air or bone. */
const LARGEST_SCORE = 50;
/** An 8-bit grey image spans more of 0 to 255 than this. */
const LEAST_WHITE = 20;

/**
 * What a volume's numbers most likely mean, from their range: 0 to 1 is normalised, 0 to 255 is grey,
 * a few units around 0 are on an unknown scale (z-scores), and anything else is on the Hounsfield scale.
 * Scanners write no values between -1030 and their padding value (a single number, such as -2000), so
 * many different numbers there mean pseudo-HU.
 */
export function guessUnit(data: Float32Array): UnitGuess {
  let min = Infinity;
  let max = -Infinity;
  let belowAir = 0;
  const valuesBelowAir = new Set<number>();
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
    if (value < -1030) {
      belowAir++;
      if (valuesBelowAir.size < 64) valuesBelowAir.add(value);
    }
  }
  const isPseudo = belowAir > 0.005 * data.length && valuesBelowAir.size >= 64;
  return { unit: unitOfRange(min, max) ?? (isPseudo ? "pseudo-HU" : "HU"), min, max };
}

function unitOfRange(min: number, max: number): IntensityUnit | null {
  if (min >= -OVERSHOOT && max <= 1 + OVERSHOOT) return "normalised";
  if (min >= 0 && max <= 255 && max > LEAST_WHITE) return "grey8";
  return min >= -LARGEST_SCORE && max <= LARGEST_SCORE ? "arbitrary" : null;
}

/** Reports on stderr which unit was guessed, and how to set it. */
export function warnOfGuess({ unit, min, max, source }: UnitGuess & { source: string }): void {
  const [low, high] = [min, max].map((value) => Number(value.toPrecision(4)));
  console.warn(
    `${baseName(source)}: values from ${low} to ${high} are read as ${unit}; set unit (--unit) if that is wrong`,
  );
}
