/**
 * Throws unless all values agree within `tolerance` times the largest expected one: the rounding error of
 * a sum grows with its terms, not with its result.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: expected ${expected.length} values, got ${actual.length}`);
  }
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i] - expected[i]);
    if (!(off <= tolerance * Math.max(scale, 1e-6))) {
      throw new Error(
        `${what}[${i}]: expected ${expected[i]} within ${tolerance} of ${scale}, got ${actual[i]}`,
      );
    }
  }
}
