import { ConfigError } from "../../core/errors";
import type { Figure } from "../Figure";
import type { GreyWindow } from "../pictures/scanPicture";
import { HEAT, colourScale } from "../svg/colourScale";
import { px, svgText, tag } from "../svg/markup";
import type { PlaneLike } from "./caseMasks";
import { checkCoversScan, heatPicture } from "./heatOverlay";
import { panelRow } from "./panelRow";

/** The attention of one query pixel, or the coefficients of an attention gate. */
export interface AttentionPanel {
  readonly title: string;
  /** One weight per position; may be coarser than the scan. */
  readonly weights: PlaneLike;
  /** The query pixel, `[row, column]` of the scan; marked with a cross. */
  readonly query?: readonly [row: number, column: number];
}

/** A map of `explain` or `attentionMaps`: its layer, and its head if it has several, are its title. */
export interface AttentionRecordLike extends Omit<AttentionPanel, "title"> {
  readonly layer: string;
  /** Counted from 0. */
  readonly head?: number;
}

/** Options of {@link attentionMap}. */
export interface AttentionMapOptions {
  readonly window?: GreyWindow;
  /** Width of a panel in pixels; default 260. */
  readonly panelSize?: number;
}

/**
 * Attention weights over the scan, one panel each, after a panel with the scan alone. Each panel is
 * scaled to its own largest weight.
 *
 * @param scan the slice, row-major
 * @param maps with the scan's aspect ratio; the `attention` and `gates` of `explain` can be passed directly
 * @throws ConfigError when a map has another aspect ratio, or a query lies outside the scan
 * @example
 * const scan = { height: 2, width: 2, data: [0, 1, 2, 3] };
 * attentionMap(scan, [{ title: "Head 1", weights: scan, query: [0, 1] }]).description;
 * // "Attention over the scan: Head 1."
 */
export function attentionMap(
  scan: PlaneLike,
  maps: readonly (AttentionPanel | AttentionRecordLike)[],
  options: AttentionMapOptions = {},
): Figure {
  const { panelSize = 260, window } = options;
  const panels = maps.map((map) => ({ ...map, title: titleOf(map) }));
  const overlays = panels.map(({ title, weights, query }) => {
    const where = `attentionMap["${title}"]`;
    checkCoversScan(where, weights, scan);
    return {
      heading: title,
      caption: `largest weight ${Number(largest(weights).toPrecision(2))}`,
      overlay:
        tag("image", {
          href: heatPicture(weights, HEAT),
          width: scan.width,
          height: scan.height,
          preserveAspectRatio: "none",
        }) + (query === undefined ? "" : cross(where, scan, query)),
    };
  });
  return panelRow(scan, [{ heading: "Scan", overlay: "" }, ...overlays], {
    panelSize,
    window,
    description: `Attention over the scan: ${panels.map(({ title }) => title).join(", ")}.`,
    footer: { svg: colourBar(panelSize), height: 34 },
  });
}

function titleOf(map: AttentionPanel | AttentionRecordLike): string {
  if ("title" in map) return map.title;
  return map.head === undefined ? map.layer : `${map.layer}, head ${map.head + 1}`;
}

function largest({ data }: PlaneLike): number {
  let most = -Infinity;
  for (let i = 0; i < data.length; i++) most = Math.max(most, data[i]);
  return most;
}

function cross(where: string, scan: PlaneLike, [row, column]: readonly [number, number]): string {
  if (!(row >= 0 && row < scan.height && column >= 0 && column < scan.width)) {
    throw new ConfigError({
      where: `${where}.query`,
      expected: `a pixel of the ${scan.height} x ${scan.width} scan`,
      got: `[${row}, ${column}]`,
    });
  }
  const [x, y, arm] = [column + 0.5, row + 0.5, Math.max(scan.height, scan.width) / 30];
  const d = `M${px(x - arm)} ${px(y)}H${px(x + arm)}M${px(x)} ${px(y - arm)}V${px(y + arm)}`;
  return ["#000000", "#56B4E9"]
    .map((stroke, i) =>
      tag("path", { d, stroke, "stroke-width": (arm / 3) * (2 - i), fill: "none" }),
    )
    .join("");
}

/** The colour scale from no attention to the panel's largest weight. */
function colourBar(width: number): string {
  const colour = colourScale(HEAT);
  const steps = 40;
  const bar = Array.from({ length: steps }, (_, i) =>
    tag("rect", {
      x: (i * width) / steps,
      y: 0,
      width: width / steps + 0.5,
      height: 10,
      fill: colour(i / (steps - 1)).css,
    }),
  ).join("");
  const text = (label: string, x: number, anchor: string): string =>
    svgText(label, { x, y: 24, "text-anchor": anchor, fill: "#333333" });
  return bar + text("least", 0, "start") + text("most attention", width, "end");
}
