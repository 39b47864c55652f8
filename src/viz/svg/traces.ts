import type { PlotlyJson } from "../Figure";
import { MODEL_COLOURS } from "../palette";
import type { Axis } from "./axes";
import { drawBars } from "./bars";
import { drawHeatmap } from "./heatmap";
import { arrayAt, numberAt, objectAt, textAt } from "./json";
import { px, svgText, tag } from "./markup";
import type { Theme } from "./markup";
import type { PlacedTrace } from "./placedTrace";
import { whisker } from "./whisker";

const DASHES: Readonly<Record<string, string>> = {
  dot: "2 3",
  dash: "6 4",
  longdash: "10 5",
  dashdot: "6 3 2 3",
};

/** The trace types that can be drawn statically. */
export const DRAWN_TYPES: readonly string[] = ["scatter", "bar", "heatmap", "image"];

/** One trace as SVG. */
export function drawTrace(placed: PlacedTrace, theme: Theme): string {
  const { trace, x, y } = placed;
  switch (typeOf(trace)) {
    case "scatter":
      return drawScatter(placed, theme);
    case "bar":
      return drawBars(placed, theme);
    case "heatmap":
      return drawHeatmap(trace, x, y);
    case "image":
      return drawImage(trace, x, y);
    default:
      return "";
  }
}

/** A trace's type; plotly's default is `scatter`, and `scattergl` looks the same. */
export function typeOf(trace: PlotlyJson): string {
  const type = textAt(trace, "type", "scatter");
  return type === "scattergl" ? "scatter" : type;
}

/** The colour of a trace, from the first of plotly's settings that is present. */
export function colourOf(trace: PlotlyJson, index: number): string {
  const line = textAt(objectAt(trace, "line"), "color", "");
  const marker = textAt(objectAt(trace, "marker"), "color", "");
  return (
    (typeOf(trace) === "bar" ? marker : line || marker) ||
    MODEL_COLOURS[index % MODEL_COLOURS.length]
  );
}

/** The points of a trace; missing `x` count from 0. */
function pointsOf(trace: PlotlyJson): { x: unknown; y: unknown }[] {
  const ys = arrayAt(trace, "y");
  const xs = arrayAt(trace, "x");
  return ys.map((y, i) => ({ x: xs.length > 0 ? xs[i] : i, y }));
}

function drawScatter({ trace, colour, x, y, previous }: PlacedTrace, theme: Theme): string {
  const points = pointsOf(trace);
  const mode = textAt(trace, "mode", points.length > 20 ? "lines" : "lines+markers");
  const opacity = numberAt(trace, "opacity", 1);
  const parts: string[] = [];
  const path = linePath(points, x, y);
  const fill = textAt(trace, "fill", "none");
  if (fill !== "none" && path !== "") {
    const closing =
      fill === "toself"
        ? "Z"
        : fill === "tonexty" && previous !== null
          ? `L${linePath(pointsOf(previous).reverse(), x, y).slice(1)}Z`
          : `L${px(x.project(points.at(-1)?.x))} ${px(y.project(0))}L${px(x.project(points[0].x))} ${px(y.project(0))}Z`;
    const fillColour = textAt(trace, "fillcolor", "");
    parts.push(
      tag("path", {
        d: fill === "toself" ? path.replaceAll("M", "ZM").slice(1) + "Z" : path + closing,
        fill: fillColour || colour,
        "fill-opacity": fillColour === "" ? 0.25 : null,
        "fill-rule": "nonzero",
      }),
    );
  }
  const line = objectAt(trace, "line");
  const width = numberAt(line, "width", 2);
  if (mode.includes("lines") && width > 0) {
    parts.push(
      tag("path", {
        d: path,
        fill: "none",
        stroke: colour,
        "stroke-width": width,
        "stroke-linejoin": "round",
        "stroke-dasharray": DASHES[textAt(line, "dash", "solid")],
      }),
    );
  }
  parts.push(drawErrorBars(trace, points, x, y, colour));
  if (mode.includes("markers")) {
    const marker = objectAt(trace, "marker");
    const sizes = arrayAt(marker, "size").map(Number);
    const colours = arrayAt(marker, "color").map(String);
    points.forEach((point, i) => {
      if (point.x === null || point.y === null || point.y === undefined) return;
      const r = (sizes[i] ?? numberAt(marker, "size", 7)) / 2;
      parts.push(
        drawMarker(textAt(marker, "symbol", "circle"), x.project(point.x), y.project(point.y), r, {
          fill: colours[i] ?? colour,
        }),
      );
    });
  }
  if (mode.includes("text")) {
    const texts = arrayAt(trace, "text");
    points.forEach((point, i) => {
      if (point.y === null || typeof texts[i] !== "string") return;
      parts.push(
        svgText(texts[i], {
          x: x.project(point.x),
          y: y.project(point.y) - 6,
          "text-anchor": "middle",
          fill: theme.text,
        }),
      );
    });
  }
  return tag("g", { opacity: opacity === 1 ? null : opacity }, parts.join(""));
}

/** A marker of the named shape; a circle if the name is unknown. */
export function drawMarker(
  symbol: string,
  cx: number,
  cy: number,
  r: number,
  attributes: Readonly<Record<string, string>>,
): string {
  if (symbol.startsWith("square")) {
    return tag("rect", { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r, ...attributes });
  }
  if (symbol.startsWith("diamond")) {
    const d = `M${px(cx)} ${px(cy - r)}L${px(cx + r)} ${px(cy)}L${px(cx)} ${px(cy + r)}L${px(cx - r)} ${px(cy)}Z`;
    return tag("path", { d, ...attributes });
  }
  return tag("circle", { cx, cy, r, ...attributes });
}

/** A polyline with a gap at every missing value. */
function linePath(points: readonly { x: unknown; y: unknown }[], x: Axis, y: Axis): string {
  let isOpen = false;
  let path = "";
  for (const point of points) {
    const isMissing =
      point.x === null ||
      point.y === null ||
      point.y === undefined ||
      (typeof point.y === "number" && !Number.isFinite(point.y));
    if (!isMissing) {
      path += `${isOpen ? "L" : "M"}${px(x.project(point.x))} ${px(y.project(point.y))}`;
    }
    isOpen = !isMissing;
  }
  return path;
}

function drawErrorBars(
  trace: PlotlyJson,
  points: readonly { x: unknown; y: unknown }[],
  x: Axis,
  y: Axis,
  colour: string,
): string {
  const parts: string[] = [];
  for (const key of ["error_x", "error_y"] as const) {
    const error = objectAt(trace, key);
    const above = arrayAt(error, "array");
    const below = arrayAt(error, "arrayminus");
    points.forEach((point, i) => {
      const up = above[i];
      const down = below.length > 0 ? below[i] : up;
      if (typeof up !== "number" || typeof down !== "number" || point.y === null) return;
      parts.push(
        key === "error_y"
          ? whisker(
              x.project(point.x),
              y.project(Number(point.y) - down),
              y.project(Number(point.y) + up),
              false,
              colour,
            )
          : whisker(
              y.project(point.y),
              x.project(Number(point.x) - down),
              x.project(Number(point.x) + up),
              true,
              colour,
            ),
      );
    });
  }
  return parts.join("");
}

function drawImage(trace: PlotlyJson, x: Axis, y: Axis): string {
  const source = textAt(trace, "source", "");
  if (source === "") return "";
  const left = Math.min(x.from, x.to);
  const top = Math.min(y.from, y.to);
  return tag("image", {
    href: source,
    x: left,
    y: top,
    width: Math.abs(x.to - x.from),
    height: Math.abs(y.to - y.from),
    preserveAspectRatio: "xMidYMid meet",
  });
}
