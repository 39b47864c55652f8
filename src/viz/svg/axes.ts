import type { PlotlyJson } from "../Figure";
import { arrayAt, numberAt, objectAt, textAt, titleOf } from "./json";
import { lineCount, svgText, tag, textWidth } from "./markup";
import type { Theme } from "./markup";
import { logTicks, niceTicks, tickText } from "./scale";
import type { Project, Tick } from "./scale";

/** The plotting area of the page, in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An axis that can map values to pixels. */
export interface Axis {
  readonly letter: "x" | "y";
  readonly json: PlotlyJson;
  /** The pixels at which the axis begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly project: Project;
  /** The width in pixels of one category, or of one unit on a linear axis. */
  readonly unit: number;
  readonly ticks: readonly Tick[];
  readonly isVisible: boolean;
  /** The categories in order; empty for numbers. */
  readonly categories: readonly string[];
}

/** The values that an axis must include. */
export interface AxisValues {
  readonly values: readonly unknown[];
  /** Bars start at zero, so the axis must show it. */
  readonly hasBars: boolean;
}

/** Builds an axis from plotly's JSON and the values that are drawn on it. */
export function makeAxis(letter: "x" | "y", json: PlotlyJson, area: Area, drawn: AxisValues): Axis {
  const [start, end] = numberPair(json, "domain") ?? [0, 1];
  const isX = letter === "x";
  const from = isX ? area.left + start * area.width : area.top + (1 - start) * area.height;
  const to = isX ? area.left + end * area.width : area.top + (1 - end) * area.height;
  const isVisible = json["visible"] !== false;
  const categories =
    json["type"] === "category" || drawn.values.some((value) => typeof value === "string")
      ? [...new Set([...arrayAt(json, "categoryarray"), ...drawn.values].map(String))]
      : [];
  const common = { letter, json, from, to, isVisible, categories };

  if (categories.length > 0) {
    const isReversed = json["autorange"] === "reversed";
    const unit = (to - from) / categories.length;
    const place = (index: number): number =>
      from + unit * (isReversed ? categories.length - 1 - index + 0.5 : index + 0.5);
    const project: Project = (value) =>
      place(typeof value === "number" ? value : categories.indexOf(String(value)));
    const ticks = categories.map((value) => ({ value, text: value }));
    return { ...common, project, unit: Math.abs(unit), ticks };
  }

  const isLog = json["type"] === "log";
  const [low, high] = isLog
    ? (numberPair(json, "range")?.map((power) => 10 ** power) ?? extent(drawn, json, true))
    : (numberPair(json, "range") ?? extent(drawn, json, false));
  const f = isLog ? Math.log10 : (value: number): number => value;
  const span = f(high) - f(low) || 1;
  const project: Project = (value) => from + ((f(Number(value)) - f(low)) / span) * (to - from);
  return {
    ...common,
    project,
    unit: Math.abs((to - from) / span),
    ticks: numericTicks(json, low, high, isLog, Math.abs(to - from) / (isX ? 90 : 50)),
  };
}

function numericTicks(
  json: PlotlyJson,
  low: number,
  high: number,
  isLog: boolean,
  count: number,
): Tick[] {
  const given = arrayAt(json, "tickvals").map(Number);
  const texts = arrayAt(json, "ticktext").map(String);
  const step = numberAt(json, "dtick", 0);
  // If the axis defines its tick distance, that determines the number of ticks.
  const wanted = step > 0 ? Math.abs(high - low) / step : count;
  const values =
    given.length > 0 ? given : isLog ? logTicks(low, high) : niceTicks(low, high, wanted);
  const isPercent = textAt(json, "tickformat", "").endsWith("%");
  const bounds = [Math.min(low, high), Math.max(low, high)];
  return values
    .map((value, i) => ({
      value,
      text: texts[i] ?? (isPercent ? `${tickText(value * 100)} %` : tickText(value)),
    }))
    .filter(({ value }) => value >= bounds[0] - 1e-9 && value <= bounds[1] + 1e-9);
}

function numberPair(json: PlotlyJson, key: string): [number, number] | null {
  const [a, b] = arrayAt(json, key).map(Number);
  return a !== undefined && b !== undefined && Number.isFinite(a) && Number.isFinite(b)
    ? [a, b]
    : null;
}

/** The range of the values with plotly's padding. */
function extent(
  { values, hasBars }: AxisValues,
  json: PlotlyJson,
  isLog: boolean,
): [number, number] {
  const numbers = values
    .filter((value) => value !== null && value !== undefined)
    .map(Number)
    .filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  if (numbers.length === 0) return isLog ? [1, 10] : [0, 1];
  let low = numbers.reduce((a, b) => Math.min(a, b));
  let high = numbers.reduce((a, b) => Math.max(a, b));
  if (isLog) return low === high ? [low / 2, high * 2] : [low / 1.2, high * 1.2];
  const isFromZero = hasBars || json["rangemode"] === "tozero";
  if (isFromZero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [isFromZero && low === 0 ? 0 : low - room, isFromZero && high === 0 ? 0 : high + room];
}

const TICK_FONT = 12;

/** Grid lines, ticks and titles of a pair of axes. */
export function drawAxes(x: Axis, y: Axis, theme: Theme): string {
  const parts: string[] = [];
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    tag("line", { x1, y1, x2, y2, stroke: theme.grid, "stroke-width": 1 });
  if (y.isVisible) {
    for (const { value, text } of y.ticks) {
      const at = y.project(value);
      if (y.json["showgrid"] !== false && y.categories.length === 0) {
        parts.push(line(x.from, at, x.to, at));
      }
      // The block of lines is centred on the tick.
      const top = at + 4 - 0.6 * TICK_FONT * (lineCount(text) - 1);
      parts.push(svgText(text, { x: x.from - 6, y: top, "text-anchor": "end", fill: theme.text }));
    }
    const title = titleOf(y.json);
    if (title !== "") {
      const middle = (y.from + y.to) / 2;
      const widest = Math.max(0, ...y.ticks.map(({ text }) => textWidth(text, TICK_FONT)));
      const left = x.from - widest - 16;
      parts.push(
        svgText(title, {
          x: left,
          y: middle,
          transform: `rotate(-90 ${Math.round(left)} ${Math.round(middle)})`,
          "text-anchor": "middle",
          fill: theme.text,
        }),
      );
    }
  }
  if (x.isVisible) {
    const widest = Math.max(0, ...x.ticks.map(({ text }) => textWidth(text, TICK_FONT)));
    const room = x.categories.length > 0 ? x.unit : Math.abs(x.to - x.from) / x.ticks.length;
    const isSlanted = widest > room * 1.05;
    for (const { value, text } of x.ticks) {
      const at = x.project(value);
      if (x.json["showgrid"] !== false && x.categories.length === 0) {
        parts.push(line(at, y.from, at, y.to));
      }
      const top = y.from + 16;
      parts.push(
        svgText(text, {
          x: at,
          y: top,
          "text-anchor": isSlanted ? "end" : "middle",
          transform: isSlanted ? `rotate(-30 ${Math.round(at)} ${Math.round(top)})` : null,
          fill: theme.text,
        }),
      );
    }
    const title = titleOf(x.json);
    if (title !== "") {
      const below = isSlanted ? 20 + widest * 0.5 : 34;
      parts.push(
        svgText(title, {
          x: (x.from + x.to) / 2,
          y: y.from + below,
          "text-anchor": "middle",
          fill: theme.text,
        }),
      );
    }
    parts.push(
      tag("line", {
        x1: x.from,
        y1: y.from,
        x2: x.to,
        y2: y.from,
        stroke: theme.text,
        "stroke-opacity": 0.5,
      }),
    );
  }
  return parts.join("");
}

/** The layout key of an axis: `x` is `xaxis`, `x2` is `xaxis2`. */
export function layoutKey(id: string): string {
  return `${id[0]}axis${id.slice(1)}`;
}

/** The axis' JSON in a layout. */
export function axisJson(layout: PlotlyJson, id: string): PlotlyJson {
  return objectAt(layout, layoutKey(id));
}

/** The margins of the plotting area. */
export function marginOf(layout: PlotlyJson): Record<"l" | "r" | "t" | "b", number> {
  const margin = objectAt(layout, "margin");
  return {
    l: numberAt(margin, "l", 60),
    r: numberAt(margin, "r", 20),
    t: numberAt(margin, "t", 40),
    b: numberAt(margin, "b", 48),
  };
}
