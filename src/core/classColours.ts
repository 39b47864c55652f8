/**
 * Class colours: the single palette for saved masks, figures and reports. Taken from Okabe and Ito
 * ("Color Universal Design", 2008), ordered so that the first three can be told from one another and
 * from the scan's greys under every common form of colour blindness, which a test simulates.
 */

/** Colour of a class by its label value; the background has none. */
export const CLASS_COLOURS: readonly (string | null)[] = [
  null, // background
  "#56B4E9", // ground-glass opacity: sky blue
  "#D55E00", // consolidation: vermillion
  "#F0E442", // pleural effusion: yellow
  "#0072B2",
  "#E69F00",
  "#009E73",
  "#CC79A7",
];

/**
 * The colour of a class.
 *
 * @param label 1 for the first foreground class; labels past the palette start over
 * @returns `#RRGGBB`, or `null` for the background
 * @example
 * classColour(1); // "#56B4E9"
 * classColour(0); // null
 */
export function classColour(label: number): string | null {
  if (label === 0) return null;
  return CLASS_COLOURS[1 + ((label - 1) % (CLASS_COLOURS.length - 1))] ?? null;
}
