import type { PlotlyJson } from "../Figure";

/** A value written beside its bar. */
export interface ValueLabel {
  /** Place on the categories' axis: 0 is the middle of the first one. */
  readonly place: number;
  /** Where bar and whisker end. */
  readonly end: number;
  readonly text: string;
}

/**
 * Annotations with the bars' values, behind the whiskers' ends: plotly's own labels stand at the end of the bar,
 * where the whisker strikes them through.
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

/** The share of a category's width that plotly fills with grouped bars. */
const FILLED = 0.8;

/** The middle of a bar among the bars of its category. */
export function placeOfBar(category: number, index: number, count: number): number {
  return category + (index - (count - 1) / 2) * (FILLED / count);
}
