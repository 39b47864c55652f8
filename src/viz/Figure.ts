import { escapeHtml, scriptJson } from "../display/html";
import { DISPLAY } from "../display/host";
import { chartSvg } from "./svg/chartSvg";
import { INHERIT, LIGHT } from "./svg/markup";
import { withHalos } from "./whiskers";

/** Data by MIME type. */
type FigureBundle = Record<string, unknown>;

/** A plotly trace or layout as plain JSON. */
export type PlotlyJson = Readonly<Record<string, unknown>>;

/** Common to every {@link Figure}. */
interface CommonParts {
  /** Text for readers who cannot see the figure; a sentence. */
  readonly description: string;
}

/** A chart that plotly draws. */
export interface ChartParts extends CommonParts {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  /** A static picture; by default drawn from `data` and `layout`. */
  readonly svg?: string;
}

/** A figure that is an HTML fragment, such as the slice viewer. */
export interface PageParts extends CommonParts {
  /**
   * Self-contained HTML that shows a picture before any script runs and makes no requests.
   */
  readonly html: string;
  readonly svg?: string;
}

/** A static figure. */
export interface StillParts extends CommonParts {
  readonly svg: string;
}

/** The parts of a {@link Figure}. */
export type FigureParts = ChartParts | PageParts | StillParts;

// Both sizes are fixed because plotly's resizing measures a hidden tab's height as 0 and keeps that.
const CONFIG: PlotlyJson = { displaylogo: false };
const SIZE = { width: 760, height: 380 };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
// Equal contrast (4.3 to 1) on white and on JupyterLab's dark background: plotly does not know the theme.
const TEXT = "#797979";
const GRID = "rgba(128,128,128,0.25)";

/** FNV-1a as eight hexadecimal digits, for element ids derived from content. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * A figure as a value: nothing is drawn until a frontend requests it.
 *
 * As a cell's last value it shows itself through `Symbol.for("Jupyter.display")`. A chart is output
 * as plotly's MIME type, which JupyterLab draws, and as a static SVG, which every export, GitHub
 * and print show. A page figure is output as HTML that includes its own static picture.
 *
 * @example
 * const figure = new Figure({ data: [{ y: [1, 3] }], layout: {}, description: "A line." });
 * Object.keys(figure.toMimeBundle()).length; // 3
 */
export class Figure {
  /** Plotly's traces; empty for a page figure. */
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  readonly description: string;
  readonly #svg: string | undefined;
  readonly #html: string | undefined;
  readonly #isChart: boolean;

  constructor(parts: FigureParts) {
    this.description = parts.description;
    this.#svg = parts.svg;
    this.#html = "html" in parts ? parts.html : undefined;
    this.#isChart = "data" in parts;
    this.data = "data" in parts ? parts.data : [];
    this.layout = "data" in parts ? chartLayout(parts.layout) : {};
  }

  /** A standalone static picture; `undefined` for a page figure without one. */
  get svg(): string | undefined {
    if (this.#svg !== undefined) return this.#svg;
    return this.#isChart ? chartSvg(this) : undefined;
  }

  /** The figure in all its formats, for the frontend to choose from. */
  toMimeBundle(): FigureBundle {
    const svg = this.svg;
    const isStill = !this.#isChart && this.#html === undefined;
    const picture = svg === undefined ? {} : { "image/svg+xml": isStill ? withoutPage(svg) : svg };
    const chart = { data: withHalos(this.data), layout: this.layout, config: CONFIG };
    const shown = this.#isChart ? { "application/vnd.plotly.v1+json": chart } : {};
    const page = this.#html === undefined ? {} : { "text/html": this.#html };
    return { ...shown, ...page, ...picture, "text/plain": this.description };
  }

  /**
   * The figure as an HTML fragment. A chart is a static picture in the page's own colours, and becomes
   * interactive if the page has `window.Plotly` when it has loaded.
   */
  toHtml(): string {
    if (this.#html !== undefined) return this.#html;
    if (!this.#isChart)
      return `<figure class="layerbook-figure" style="margin:0">${this.#svg}</figure>`;
    const spec = scriptJson({ data: withHalos(this.data), layout: this.layout });
    const id = `layerbook-figure-${fingerprint(spec)}`;
    const picture = this.#svg ?? chartSvg(this, INHERIT);
    return `<figure class="layerbook-figure" id="${id}" aria-label="${escapeHtml(this.description)}" style="margin:0">${picture}<script type="application/json">${spec}</script></figure>`;
  }

  [DISPLAY](): FigureBundle {
    return this.toMimeBundle();
  }
}

/**
 * A picture of ours on a frontend's own background. JupyterLab draws it as an image, which cannot take
 * the page's colours, so its text has the colour that reads on light and dark; a white page would glare.
 */
function withoutPage(svg: string): string {
  const page = /<rect class="lb-page"[^>]*\/>/;
  return page.test(svg)
    ? svg.replace(page, "").replaceAll(`fill="${LIGHT.text}"`, `fill="${TEXT}"`)
    : svg;
}

/** Applies the default settings of axes. */
function chartAxis(axis: PlotlyJson): PlotlyJson {
  const { title } = axis;
  // Without an explicit standoff, plotly draws a title over long tick labels.
  const standoff = typeof title === "object" ? { title: { standoff: 14, ...title } } : {};
  return { gridcolor: GRID, zerolinecolor: GRID, automargin: true, ...axis, ...standoff };
}

/** Applies the default layout of charts. */
function chartLayout(layout: PlotlyJson): PlotlyJson {
  const axes = Object.fromEntries(
    Object.entries({ xaxis: {}, yaxis: {}, ...layout })
      .filter(([key]) => /^[xy]axis\d*$/.test(key))
      .map(([key, axis]) => [key, chartAxis(axis as PlotlyJson)]),
  );
  return {
    ...SIZE,
    // Plotly's own leaves 100 pixels for a title that is not there.
    margin: { l: 64, r: 24, t: layout["title"] === undefined ? 40 : 80, b: 52 },
    font: { family: FONT, size: 13, color: TEXT },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    // A horizontal mode bar would cover the legend.
    modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)" },
    ...layout,
    ...axes,
  };
}
