import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { modelTitle, describeScore } from "../names";
import { MODEL_COLOURS } from "../palette";

/** One model's score on one fold's test cases. */
export interface FoldScore {
  readonly model: string;
  readonly fold: number;
  readonly score: number;
}

/**
 * A score by fold, one line per model. Folds differ in difficulty, so models should be compared
 * within a fold.
 *
 * @param scores any order; NaN leaves a gap
 * @param label the axis title; default `"Dice"`
 * @example
 * foldScores([{ model: "unet", fold: 0, score: 0.6 }]).data[0].y; // [0.6]
 */
export function foldScores(scores: readonly FoldScore[], label = "Dice"): Figure {
  const models = [...new Set(scores.map(({ model }) => model))];
  const folds = [...new Set(scores.map(({ fold }) => fold))].sort((a, b) => a - b);
  const valueOf = (model: string, fold: number): number | null => {
    const score = scores.find((each) => each.model === model && each.fold === fold)?.score;
    return score === undefined || Number.isNaN(score) ? null : score;
  };
  const data = models.map((model, index): PlotlyJson => {
    const color = MODEL_COLOURS[index % MODEL_COLOURS.length];
    return {
      type: "scatter",
      mode: "lines+markers",
      name: modelTitle(model),
      x: folds.map((fold) => `Fold ${fold + 1}`),
      y: folds.map((fold) => valueOf(model, fold)),
      line: { color, width: 1.5 },
      marker: { color, size: 9 },
    };
  });
  const mean = (model: string): number => {
    const values = folds.map((fold) => valueOf(model, fold)).filter((value) => value !== null);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  return new Figure({
    data,
    layout: {
      margin: { l: 64, r: 24, t: 40, b: 44 },
      yaxis: { title: { text: label }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      showlegend: true,
    },
    description: `${label} by fold; means: ${models.map((model) => `${modelTitle(model)} ${describeScore(mean(model))}`).join(", ")}.`,
  });
}
