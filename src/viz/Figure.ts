import { DISPLAY } from "../display/host";

/** What a frontend is handed: one entry a MIME type. */
type FigureBundle = Record<string, unknown>;

/** A plotly trace or layout as plain JSON. */
export type PlotlyJson = Readonly<Record<string, unknown>>;

/** What a {@link Figure} is made of. */
export interface FigureParts {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  /** What a reader without graphics sees; a sentence. */
  readonly description: string;
  /** A static picture for pages that run no script (GitHub, mail, PDF). */
  readonly svg?: string;
}

const CONFIG: PlotlyJson = { responsive: true, displaylogo: false };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** FNV-1a as eight hexadecimal digits: names an element by what it shows. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** JSON that may stand inside a `<script>`. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * A plotly figure as a value: nothing is drawn until a frontend asks for it.
 *
 * As a cell's last value it shows itself through `Symbol.for("Jupyter.display")` with three forms
 * of the same picture: plotly's own MIME type (JupyterLab), a small script that waits for
 * `window.Plotly` (a page exported by the project's nbconvert template), and text.
 *
 * @example
 * const figure = new Figure({ data: [], layout: {}, description: "An empty figure." });
 * Object.keys(figure.toMimeBundle()).length; // 3
 */
export class Figure {
  readonly data: readonly PlotlyJson[];
  readonly layout: PlotlyJson;
  readonly description: string;
  readonly svg: string | undefined;

  constructor(parts: FigureParts) {
    this.data = parts.data;
    this.layout = { font: { family: FONT, size: 13 }, ...parts.layout };
    this.description = parts.description;
    this.svg = parts.svg;
  }

  /** The figure in every form that a frontend may choose from. */
  toMimeBundle(): FigureBundle {
    const spec = { data: this.data, layout: this.layout, config: CONFIG };
    return {
      "application/vnd.plotly.v1+json": spec,
      "text/html": this.toHtml(),
      ...(this.svg === undefined ? {} : { "image/svg+xml": this.svg }),
      "text/plain": this.description,
    };
  }

  /** A page's fragment; the page brings plotly.js. */
  toHtml(): string {
    const spec = scriptJson({ data: this.data, layout: this.layout, config: CONFIG });
    const id = fingerprint(spec);
    const height = typeof this.layout["height"] === "number" ? this.layout["height"] : 450;
    const description = escapeHtml(this.description);
    return `<div data-layerbook-figure="${id}" role="img" aria-label="${description.replaceAll('"', "&quot;")}" style="min-height:${height}px"><p>${description}</p></div>
<script>(function draw(tries) {
  var boxes = document.querySelectorAll('[data-layerbook-figure="${id}"]:not([data-drawn])');
  if (!window.Plotly) { if (tries > 0) setTimeout(function () { draw(tries - 1); }, 50); return; }
  boxes.forEach(function (box) {
    box.setAttribute("data-drawn", "");
    box.textContent = "";
    var spec = ${spec};
    window.Plotly.newPlot(box, spec.data, spec.layout, spec.config);
  });
})(200);</script>`;
  }

  [DISPLAY](): FigureBundle {
    return this.toMimeBundle();
  }
}
