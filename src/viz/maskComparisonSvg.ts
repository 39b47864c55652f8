import type { PlotlyJson } from "./Figure";
import { labelOutlines } from "./outlines";
import { classColour } from "./palette";

/** Row-major numbers: intensities or labels. */
export interface GreyPlane {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

/** A whole figure's size in pixels. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/** Where a panel lies, in pixels from the top left. */
export interface Panel {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/** A row's scan, once; its panels refer to it. */
export function svgScan(row: number, dataUri: string, image: GreyPlane): string {
  return `<defs><image id="scan-${row}" href="${dataUri}" width="${image.width}" height="${image.height}" preserveAspectRatio="none"/></defs>`;
}

/** The scan in a panel, whole, whatever its proportions. */
export function svgPanel(row: number, panel: Panel, image: GreyPlane): string {
  const { x, y, scale } = placement(panel, image);
  return `<use href="#scan-${row}" transform="translate(${x} ${y}) scale(${scale})"/>`;
}

function placement(panel: Panel, image: GreyPlane): { x: number; y: number; scale: number } {
  const scale = panel.size / Math.max(image.width, image.height);
  return {
    x: panel.left + (panel.size - image.width * scale) / 2,
    y: panel.top + (panel.size - image.height * scale) / 2,
    scale,
  };
}

/** One class of a mask over its panel; empty where the class is absent. */
export function svgRegion(panel: Panel, mask: GreyPlane, label: number): string {
  const { x: left, y: top, scale } = placement(panel, mask);
  const path = labelOutlines(mask, label)
    .map(({ x, y }) => `M${x.map((value, i) => `${value + 0.5} ${y[i] + 0.5}`).join("L")}Z`)
    .join("");
  const colour = classColour(label) ?? "#000000";
  return path === ""
    ? ""
    : `<path transform="translate(${left} ${top}) scale(${scale})" d="${path}" fill="${colour}" fill-opacity="0.5" stroke="${colour}" stroke-width="${1.2 / scale}"/>`;
}

/** The page around the panels, with the figure's headings and its legend. */
export function svgPage(
  page: PageSize,
  shapes: readonly string[],
  annotations: readonly PlotlyJson[],
  legend: { readonly classNames: readonly string[]; readonly left: number },
): string {
  const texts = annotations.map((entry) => {
    const x = Number(entry["x"]) * page.width;
    const y = (1 - Number(entry["y"])) * page.height;
    const isRotated = entry["textangle"] !== undefined;
    const isBelow = entry["yanchor"] === "top";
    const text = String(entry["text"]).replace(/<\/?b>/g, "");
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const turn = isRotated ? ` transform="rotate(-90 ${x} ${y})"` : "";
    return `<text x="${x}" y="${y + (isBelow ? 13 : 0)}" text-anchor="middle"${turn}>${escaped}</text>`;
  });
  const entries = legend.classNames.slice(1).map((name, index) => {
    const x = legend.left + index * 190;
    return `<rect x="${x}" y="8" width="12" height="12" fill="${classColour(index + 1)}"/><text x="${x + 18}" y="19">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${page.height}" width="${page.width}" height="${page.height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>${shapes.join("")}${texts.join("")}${entries.join("")}</svg>`;
}
