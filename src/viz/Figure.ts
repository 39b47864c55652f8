import { escapeHtml, scriptJson } from "../display/html";
import { DISPLAY } from "../display/host";
import { chartSvg } from "./svg/chartSvg";
import { INHERIT } from "./svg/markup";
import { withHalos } from "./whiskers";

/** What a frontend is handed: one entry per MIME type. */
type FigureBundle = Record<string, unknown>;

/** A plotly trace or layout as plain JSON. */
export type PlotlyJson = Readonly<Record<string, unknown>>;

/** What every {@link Figure} has. */
interface CommonParts {
  /** What a reader who cannot see the figure is told; a sentence. */
  readonly description: string;
}

/** A chart that plotly draws. */
export interface ChartParts extends CommonParts {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  /** A static picture; by default drawn from `data` and `layout`. */
  readonly svg?: string;
}

/** A figure that is a page's fragment of its own, such as the slice viewer. */
export interface PageParts extends CommonParts {
  /**
   * Self-contained HTML: it shows a picture before any script runs, and fetches nothing.
   */
  readonly html: string;
  readonly svg?: string;
}

/** A figure that does not move. */
export interface StillParts extends CommonParts {
  readonly svg: string;
}

/** What a {@link Figure} is made of. */
export type FigureParts = ChartParts | PageParts | StillParts;

// Plotly's own resizing reads a hidden tab's height as 0 and keeps it, so both sizes are fixed.
const CONFIG: PlotlyJson = { displaylogo: false };
const SIZE = { width: 760, height: 380 };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
// Equal contrast (4.3 to 1) on white and on JupyterLab's dark background, which plotly cannot know.
const TEXT = "#797979";
const GRID = "rgba(128,128,128,0.25)";

/** FNV-1a as eight hexadecimal digits: names an element by what it shows. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * A figure as a value: nothing is drawn until a frontend asks for it.
 *
 * As a cell's last value it shows itself through `Symbol.for("Jupyter.display")`. A chart comes as
 * plotly's own MIME type, which JupyterLab draws, and as a static SVG, which every export, GitHub
 * and print show. A page figure comes as HTML that holds its own static picture.
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

  /** A static picture that stands alone; `undefined` for a page figure that has none. */
  get svg(): string | undefined {
    if (this.#svg !== undefined) return this.#svg;
    return this.#isChart ? chartSvg(this) : undefined;
  }

  /** The figure in every form that a frontend may choose from. */
  toMimeBundle(): FigureBundle {
    const svg = this.svg;
    const picture = svg === undefined ? {} : { "image/svg+xml": svg };
    const chart = { data: withHalos(this.data), layout: this.layout, config: CONFIG };
    const shown = this.#isChart ? { "application/vnd.plotly.v1+json": chart } : {};
    const page = this.#html === undefined ? {} : { "text/html": this.#html };
    return { ...shown, ...page, ...picture, "text/plain": this.description };
  }

  /**
   * The figure as a page's fragment. A chart is a static picture in the page's own colours, and
   * becomes interactive where the page has `window.Plotly` by the time it has loaded.
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

/** The settings that every axis starts from. */
function chartAxis(axis: PlotlyJson): PlotlyJson {
  const { title } = axis;
  // Without a distance of its own, plotly lays a title over long tick labels.
  const standoff = typeof title === "object" ? { title: { standoff: 14, ...title } } : {};
  return { gridcolor: GRID, zerolinecolor: GRID, automargin: true, ...axis, ...standoff };
}

/** The layout that every chart starts from. */
function chartLayout(layout: PlotlyJson): PlotlyJson {
  const axes = Object.fromEntries(
    Object.entries({ xaxis: {}, yaxis: {}, ...layout })
      .filter(([key]) => /^[xy]axis\d*$/.test(key))
      .map(([key, axis]) => [key, chartAxis(axis as PlotlyJson)]),
  );
  return {
    ...SIZE,
    font: { family: FONT, size: 13, color: TEXT },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    // In a row, plotly's buttons would lie over the legend.
    modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)" },
    ...layout,
    ...axes,
  };
}
