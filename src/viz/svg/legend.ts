import type { PlotlyJson } from "../Figure";
import { objectAt, textAt } from "./json";
import { svgText, tag, textWidth } from "./markup";
import type { Theme } from "./markup";
import { colourOf, drawMarker, typeOf } from "./traces";

/** One line of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly kind: "line" | "box";
  readonly isDashed: boolean;
}

const ROW = 20;
const FONT_SIZE = 12;

/** The entries that plotly would show: named traces, if there are several or the legend is requested. */
export function legendEntries(
  data: readonly PlotlyJson[],
  layout: PlotlyJson,
): readonly LegendEntry[] {
  const named = data
    .map((trace, index) => ({ trace, index }))
    .filter(({ trace }) => typeof trace["name"] === "string" && trace["showlegend"] !== false);
  const isWanted =
    layout["showlegend"] === true ||
    named.some(({ trace }) => trace["showlegend"] === true) ||
    data.length > 1;
  if (layout["showlegend"] === false || !isWanted) return [];
  return named.map(({ trace, index }) => ({
    name: textAt(trace, "name", ""),
    colour: colourOf(trace, index),
    kind: typeOf(trace) === "bar" || textAt(trace, "mode", "lines") === "markers" ? "box" : "line",
    isDashed: textAt(objectAt(trace, "line"), "dash", "solid") !== "solid",
  }));
}

/** Draws the entries from the left, in as many rows as needed. */
export function drawLegend(
  entries: readonly LegendEntry[],
  room: { readonly left: number; readonly width: number },
  theme: Theme,
): { readonly svg: string; readonly height: number } {
  let left = 0;
  let row = 0;
  const parts = entries.map(({ name, colour, kind, isDashed }) => {
    const width = 26 + textWidth(name, FONT_SIZE) + 16;
    if (left > 0 && left + width > room.width) {
      left = 0;
      row++;
    }
    const x = room.left + left;
    const y = row * ROW + ROW / 2;
    left += width;
    const sample =
      kind === "box"
        ? drawMarker("square", x + 9, y, 6, { fill: colour })
        : tag("line", {
            x1: x,
            y1: y,
            x2: x + 18,
            y2: y,
            stroke: colour,
            "stroke-width": 2.5,
            "stroke-dasharray": isDashed ? "6 4" : null,
          });
    return sample + svgText(name, { x: x + 24, y: y + 4, fill: theme.text });
  });
  return { svg: parts.join(""), height: entries.length === 0 ? 0 : (row + 1) * ROW };
}
