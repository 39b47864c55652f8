import type { PlotlyJson } from "../Figure";
import { axisJson, drawAxes, makeAxis, marginOf } from "./axes";
import type { Area, Axis } from "./axes";
import { arrayAt, numberAt, objectAt, textAt, titleOf } from "./json";
import { drawLegend, legendEntries } from "./legend";
import { FONT, LIGHT, svgText, tag } from "./markup";
import type { Theme } from "./markup";
import { DRAWN_TYPES, colourOf, drawTrace, typeOf } from "./traces";

/** A chart as plotly describes it. */
export interface Chart {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  /** Read aloud by screen readers. */
  readonly description: string;
}

const DEFAULT_WIDTH = 760;
const DEFAULT_HEIGHT = 380;

/**
 * A static SVG of a plotly chart, drawn without a browser: for pages without scripts, PDF, GitHub and
 * mail.
 *
 * Draws `scatter`, `bar`, `heatmap` and `image` traces on cartesian axes, error bars, legends,
 * annotations, and the lines and rectangles of `layout.shapes`. Traces of other types are listed below
 * the chart instead of being dropped silently.
 *
 * @param chart plotly's `data` and `layout`, and a description for screen readers
 * @param theme `LIGHT` is for a standalone picture on white; `INHERIT` uses the surrounding page's colours
 * @example
 * chartSvg({ data: [{ x: [1, 2], y: [3, 4] }], layout: {}, description: "A line." }).slice(0, 4); // "<svg"
 */
export function chartSvg({ data, layout, description }: Chart, theme: Theme = LIGHT): string {
  const width = numberAt(layout, "width", DEFAULT_WIDTH);
  const margin = marginOf(layout);
  const entries = legendEntries(data, layout);
  const legend = drawLegend(entries, { left: margin.l, width: width - margin.l - margin.r }, theme);
  const title = titleOf(layout);
  const head = (title === "" ? 0 : 26) + legend.height;
  // A legend that is higher than the margin moves the chart down instead of covering it.
  const push = Math.max(0, head + 8 - margin.t);
  const height = numberAt(layout, "height", DEFAULT_HEIGHT) + push;
  const area: Area = {
    left: margin.l,
    top: margin.t + push,
    width: width - margin.l - margin.r,
    height: height - margin.t - push - margin.b,
  };

  const axes = makeAxes(data, layout, area);
  const parts = [
    ...axes.pairs.map(([x, y]) => drawAxes(x, y, theme)),
    ...drawShapes(layout, axes, area, "below"),
    ...drawTraces(data, axes, theme),
    ...drawShapes(layout, axes, area, "above"),
    ...drawAnnotations(layout, axes, area, theme),
  ];
  const left = [...new Set(data.map(typeOf))].filter((type) => !DRAWN_TYPES.includes(type));
  if (left.length > 0) {
    parts.push(
      svgText(`Interactive only: ${left.join(", ")}. ${description}`, {
        x: width / 2,
        y: height / 2,
        "text-anchor": "middle",
        fill: theme.text,
      }),
    );
  }
  const heading =
    title === ""
      ? ""
      : svgText(title, {
          x: margin.l,
          y: 20,
          "font-size": 15,
          "font-weight": "bold",
          fill: theme.text,
        });
  const moved = tag("g", { transform: `translate(0 ${title === "" ? 4 : 28})` }, legend.svg);
  const background =
    theme.background === null
      ? ""
      : tag("rect", { width: "100%", height: "100%", fill: theme.background });
  return tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": description,
      "font-family": FONT,
      "font-size": 12,
      style: "max-width:100%;height:auto",
    },
    background + heading + moved + parts.join(""),
  );
}

interface Axes {
  readonly x: ReadonlyMap<string, Axis>;
  readonly y: ReadonlyMap<string, Axis>;
  /** The pairs of axes to draw, each once. */
  readonly pairs: readonly (readonly [Axis, Axis])[];
}

const axisIds = (trace: PlotlyJson): [string, string] => [
  textAt(trace, "xaxis", "x"),
  textAt(trace, "yaxis", "y"),
];

function makeAxes(data: readonly PlotlyJson[], layout: PlotlyJson, area: Area): Axes {
  const cartesian = data.filter((trace) => DRAWN_TYPES.includes(typeOf(trace)));
  const make = (letter: "x" | "y"): Map<string, Axis> => {
    const side = letter === "x" ? 0 : 1;
    const ids = [...new Set(cartesian.map((trace) => axisIds(trace)[side]))];
    return new Map(
      ids.map((id) => {
        const own = cartesian.filter((trace) => axisIds(trace)[side] === id);
        const values = own.flatMap((trace) => valuesOn(trace, letter));
        const hasBars = own.some(
          (trace) => typeOf(trace) === "bar" && (trace["orientation"] === "h") === (letter === "x"),
        );
        return [id, makeAxis(letter, axisJson(layout, id), area, { values, hasBars })];
      }),
    );
  };
  const x = make("x");
  const y = make("y");
  const keys = new Set(cartesian.map((trace) => axisIds(trace).join(" ")));
  const pairs = [...keys].flatMap((key) => {
    const [first, second] = key.split(" ");
    const pair = [x.get(first), y.get(second)] as const;
    return pair[0] !== undefined && pair[1] !== undefined ? [[pair[0], pair[1]] as const] : [];
  });
  return { x, y, pairs };
}

/** The values of a trace that its axis must include, with error bars. */
function valuesOn(trace: PlotlyJson, letter: "x" | "y"): unknown[] {
  const values = [...arrayAt(trace, letter)];
  if (typeOf(trace) === "heatmap" && values.length === 0) {
    const rows = arrayAt(trace, "z");
    const columns = Array.isArray(rows[0]) ? rows[0].length : 0;
    const count = letter === "y" ? rows.length : columns;
    return [-0.5, count - 0.5];
  }
  if (letter === "x" && values.length === 0) return arrayAt(trace, "y").map((_, i) => i);
  const error = objectAt(trace, `error_${letter}`);
  const above = arrayAt(error, "array");
  const below = arrayAt(error, "arrayminus");
  return values.flatMap((value, i) =>
    typeof value === "number" && typeof above[i] === "number"
      ? [value - Number(below[i] ?? above[i]), value + above[i]]
      : [value],
  );
}

function drawTraces(data: readonly PlotlyJson[], axes: Axes, theme: Theme): string[] {
  const bars = data.filter((trace) => typeOf(trace) === "bar");
  return data.map((trace, index) => {
    const [xId, yId] = axisIds(trace);
    const x = axes.x.get(xId);
    const y = axes.y.get(yId);
    if (x === undefined || y === undefined || trace["visible"] === "legendonly") return "";
    const siblings = bars.filter((bar) => axisIds(bar).join() === axisIds(trace).join());
    const before = data
      .slice(0, index)
      .filter(
        (other) => typeOf(other) === "scatter" && axisIds(other).join() === axisIds(trace).join(),
      );
    return drawTrace(
      {
        trace,
        colour: colourOf(trace, index),
        x,
        y,
        bar: { index: siblings.indexOf(trace), count: Math.max(1, siblings.length) },
        previous: before.at(-1) ?? null,
      },
      theme,
    );
  });
}

/** The pixel of a position given relative to the paper (0..1) or to an axis. */
function placeOf(json: PlotlyJson, key: string, reference: string, axes: Axes, area: Area): number {
  const letter = key[0] === "x" ? "x" : "y";
  const ref = textAt(json, reference, letter);
  const value = json[key];
  const axis = axes[letter].get(ref.replace(/ domain$/, ""));
  if (ref === "paper" || axis === undefined) {
    const share = Number(value);
    return letter === "x" ? area.left + share * area.width : area.top + (1 - share) * area.height;
  }
  if (ref.endsWith(" domain")) return axis.from + Number(value) * (axis.to - axis.from);
  return axis.project(value);
}

function drawShapes(
  layout: PlotlyJson,
  axes: Axes,
  area: Area,
  layer: "below" | "above",
): string[] {
  return (arrayAt(layout, "shapes") as PlotlyJson[])
    .filter((shape) => textAt(shape, "layer", "above") === layer)
    .map((shape) => {
      const at = (key: string): number => placeOf(shape, key, `${key[0]}ref`, axes, area);
      const [x0, x1, y0, y1] = [at("x0"), at("x1"), at("y0"), at("y1")];
      const line = objectAt(shape, "line");
      const stroke = textAt(line, "color", "#888888");
      const paint = { stroke, "stroke-width": numberAt(line, "width", 1) };
      if (shape["type"] === "rect") {
        return tag("rect", {
          x: Math.min(x0, x1),
          y: Math.min(y0, y1),
          width: Math.abs(x1 - x0),
          height: Math.abs(y1 - y0),
          ...paint,
          fill: textAt(shape, "fillcolor", "none"),
          "fill-opacity": numberAt(shape, "opacity", 1),
        });
      }
      const dash = textAt(line, "dash", "solid") === "solid" ? null : "5 4";
      return tag("line", { x1: x0, y1: y0, x2: x1, y2: y1, ...paint, "stroke-dasharray": dash });
    });
}

function drawAnnotations(layout: PlotlyJson, axes: Axes, area: Area, theme: Theme): string[] {
  return (arrayAt(layout, "annotations") as PlotlyJson[]).map((note) => {
    const anchor = textAt(note, "xanchor", "center");
    const yAnchor = textAt(note, "yanchor", "middle");
    const size = numberAt(objectAt(note, "font"), "size", 12);
    const drop = yAnchor === "top" ? size : yAnchor === "bottom" ? -3 : size * 0.35;
    const angle = numberAt(note, "textangle", 0);
    const x = placeOf(note, "x", "xref", axes, area) + numberAt(note, "xshift", 0);
    const y = placeOf(note, "y", "yref", axes, area) - numberAt(note, "yshift", 0) + drop;
    return svgText(textAt(note, "text", ""), {
      x,
      y,
      "font-size": size,
      "text-anchor": anchor === "left" ? "start" : anchor === "right" ? "end" : "middle",
      transform: angle === 0 ? null : `rotate(${angle} ${Math.round(x)} ${Math.round(y)})`,
      fill: theme.text,
    });
  });
}
