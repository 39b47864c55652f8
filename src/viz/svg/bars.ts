import type { Axis } from "./axes";
import { arrayAt, numberAt, objectAt, textAt } from "./json";
import { svgText, tag } from "./markup";
import type { Theme } from "./markup";
import type { PlacedTrace } from "./placedTrace";
import { whisker } from "./whisker";

/** The fraction of a category's width that its bars fill, as in plotly. */
const FILLED = 0.8;

/** Bars of one trace, vertical or horizontal, grouped with those of other traces. */
export function drawBars({ trace, colour, x, y, bar }: PlacedTrace, theme: Theme): string {
  const isHorizontal = trace["orientation"] === "h";
  const along: Axis = isHorizontal ? y : x;
  const value: Axis = isHorizontal ? x : y;
  const places = arrayAt(trace, isHorizontal ? "y" : "x");
  const values = arrayAt(trace, isHorizontal ? "x" : "y");
  const texts = arrayAt(trace, "text");
  const marker = objectAt(trace, "marker");
  const colours = arrayAt(marker, "color").map(String);
  const error = objectAt(trace, isHorizontal ? "error_x" : "error_y");
  const above = arrayAt(error, "array");
  const below = arrayAt(error, "arrayminus");
  const room = (along.categories.length > 0 ? along.unit : smallestStep(places, along)) * FILLED;
  const width = numberAt(trace, "width", 0) * along.unit || room / bar.count;
  const parts: string[] = [];
  values.forEach((item, i) => {
    if (typeof item !== "number" || !Number.isFinite(item)) return;
    const centre =
      along.project(places[i] ?? i) + (bar.index - (bar.count - 1) / 2) * (room / bar.count);
    const start = value.project(0);
    const end = value.project(item);
    const box = isHorizontal
      ? {
          x: Math.min(start, end),
          y: centre - width / 2,
          width: Math.abs(end - start),
          height: width,
        }
      : { x: centre - width / 2, y: Math.min(start, end), width, height: Math.abs(end - start) };
    parts.push(tag("rect", { ...box, fill: colours[i] ?? colour }));
    const up = above[i];
    const down = below.length > 0 ? below[i] : up;
    const hasWhisker = typeof up === "number" && typeof down === "number";
    if (hasWhisker) {
      parts.push(
        whisker(
          centre,
          value.project(item - down),
          value.project(item + up),
          isHorizontal,
          theme.text,
        ),
      );
    }
    const text = texts[i];
    const position = textAt(trace, "textposition", "outside");
    if (typeof text === "string" && text !== "" && position !== "none") {
      const isOutside = position === "outside";
      const tip = isOutside && hasWhisker ? value.project(item + up) : end;
      parts.push(
        svgText(text, {
          ...(isHorizontal
            ? { x: tip + 5, y: centre + 4 }
            : { x: centre, y: tip - 5, "text-anchor": "middle" }),
          "font-size": 11,
          fill: theme.text,
        }),
      );
    }
  });
  return parts.join("");
}

/** The smallest distance between two bars on a linear axis, in pixels. */
function smallestStep(places: readonly unknown[], axis: Axis): number {
  const at = places.map((place) => axis.project(place)).sort((a, b) => a - b);
  let step = Infinity;
  for (let i = 1; i < at.length; i++) step = Math.min(step, at[i] - at[i - 1] || Infinity);
  return Number.isFinite(step) ? step : Math.min(60, Math.abs(axis.to - axis.from));
}
