import type { PlotlyJson } from "../Figure";

/** A value written next to its bar. */
export interface ValueLabel {
  /** Position on the category axis: 0 is the middle of the first category. */
  readonly place: number;
  /** The end of the bar or of its whisker. */
  readonly end: number;
  readonly text: string;
}

/**
 * Annotations with the bars' values, beyond the ends of the whiskers: plotly's own labels are at the end of
 * the bar, where the whisker would cross them.
 */
export function valueLabels(
  labels: readonly ValueLabel[],
  direction: "up" | "right",
): PlotlyJson[] {
  return labels
    .filter(({ text }) => text !== "")
    .map(({ place, end, text }) => ({
      ...(direction === "up"
        ? { x: place, y: end, xanchor: "center", yanchor: "bottom" }
        : { x: end, y: place, xanchor: "left", yanchor: "middle", xshift: 4 }),
      ...{ xref: "x", yref: "y", text, showarrow: false, font: { size: 11 } },
    }));
}

/** The fraction of a category's width that plotly fills with grouped bars. */
const FILLED = 0.8;

/** The centre of a bar within its category. */
export function placeOfBar(category: number, index: number, count: number): number {
  return category + (index - (count - 1) / 2) * (FILLED / count);
}
