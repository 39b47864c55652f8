/** Conventional levels of significance, also used in figures. */
const LEVELS = [0.05, 0.01, 0.001];

/**
 * Formats a p-value: three decimals, `<0.001` below that, `-` for NaN. If rounding to three decimals
 * would reach or cross a level of significance, it has enough decimals to show the side: `0.0498`.
 *
 * @example
 * [0.0312, 0.0498, 0.0002].map(formatPValue); // ["0.031", "0.0498", "<0.001"]
 */
export function formatPValue(p: number): string {
  if (Number.isNaN(p)) return "-";
  if (p < 0.001) return "<0.001";
  const texts = [3, 4, 5, 6, 7, 8].map((digits) => p.toFixed(digits));
  return texts.find((text) => isOnSameSides(Number(text), p)) ?? String(p);
}

/** The same in a sentence: `p = 0.031`, `p < 0.001`. */
export function describePValue(p: number): string {
  const text = formatPValue(p);
  return text.startsWith("<") ? `p < ${text.slice(1)}` : `p = ${text}`;
}

function isOnSameSides(rounded: number, p: number): boolean {
  return LEVELS.every((level) => Math.sign(rounded - level) === Math.sign(p - level));
}
