import { ConfigError } from "../../core/errors";

/** Throws unless `value` is an integer of at least `least`. */
export function expectCount(where: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ConfigError({
      where,
      expected: `an integer of at least ${least}`,
      got: String(value),
    });
  }
}

/** Throws unless `value` is one of `allowed`. */
export function expectOneOf(where: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw new ConfigError({
      where,
      expected: `one of ${allowed.map((item) => JSON.stringify(item)).join(", ")}`,
      got: JSON.stringify(value),
    });
  }
}

/** Throws unless `value` is a fraction in [0, 1), such as a dropout rate. */
export function expectFraction(where: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new ConfigError({ where, expected: "a number in [0, 1)", got: String(value) });
}

/** Throws unless `value` is a number of at least 0, such as an epsilon. */
export function expectNotNegative(where: string, value: number): void {
  if (value >= 0) return;
  throw new ConfigError({ where, expected: "a number of at least 0", got: String(value) });
}

/** Throws unless `groups` divides `channels`. */
export function expectDivides(where: string, groups: number, channels: number): void {
  if (channels % groups !== 0) {
    throw new ConfigError({
      where,
      expected: `a divisor of ${channels}`,
      got: String(groups),
      remedy: "Each group takes the same number of channels.",
    });
  }
}

/** A Keras size: one number for all axes, or `[depth, down, right]`. */
export type Triple = number | readonly [number, number, number];

/** A size for each of `axes`, each checked. */
export function expectSizes(
  where: string,
  value: number | readonly number[],
  axes: number,
): readonly number[] {
  const sizes = typeof value === "number" ? Array.from({ length: axes }, () => value) : value;
  if (sizes.length !== axes) {
    throw new ConfigError({
      where,
      expected: `one size or ${axes} sizes`,
      got: JSON.stringify(value),
    });
  }
  for (const size of sizes) expectCount(where, size);
  return sizes;
}

/** A Keras size: one number for both axes, or `[down, right]`. */
export type Pair = number | readonly [number, number];

/** Both sizes, each checked. */
export function expectPair(where: string, value: Pair): readonly [number, number] {
  const [down, right] = typeof value === "number" ? [value, value] : value;
  expectCount(where, down);
  expectCount(where, right);
  return [down, right];
}
