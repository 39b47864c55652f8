import type { PlotlyJson } from "../Figure";
import type { Axis } from "./axes";
import { colourScale, scaleOf } from "./colourScale";
import { arrayAt, numberAt, textAt } from "./json";
import { svgText, tag } from "./markup";

/** A heatmap's cells as rectangles, with the trace's texts if it has any. */
export function drawHeatmap(trace: PlotlyJson, x: Axis, y: Axis): string {
  const rows = arrayAt(trace, "z").map((row) => (Array.isArray(row) ? (row as unknown[]) : []));
  const texts = arrayAt(trace, "text").map((row) => (Array.isArray(row) ? (row as unknown[]) : []));
  const hasTexts = textAt(trace, "texttemplate", "") !== "";
  const flat = rows.flat().filter((value): value is number => Number.isFinite(value));
  const low = numberAt(
    trace,
    "zmin",
    flat.reduce((a, b) => Math.min(a, b), Infinity),
  );
  const high = numberAt(
    trace,
    "zmax",
    flat.reduce((a, b) => Math.max(a, b), -Infinity),
  );
  const colour = colourScale(scaleOf(trace["colorscale"]));
  const xs = arrayAt(trace, "x");
  const ys = arrayAt(trace, "y");
  const width = x.unit + 0.5;
  const height = y.unit + 0.5;
  return rows
    .flatMap((row, i) =>
      row.map((value, j) => {
        if (typeof value !== "number" || !Number.isFinite(value)) return "";
        const cx = x.project(xs[j] ?? j);
        const cy = y.project(ys[i] ?? i);
        const { css, isDark } = colour((value - low) / (high - low || 1));
        const cell = tag("rect", {
          x: cx - width / 2,
          y: cy - height / 2,
          width,
          height,
          fill: css,
        });
        const text = texts[i]?.[j];
        return hasTexts && typeof text === "string"
          ? cell +
              svgText(text, {
                x: cx,
                y: cy + 4,
                "text-anchor": "middle",
                fill: isDark ? "#ffffff" : "#111111",
              })
          : cell;
      }),
    )
    .join("");
}
