import type { IntensityUnit } from "../types";

/**
 * What a volume's numbers most likely mean, from their range: 0 to 1 is normalised, 0 to 255 is grey,
 * anything else is on the Hounsfield scale. Scanners write nothing between -1030 and their padding
 * value (one number, such as -2000), so many different numbers there mean pseudo-HU.
 */
export function guessUnit(data: Float32Array): IntensityUnit {
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
  if (min >= 0 && max <= 1) return "normalised";
  if (min >= 0 && max <= 255) return "grey8";
  return belowAir > 0.005 * data.length && valuesBelowAir.size >= 64 ? "pseudo-HU" : "HU";
}
