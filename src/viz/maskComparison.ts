import { ConfigError } from "../core/errors";
import { Figure } from "./Figure";
import type { PlotlyJson } from "./Figure";
import { scanPicture } from "./greyPng";
import type { GreyWindow } from "./greyPng";
import { svgPage, svgPanel, svgRegion, svgScan } from "./maskComparisonSvg";
import type { GreyPlane, PageSize, Panel } from "./maskComparisonSvg";
import { labelOutlines } from "./outlines";
import { classColour } from "./palette";

/** A mask to lay over the scan. */
export interface ComparedMask {
  /** The column's heading: `"Truth"` or a model's name; alike in every row. */
  readonly title: string;
  readonly labels: GreyPlane;
  /** A line below the panel, e.g. `"Dice 0.71"`. */
  readonly caption?: string;
}

/** One case: a row of the figure. */
export interface ComparedCase {
  readonly id: string;
  readonly image: GreyPlane;
  readonly masks: readonly ComparedMask[];
}

/** How {@link maskComparison} draws. */
export interface MaskComparisonOptions {
  /** Names by label value; index 0 is the background. */
  readonly classNames: readonly string[];
  /** Intensities drawn black and white; default: each slice's own percentiles. */
  readonly window?: GreyWindow;
  /** Pixels a panel is wide; default 200. */
  readonly panelSize?: number;
}

const GAP = 14;
const TOP = 64;
const LEFT = 34;
const CAPTION = 20;
// Plotly's buttons stand upright here: in a row they would lie over the legend.
const RIGHT = 36;

/**
 * Scan, truth and predictions side by side, a row a case, masks as coloured regions on the scan.
 * One legend entry a class: a click hides that class in every panel.
 *
 * @param cases at least one; every case has the same columns in the same order
 * @throws ConfigError when there is no case, columns differ, or a mask's size is not its scan's
 */
export function maskComparison(
  cases: readonly ComparedCase[],
  options: MaskComparisonOptions,
): Figure {
  const titles = checkCases(cases);
  const { classNames, window, panelSize = 200 } = options;
  const columns = titles.length;
  const width = LEFT + columns * panelSize + (columns - 1) * GAP + RIGHT;
  const rowHeight = panelSize + CAPTION + 8;
  const height = TOP + cases.length * rowHeight + 12;
  const data: PlotlyJson[] = [];
  const layout: Record<string, unknown> = {
    width,
    height,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    legend: {
      orientation: "h",
      x: LEFT / width,
      y: 1,
      xanchor: "left",
      yanchor: "top",
      itemclick: "toggle",
      itemdoubleclick: "toggleothers",
    },
    modebar: { orientation: "v" },
    hovermode: "closest",
  };
  const annotations: PlotlyJson[] = [];
  const note = (text: string, x: number, y: number, extra: PlotlyJson = {}): void => {
    annotations.push({
      text,
      xref: "paper",
      yref: "paper",
      x: x / width,
      y: 1 - y / height,
      showarrow: false,
      xanchor: "center",
      ...extra,
    });
  };
  const svg: string[] = [];

  cases.forEach((item, row) => {
    const picture = scanPicture(item.image, window);
    svg.push(svgScan(row, picture.dataUri, item.image));
    const top = TOP + row * rowHeight;
    note(item.id, LEFT / 2, top + panelSize / 2, { textangle: -90, font: { size: 12 } });
    titles.forEach((heading, column) => {
      const panel = { left: LEFT + column * (panelSize + GAP), top, size: panelSize };
      const index = row * columns + column + 1;
      const axis = axisName(index);
      const first = column === 0 ? null : axisName(row * columns + 1);
      addAxes(layout, { axis, first, panel, page: { width, height }, image: item.image });
      data.push({
        type: "image",
        source: picture.dataUri,
        // A picture pixel's centre, in the slice's pixels.
        x0: (picture.factor - 1) / 2,
        y0: (picture.factor - 1) / 2,
        dx: picture.factor,
        dy: picture.factor,
        xaxis: `x${axis}`,
        yaxis: `y${axis}`,
        hoverinfo: "skip",
      });
      svg.push(svgPanel(row, panel, item.image));
      const centre = panel.left + panelSize / 2;
      if (row === 0) note(`<b>${heading}</b>`, centre, TOP - 4, { yanchor: "bottom" });
      if (column === 0) return;
      const mask = item.masks[column - 1];
      if (mask.caption !== undefined) {
        note(mask.caption, centre, top + panelSize + 1, {
          yanchor: "top",
          font: { size: 12, color: "#555" },
        });
      }
      for (let label = 1; label < classNames.length; label++) {
        data.push(regionTrace(mask.labels, label, classNames[label], axis));
        svg.push(svgRegion(panel, mask.labels, label));
      }
    });
  });
  data.push(...legendTraces(classNames));
  layout["annotations"] = annotations;

  return new Figure({
    data,
    layout,
    description: `${titles.join(", ")} of ${cases.map((item) => item.id).join(", ")}; classes ${classNames.slice(1).join(", ")}.`,
    svg: svgPage({ width, height }, svg, annotations, { classNames, left: LEFT }),
  });
}

function checkCases(cases: readonly ComparedCase[]): string[] {
  const where = "maskComparison.cases";
  if (cases.length === 0) {
    throw new ConfigError({ where, expected: "at least one case", got: "none" });
  }
  const wanted = cases[0].masks.map((mask) => mask.title);
  for (const { id, image, masks } of cases) {
    const got = masks.map((mask) => mask.title);
    if (got.join() !== wanted.join()) {
      throw new ConfigError({
        where: `${where}["${id}"].masks`,
        expected: `the columns ${wanted.join(", ")}`,
        got: got.join(", ") || "none",
      });
    }
    for (const { title, labels } of masks) {
      if (labels.height !== image.height || labels.width !== image.width) {
        throw new ConfigError({
          where: `${where}["${id}"].masks["${title}"]`,
          expected: `${image.height} x ${image.width} pixels, as the scan`,
          got: `${labels.height} x ${labels.width}`,
          remedy: "Bring the mask back to the scan's grid first.",
        });
      }
    }
  }
  return ["Scan", ...wanted];
}

/** Plotly calls the first pair of axes `x` and `y`, the next `x2` and `y2`. */
function axisName(index: number): string {
  return index === 1 ? "" : String(index);
}

interface AxesPlan {
  readonly axis: string;
  /** The axis of the row's first panel, which the others follow; `null` for that one itself. */
  readonly first: string | null;
  readonly panel: Panel;
  readonly page: PageSize;
  readonly image: GreyPlane;
}

function addAxes(layout: Record<string, unknown>, plan: AxesPlan): void {
  const { axis, first, panel, page, image } = plan;
  const hidden = { visible: false, fixedrange: false };
  // The whole slice fits its square panel, whatever its own proportions.
  const span = Math.max(image.width, image.height);
  const x0 = (image.width - span) / 2 - 0.5;
  const y0 = (image.height - span) / 2 - 0.5;
  layout[`xaxis${axis}`] = {
    ...hidden,
    domain: [panel.left / page.width, (panel.left + panel.size) / page.width],
    anchor: `y${axis}`,
    range: [x0, x0 + span],
    // Zooming one panel zooms its whole row.
    ...(first === null ? {} : { matches: `x${first}` }),
  };
  layout[`yaxis${axis}`] = {
    ...hidden,
    domain: [1 - (panel.top + panel.size) / page.height, 1 - panel.top / page.height],
    anchor: `x${axis}`,
    range: [y0 + span, y0],
    ...(first === null ? {} : { matches: `y${first}` }),
  };
}

function regionTrace(mask: GreyPlane, label: number, name: string, axis: string): PlotlyJson {
  const rings = labelOutlines(mask, label);
  const colour = classColour(label) ?? "#000000";
  return {
    type: "scatter",
    mode: "lines",
    x: joined(rings.map((ring) => ring.x)),
    y: joined(rings.map((ring) => ring.y)),
    fill: "toself",
    fillcolor: `${colour}80`,
    line: { color: colour, width: 1.2 },
    hoveron: "fills",
    hoverinfo: "text",
    text: name,
    name,
    legendgroup: name,
    showlegend: false,
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
  };
}

/** Rings in one trace, parted by gaps. */
function joined(parts: readonly (readonly number[])[]): (number | null)[] {
  return parts.flatMap((part, index): (number | null)[] =>
    index === 0 ? [...part] : [null, ...part],
  );
}

/** Entries that stand even where a class is in none of the masks, so that figures can be compared. */
function legendTraces(classNames: readonly string[]): PlotlyJson[] {
  return classNames.slice(1).map((name, index) => ({
    type: "scatter",
    mode: "markers",
    x: [null],
    y: [null],
    marker: { symbol: "square", size: 12, color: classColour(index + 1) },
    name,
    legendgroup: name,
    showlegend: true,
  }));
}
