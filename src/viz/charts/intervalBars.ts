import { describePValue } from "../../metrics/statistics/formatPValue";
import { Figure } from "../Figure";
import { describeScore } from "../names";
import { MODEL_COLOURS, WHISKER_COLOUR } from "../palette";
import { lineCount, textWidth, wrapText } from "../svg/markup";
import { valueLabels } from "./valueLabels";

/** One row: a score with its interval. */
export interface IntervalRow {
  readonly name: string;
  readonly mean: number;
  readonly interval?: readonly [number, number];
  /** The number of cases averaged. */
  readonly count: number;
  /** The p-value against the first row, corrected for the number of rows; absent for the first. */
  readonly pValue?: number;
}

/** Longer names of rows are wrapped, which leaves room for the bars on a phone; in pixels. */
const LABEL_WIDTH = 150;
const LABEL_FONT = 12;

/** The significance marks usual in medical papers. */
export function significanceMark(pValue: number | undefined): string {
  if (pValue === undefined || Number.isNaN(pValue)) return "";
  if (pValue < 0.001) return "***";
  if (pValue < 0.01) return "**";
  return pValue < 0.05 ? "*" : "n.s.";
}

/**
 * Bars of a score with whiskers. The first row is the reference for the others: a dotted line marks
 * its mean, and significant differences from it are marked.
 */
export function intervalBars(rows: readonly IntervalRow[], label: string): Figure {
  const reference = rows[0]?.mean ?? NaN;
  const labels = rows.map(({ name, count }) =>
    wrapText(`${name} (n\u00a0=\u00a0${count})`, LABEL_WIDTH, LABEL_FONT).join("<br>"),
  );
  const widest = Math.max(0, ...labels.map((text) => textWidth(text, LABEL_FONT)));
  const lines = Math.max(1, ...labels.map(lineCount));
  const bound = (row: IntervalRow, side: 0 | 1): number | null =>
    row.interval === undefined ? null : Math.abs(row.interval[side] - row.mean);
  const texts = rows.map(({ mean, pValue }) =>
    Number.isNaN(mean) ? "" : `${mean.toFixed(2)} ${significanceMark(pValue)}`.trim(),
  );
  return new Figure({
    data: [
      {
        type: "bar",
        orientation: "h",
        x: rows.map(({ mean }) => (Number.isNaN(mean) ? null : mean)),
        y: labels,
        error_x: {
          type: "data",
          symmetric: false,
          array: rows.map((row) => bound(row, 1)),
          arrayminus: rows.map((row) => bound(row, 0)),
          thickness: 1.4,
          color: WHISKER_COLOUR,
        },
        text: texts,
        textposition: "none",
        marker: { color: rows.map((_, i) => (i === 0 ? MODEL_COLOURS[0] : "#7f9db9")) },
        showlegend: false,
      },
    ],
    layout: {
      height: 90 + Math.max(34, 10 + 16 * lines) * rows.length,
      margin: { l: 24 + Math.ceil(widest), r: 60, t: 16, b: 48 },
      annotations: valueLabels(
        rows.map(({ mean, interval }, place) => ({
          place,
          end: Math.max(mean, interval?.[1] ?? mean),
          text: texts[place],
        })),
        "right",
      ),
      xaxis: { title: { text: label }, range: [0, 1] },
      // A grid line would cross the middle of a bar.
      yaxis: {
        autorange: "reversed",
        showgrid: false,
        // Invisible ticks keep the names off the bars.
        ticks: "outside",
        ticklen: 6,
        tickcolor: "rgba(0, 0, 0, 0)",
      },
      shapes: [
        {
          type: "line",
          xref: "x",
          yref: "paper",
          x0: reference,
          x1: reference,
          y0: 0,
          y1: 1,
          line: { color: "#888888", width: 1, dash: "dot" },
        },
      ],
    },
    description: `${label}: ${rows.map((row) => describeRow(row)).join("; ")}.`,
  });
}

function describeRow({ name, mean, interval, count, pValue }: IntervalRow): string {
  const range =
    interval === undefined
      ? ""
      : ` (${describeScore(interval[0])} to ${describeScore(interval[1])})`;
  const p =
    pValue === undefined || Number.isNaN(pValue)
      ? ""
      : `, ${describePValue(pValue)} against the first`;
  return `${name} ${describeScore(mean)}${range}, n = ${count}${p}`;
}
