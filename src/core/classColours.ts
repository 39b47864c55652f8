/**
 * Colours of classes: the one palette of written masks, figures and reports. After Okabe and Ito
 * ("Color Universal Design", 2008): told apart with every common kind of colour blindness, and in
 * grey by lightness.
 */

/** Colour of a class by its label value; the background has none. */
export const CLASS_COLOURS: readonly (string | null)[] = [
  null, // background
  "#56B4E9", // ground-glass opacity: sky blue
  "#E69F00", // consolidation: orange
  "#CC79A7", // pleural effusion: reddish purple
  "#009E73",
  "#F0E442",
  "#0072B2",
  "#D55E00",
];

/**
 * The colour of a class.
 *
 * @param label 1 for the first foreground class; labels past the palette begin anew
 * @returns `#RRGGBB`, or `null` for the background
 * @example
 * classColour(1); // "#56B4E9"
 * classColour(0); // null
 */
export function classColour(label: number): string | null {
  if (label === 0) return null;
  return CLASS_COLOURS[1 + ((label - 1) % (CLASS_COLOURS.length - 1))] ?? null;
}
