import { Figure } from "./Figure";
import { MODEL_COLOURS } from "./palette";

/** A score of one model on one class. */
export interface ClassScore {
  readonly model: string;
  readonly className: string;
  /** The mean over cases; `NaN` where no case defines it. */
  readonly mean: number;
  /** Bounds of a confidence interval, where one was computed. */
  readonly interval?: readonly [number, number];
  /** Cases that define the score. */
  readonly count: number;
}

/**
 * Bars of a score by class, a colour a model, whiskers for confidence intervals. A class that no
 * case defines has no bar: a zero would read as a failure.
 *
 * @param scores any order; classes and models are drawn in order of first appearance
 * @param label the axis' title, e.g. `"Dice"`
 * @example
 * const scores = [{ model: "unet", className: "consolidation", mean: 0.5, count: 9 }];
 * scoreBars(scores, "Dice").data[0].y; // [0.5]
 */
export function scoreBars(scores: readonly ClassScore[], label: string): Figure {
  const models = [...new Set(scores.map((score) => score.model))];
  const classes = [...new Set(scores.map((score) => score.className))];
  const data = models.map((model, index) => {
    const rows = classes.map((name) =>
      scores.find((score) => score.model === model && score.className === name),
    );
    const means = rows.map((row) =>
      row === undefined || Number.isNaN(row.mean) ? null : row.mean,
    );
    const whisker = (side: 0 | 1): (number | null)[] =>
      rows.map((row) =>
        row?.interval === undefined ? null : Math.abs(row.interval[side] - row.mean),
      );
    return {
      type: "bar",
      name: model,
      x: classes,
      y: means,
      error_y: {
        type: "data",
        symmetric: false,
        array: whisker(1),
        arrayminus: whisker(0),
        thickness: 1.2,
      },
      text: means.map((mean) => (mean === null ? "" : mean.toFixed(3))),
      textposition: "inside",
      insidetextanchor: "start",
      hovertext: rows.map((row) => `${row?.count ?? 0} cases`),
      marker: { color: MODEL_COLOURS[index % MODEL_COLOURS.length] },
    };
  });
  return new Figure({
    data,
    layout: {
      barmode: "group",
      height: 360,
      margin: { l: 56, r: 16, t: 40, b: 40 },
      yaxis: { title: { text: label }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    },
    description: scores
      .map((score) => `${score.model}, ${score.className}: ${label} ${score.mean.toFixed(3)}`)
      .join("; "),
  });
}
