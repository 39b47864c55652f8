/** Maps a value of an axis to a pixel. */
export type Project = (value: unknown) => number;

/** One tick of an axis. */
export interface Tick {
  readonly value: number | string;
  readonly text: string;
}

/**
 * Round numbers that divide a range into about `count` parts: steps of 1, 2 or 5 times a power
 * of ten.
 *
 * @example
 * niceTicks(0, 1, 5); // [0, 0.2, 0.4, 0.6, 0.8, 1]
 */
export function niceTicks(low: number, high: number, count: number): number[] {
  const span = Math.abs(high - low);
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  const from = Math.ceil(Math.min(low, high) / step - 1e-9);
  const to = Math.floor(Math.max(low, high) / step + 1e-9);
  // Multiplying the index avoids the rounding error of repeated addition.
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  );
}

/** Powers of ten within a range; also 2 and 5 times them if the range is short. */
export function logTicks(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const factors = to - from <= 2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = from; power <= to; power++) {
    for (const factor of factors) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

/** A tick's text: no exponent for ordinary sizes, no trailing zeros. */
export function tickText(value: number): string {
  const rounded = Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  return size !== 0 && (size < 1e-3 || size >= 1e6)
    ? rounded.toExponential().replace("e+", "e")
    : String(rounded);
}
