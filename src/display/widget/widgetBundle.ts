import type { MimeBundle } from "../host";
import { escapeHtml, formatNumber, scriptJson } from "../html";
import { mountWidget } from "./mountWidget";
import type { WidgetPage } from "./mountWidget";
import { splitBuffers } from "./state";

/** The parts of a widget's output. */
export interface WidgetParts {
  readonly modelId: string;
  readonly esm: string;
  readonly css: string;
  readonly state: Readonly<Record<string, unknown>>;
  /** SVG text, or the bytes of a PNG. */
  readonly picture: string | Uint8Array;
  readonly description: string;
  /** Whether a frontend can reach it. */
  readonly isLive: boolean;
}

/**
 * The largest state, in bytes, that an output contains. A Jupyter server drops outputs beyond 3 MB in
 * 3 s, and a notebook keeps every one of them as base64.
 */
const MAX_SAVED_STATE = 1_000_000;

function pageHtml(parts: WidgetParts): string {
  const { modelId, esm, css, picture, description } = parts;
  const split = splitBuffers(parts.state);
  const page: WidgetPage = {
    ...{ modelId, esm, css, description },
    state: split.state,
    buffers: split.bufferPaths.map((path, index) => ({
      path,
      data: Buffer.from(split.buffers[index] ?? []).toString("base64"),
    })),
  };
  const type = typeof picture === "string" ? "image/svg+xml" : "image/png";
  const source = `data:${type};base64,${Buffer.from(picture).toString("base64")}`;
  const image = `<img alt="${escapeHtml(description)}" style="max-width:100%;height:auto" src="${source}">`;
  const size = scriptJson(page.state).length + split.buffers.reduce((n, b) => n + b.byteLength, 0);
  if (size > MAX_SAVED_STATE) {
    const megabytes = formatNumber(Math.round(size / 100_000) / 10);
    return `<figure class="layerbook-widget" style="margin:0">${image}<figcaption>A picture: the widget's state (${megabytes} MB) is too large to be saved with the notebook.</figcaption></figure>`;
  }
  const id = `widget-${modelId}`;
  // The `import` is written here because our compiler would change one inside the function.
  const call = `(${mountWidget.toString().replaceAll("</", "<\\/")})(${scriptJson(id)},${scriptJson(page)},(url)=>import(url));`;
  return `<figure class="layerbook-widget" data-layerbook="${id}" style="margin:0">${image}</figure><script>${call}</script>`;
}

/**
 * A widget in every form: live if the frontend can reach the kernel, as an HTML fragment that runs
 * without one, as a static picture, and as text.
 */
export function widgetBundle(parts: WidgetParts): MimeBundle {
  const { modelId, picture, description, isLive } = parts;
  const still =
    typeof picture === "string"
      ? { "image/svg+xml": picture }
      : { "image/png": Buffer.from(picture).toString("base64") };
  const view = { version_major: 2, version_minor: 0, model_id: modelId };
  return {
    ...(isLive ? { "application/vnd.jupyter.widget-view+json": view } : {}),
    "text/html": pageHtml(parts),
    ...still,
    "text/plain": description,
  };
}
