import { Figure, fingerprint } from "../Figure";
import { scanPicture } from "../pictures/scanPicture";
import type { GreyWindow } from "../pictures/scanPicture";
import { FONT, svgText, tag } from "../svg/markup";
import type { PlaneLike } from "./caseMasks";
import { panelHeight, placement, scanDefinition, scanPanel } from "./panelSvg";
import type { Panel } from "./panelSvg";

/** One panel: the scan with an overlay. */
export interface OverlaidPanel {
  readonly heading: string;
  /** SVG in the scan's pixel coordinates. */
  readonly overlay: string;
  readonly caption?: string;
}

/** Options of {@link panelRow}. */
export interface PanelRowOptions {
  readonly panelSize: number;
  readonly window?: GreyWindow | undefined;
  readonly description: string;
  /** A row of SVG below the panels, such as a colour scale, and its height. */
  readonly footer?: { readonly svg: string; readonly height: number };
}

const GAP = 14;
const HEADING = 26;
const CAPTION = 22;

/** Panels per row, so that three of the usual size fit into a notebook; four make a square. */
function columnsOf(count: number): number {
  return count === 4 ? 2 : Math.min(count, 3);
}

/** Panels of the same scan in rows, each with a different overlay. The scan is stored once. */
export function panelRow(
  scan: PlaneLike,
  panels: readonly OverlaidPanel[],
  options: PanelRowOptions,
): Figure {
  const { panelSize, window, description, footer } = options;
  const columns = columnsOf(panels.length);
  const width = columns * (panelSize + GAP) + GAP;
  const rowHeight = panelHeight(panelSize, scan);
  const rowStep = HEADING + rowHeight + CAPTION;
  const rowsHeight = Math.ceil(panels.length / columns) * rowStep;
  const height = rowsHeight + (footer?.height ?? 0);
  const id = `lb-${fingerprint(description + panels.map(({ overlay }) => overlay).join(""))}`;
  const picture = scanPicture(scan, window);
  const text = { "text-anchor": "middle", fill: "#333333" };
  const parts = panels.map(({ heading, overlay, caption }, index) => {
    const top = Math.floor(index / columns) * rowStep;
    const panel: Panel = {
      left: GAP + (index % columns) * (panelSize + GAP),
      top: top + HEADING,
      width: panelSize,
      height: rowHeight,
    };
    const { x, y, scale } = placement(panel, scan);
    const centre = panel.left + panelSize / 2;
    return [
      svgText(heading, { x: centre, y: top + 17, "font-weight": "bold", ...text }),
      scanPanel(id, panel, scan),
      tag("g", { transform: `translate(${x} ${y}) scale(${scale})` }, overlay),
      caption === undefined
        ? ""
        : svgText(caption, { x: centre, y: top + HEADING + rowHeight + 15, ...text }),
    ].join("");
  });
  const below =
    footer === undefined
      ? ""
      : tag("g", { transform: `translate(${GAP} ${rowsHeight})` }, footer.svg);
  const svg = tag(
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
    tag("rect", { class: "lb-page", width: "100%", height: "100%", fill: "#ffffff" }) +
      tag("defs", {}, scanDefinition(id, picture.dataUri, scan)) +
      parts.join("") +
      below,
  );
  return new Figure({ description, svg });
}
