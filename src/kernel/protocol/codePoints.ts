/**
 * Converts a cursor position. Jupyter counts in Unicode code points, JavaScript in UTF-16 units; they
 * differ after the first emoji.
 *
 * @example
 * codePointsToUnits("🫁x", 1); // 2
 */
export function codePointsToUnits(text: string, codePoints: number): number {
  let units = 0;
  let seen = 0;
  for (const character of text) {
    if (seen === codePoints) break;
    units += character.length;
    seen++;
  }
  return units;
}

/**
 * The inverse of {@link codePointsToUnits}.
 *
 * @example
 * unitsToCodePoints("🫁x", 2); // 1
 */
export function unitsToCodePoints(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}
