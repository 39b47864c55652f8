import { Figure } from "../Figure";
import type { PlotlyJson } from "../Figure";
import { describeScore } from "../names";
import { MODEL_COLOURS } from "../palette";

/** The score of one training method with a given number of labelled slices. */
export interface ShotScore {
  /** The training method, e.g. `"from scratch"`. */
  readonly series: string;
  /** Labelled slices. */
  readonly shots: number;
  readonly mean: number;
  readonly interval?: readonly [number, number];
}

/**
 * A score by number of labelled slices, with confidence bands, on a logarithmic axis.
 *
 * @param scores any order
 * @param label the axis title; default `"Dice"`
 * @example
 * kShotCurve([{ series: "from scratch", shots: 5, mean: 0.3 }]).data[0].y; // [0.3]
 */
export function kShotCurve(scores: readonly ShotScore[], label = "Dice"): Figure {
  const series = [...new Set(scores.map(({ series: name }) => name))];
  const shots = [...new Set(scores.map((score) => score.shots))].sort((a, b) => a - b);
  const data = series.flatMap((name, index): PlotlyJson[] => {
    const rows = scores.filter((score) => score.series === name).sort((a, b) => a.shots - b.shots);
    const color = MODEL_COLOURS[index % MODEL_COLOURS.length];
    const x = rows.map((row) => row.shots);
    const hasBand = rows.length > 1 && rows.every(({ interval }) => interval !== undefined);
    const edge = (side: 0 | 1, extra: PlotlyJson): PlotlyJson => ({
      type: "scatter",
      mode: "lines",
      x,
      y: rows.map(({ interval }) => interval?.[side] ?? null),
      line: { color, width: 0 },
      showlegend: false,
      hoverinfo: "skip",
      ...extra,
    });
    return [
      ...(hasBand ? [edge(0, {}), edge(1, { fill: "tonexty", fillcolor: `${color}33` })] : []),
      {
        type: "scatter",
        mode: "lines+markers",
        name,
        x,
        y: rows.map(({ mean }) => (Number.isNaN(mean) ? null : mean)),
        line: { color, width: 2 },
        marker: { color, size: 8, symbol: ["circle", "square", "diamond"][index % 3] },
      },
    ];
  });
  return new Figure({
    data,
    layout: {
      margin: { l: 64, r: 24, t: 40, b: 52 },
      xaxis: {
        type: "log",
        title: { text: "Labelled slices" },
        tickvals: shots,
        ticktext: shots.map(String),
      },
      yaxis: { title: { text: label }, range: [0, 1] },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      showlegend: true,
    },
    description: `${label} by number of labelled slices. ${series
      .map(
        (name) =>
          `${name}: ${scores
            .filter((row) => row.series === name)
            .map((row) => `${row.shots} slices ${describeScore(row.mean)}`)
            .join(", ")}`,
      )
      .join(". ")}.`,
  });
}
