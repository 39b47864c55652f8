import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { MODEL_COLOURS } from "../palette";

/** The fields of a deletion test that are drawn; `deletionTest` and `explain` return it. */
export interface DeletionLike {
  readonly fractions: readonly number[];
  readonly attended: { readonly scores: readonly number[]; readonly area: number };
  readonly random: { readonly scores: readonly number[]; readonly area: number };
  readonly nearby: { readonly scores: readonly number[]; readonly area: number } | null;
}

/**
 * The score while places of the image are deleted: the most attended first, random places, and
 * random places at the same distances. If attention matters, its curve falls first.
 *
 * @param deletion one layer's test
 * @param label the axis title; default `"Probability of the class"`
 * @example
 * const curve = { scores: [1, 0.2], area: 0.6 };
 * deletionCurve({ fractions: [0, 0.1], attended: curve, random: curve, nearby: null }).data.length; // 2
 */
export function deletionCurve(deletion: DeletionLike, label = "Probability of the class"): Figure {
  const { fractions, attended, random, nearby } = deletion;
  const curves = [
    { name: "most attended first", curve: attended, dash: "solid" },
    { name: "by chance", curve: random, dash: "dash" },
    ...(nearby === null ? [] : [{ name: "by chance, nearby", curve: nearby, dash: "dot" }]),
  ];
  const data = curves.map(({ name, curve, dash }, index): PlotlyJson => ({
    type: "scatter",
    mode: "lines+markers",
    name: `${name}, area ${curve.area.toFixed(2)}`,
    x: fractions,
    y: curve.scores,
    line: { color: MODEL_COLOURS[index], dash, width: 2 },
    marker: { color: MODEL_COLOURS[index], size: 6 },
  }));
  return new Figure({
    data,
    layout: {
      margin: { l: 64, r: 24, t: 40, b: 52 },
      xaxis: { title: { text: "Fraction of the image deleted" }, rangemode: "tozero" },
      yaxis: { title: { text: label }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    },
    description: `${label} as pixels are deleted; areas: ${curves.map(({ name, curve }) => `${name} ${curve.area.toFixed(2)}`).join(", ")}.`,
  });
}
