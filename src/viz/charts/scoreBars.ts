import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { modelTitle, describeScore } from "../names";
import { MODEL_COLOURS, WHISKER_COLOUR } from "../palette";
import { placeOfBar, valueLabels } from "./valueLabels";
import type { ValueLabel } from "./valueLabels";

/** A score of one model on one class. */
export interface ClassScore {
  readonly model: string;
  readonly className: string;
  /** The mean over cases; `NaN` if it is not defined for any case. */
  readonly mean: number;
  /** Bounds of a confidence interval, if one was computed. */
  readonly interval?: readonly [number, number];
  /** Cases for which the score is defined. */
  readonly count: number;
}

/** The fields of an evaluation that are drawn; `evaluateModel` returns one. */
export interface EvaluationLike {
  readonly summary: {
    readonly perClass: readonly {
      readonly name: string;
      readonly label: number;
      readonly casesWithTruth: number;
      readonly whereTruth: Readonly<
        Record<
          ScoreName,
          {
            readonly mean: number;
            readonly interval: { readonly low: number; readonly high: number };
          }
        >
      >;
    }[];
  };
}

/** The scores between 0 and 1 that bars can show. */
export type ScoreName = "dice" | "iou" | "precision" | "recall";

/**
 * The rows of {@link scoreBars} from evaluations: each foreground class, averaged over the cases
 * whose truth contains it.
 *
 * @param evaluations by model name
 */
export function classScores(
  evaluations: Readonly<Record<string, EvaluationLike>>,
  score: ScoreName = "dice",
): ClassScore[] {
  return Object.entries(evaluations).flatMap(([model, { summary }]) =>
    summary.perClass
      .filter(({ label }) => label > 0)
      .map(({ name, casesWithTruth, whereTruth }) => ({
        model,
        className: name,
        mean: whereTruth[score].mean,
        interval: [whereTruth[score].interval.low, whereTruth[score].interval.high] as const,
        count: casesWithTruth,
      })),
  );
}

// A mean over fewer cases than this is unreliable, so its bar is drawn lighter.
const FEW_CASES = 5;
const MAX_LABELLED_MODELS = 6;

/**
 * Bars of a score by class, one colour per model, whiskers for confidence intervals, and the
 * number of cases below each class. A class whose score is undefined in all cases has no bar: zero
 * would look like a failure. Means over fewer than five cases are drawn lighter.
 *
 * @param scores rows in any order, or evaluations by model name, whose Dice is drawn; classes and
 *   models are drawn in order of first appearance
 * @param label the axis title; default `"Dice"`
 * @example
 * const scores = [{ model: "unet", className: "consolidation", mean: 0.5, count: 9 }];
 * scoreBars(scores, "Dice").data[0].y; // [0.5]
 */
export function scoreBars(
  scores: readonly ClassScore[] | Readonly<Record<string, EvaluationLike>>,
  label = "Dice",
): Figure {
  return drawBars(isRows(scores) ? scores : classScores(scores), label);
}

function isRows(
  scores: readonly ClassScore[] | Readonly<Record<string, EvaluationLike>>,
): scores is readonly ClassScore[] {
  return Array.isArray(scores);
}

function drawBars(scores: readonly ClassScore[], label: string): Figure {
  const models = [...new Set(scores.map((score) => score.model))];
  const classes = [...new Set(scores.map((score) => score.className))];
  const counts = classes.map((name) =>
    Math.max(0, ...scores.filter(({ className }) => className === name).map(({ count }) => count)),
  );
  const titles = classes.map((name, i) => `${name} (n = ${counts[i]})`);
  const labels: ValueLabel[] = [];
  const data = models.map((model, index): PlotlyJson => {
    const rows = classes.map((name) =>
      scores.find((score) => score.model === model && score.className === name),
    );
    const means = rows.map((row) =>
      row === undefined || Number.isNaN(row.mean) ? null : row.mean,
    );
    means.forEach((mean, category) => {
      if (mean === null) return;
      const high = rows[category]?.interval?.[1] ?? NaN;
      labels.push({
        place: placeOfBar(category, index, models.length),
        end: Number.isNaN(high) ? mean : Math.max(mean, high),
        text: mean.toFixed(2),
      });
    });
    const colour = MODEL_COLOURS[index % MODEL_COLOURS.length];
    return {
      type: "bar",
      name: modelTitle(model),
      x: titles,
      y: means,
      ...whiskers(rows),
      text: means.map((mean) => (mean === null ? "" : mean.toFixed(2))),
      textposition: "none",
      hovertext: rows.map((row) => `${row?.count ?? 0} cases`),
      marker: {
        color: rows.map((row) => ((row?.count ?? 0) < FEW_CASES ? `${colour}80` : colour)),
      },
    };
  });
  return new Figure({
    data: data.map((trace, index) => ({
      ...trace,
      legendgroup: models[index],
      line: { color: MODEL_COLOURS[index % MODEL_COLOURS.length] },
    })),
    layout: {
      barmode: "group",
      // With more models the numbers would overlap; the tooltips show them.
      annotations: models.length > MAX_LABELLED_MODELS ? [] : valueLabels(labels, "up"),
      margin: { l: 64, r: 24, t: 40, b: 56 },
      // A grid line would cross the middle of a bar.
      xaxis: { showgrid: false },
      yaxis: { title: { text: label }, range: [0, 1] },
      // Legend clicks are disabled: hiding a bar would leave its label.
      legend: {
        orientation: "h",
        x: 0,
        y: 1.02,
        yanchor: "bottom",
        itemclick: false,
        itemdoubleclick: false,
      },
    },
    description: scores
      .map(
        ({ model, className, mean, count }) =>
          `${modelTitle(model)}, ${className}: ${label} ${describeScore(mean)} over ${count} cases`,
      )
      .join("; ")
      .concat("."),
  });
}

/** Plotly's error bars from intervals; none if no score has one. */
function whiskers(rows: readonly (ClassScore | undefined)[]): PlotlyJson {
  const bounds = rows.map((row) =>
    row?.interval === undefined || row.interval.some((bound) => Number.isNaN(bound))
      ? null
      : row.interval,
  );
  if (bounds.every((interval) => interval === null)) return {};
  const side = (index: 0 | 1): (number | null)[] =>
    rows.map((row, i) => {
      const interval = bounds[i];
      return row === undefined || interval === null ? null : Math.abs(interval[index] - row.mean);
    });
  return {
    error_y: {
      type: "data",
      symmetric: false,
      array: side(1),
      arrayminus: side(0),
      thickness: 1.4,
      color: WHISKER_COLOUR,
    },
  };
}
