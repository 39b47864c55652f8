import { readFileSync } from "node:fs";
import { escapeHtml } from "../../display/html";
import type { Figure } from "../Figure";
import { templateFiles } from "./templates";

/** A part of a report. */
export interface ReportSection {
  readonly heading: string;
  /** Paragraphs before the figures. */
  readonly text?: readonly string[];
  readonly figures?: readonly { readonly figure: Figure; readonly caption: string }[];
  /** Markup that this package made, such as a table. */
  readonly html?: string;
}

/** A report as a value. */
export interface Report {
  readonly title: string;
  /** The headline result, in one sentence. */
  readonly headline: string;
  readonly sections: readonly ReportSection[];
  /** Date, versions, seed and command: what a reader needs to make it again. */
  readonly footer: readonly (readonly [name: string, value: string])[];
}

const STYLE = `
  :root { color-scheme: light; --text: #222; --page: #fff; --line: #ddd; --soft: #595959; }
  @media screen and (prefers-color-scheme: dark) {
    :root { color-scheme: dark; --text: #ddd; --page: #16181c; --line: #3a3d42; --soft: #a5a8ad; }
  }
  body { margin: 0 auto; max-width: 1080px; padding: 24px 16px 64px; background: var(--page); color: var(--text);
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
  h1 { font-size: 1.8em; line-height: 1.2; margin: 0 0 .3em; } h2 { margin: 1.6em 0 .4em; }
  .headline { font-size: 1.15em; margin: 0 0 1em; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; font-size: .92em; } caption { padding-bottom: 6px; color: var(--soft); }
  th, td { padding: 4px 12px; border-bottom: 1px solid var(--line); }
  .caption { color: var(--soft); font-size: .9em; margin: 4px 0 20px; }
  footer { margin-top: 3em; border-top: 1px solid var(--line); color: var(--soft); font-size: .85em; }
  footer dt { float: left; clear: left; width: 13em; } footer dd { margin-left: 13em; overflow-wrap: break-word; }
  img { max-width: 100%; height: auto; }
  @media print {
    /* Smaller, so that a page holds a figure with its caption, and tables their columns. */
    body { max-width: none; padding: 0; zoom: .8; }
    figure, tr, dt, dd { break-inside: avoid; }
    h2, caption, thead, .scroll:has(+ .caption) { break-after: avoid; }
    .caption { break-before: avoid; } p { orphans: 3; widows: 3; }
    .scroll { overflow: visible; } .layerbook-figure svg { max-height: 300px; width: auto; }
  }
`;

/**
 * A report as one self-contained page: it opens offline, follows the reader's light or dark theme,
 * and prints.
 *
 * @param packageRoot the folder of layerbook's own files
 */
export function reportPage(report: Report, packageRoot: string): string {
  const { plotly, hydrate, figuresCss } = templateFiles(packageRoot);
  const scripts = [plotly, hydrate]
    .map(
      (path) =>
        `<script>${readFileSync(path, "utf8").replaceAll("</script", "<\\/script")}</script>`,
    )
    .join("\n");
  const style = STYLE + readFileSync(figuresCss, "utf8");
  const sections = report.sections.map(({ heading, text = [], figures = [], html = "" }) =>
    [
      `<section><h2>${escapeHtml(heading)}</h2>`,
      ...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
      html === ""
        ? ""
        : `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(heading)}">${html}</div>`,
      ...figures.map(
        ({ figure, caption }) =>
          `<div class="scroll">${figure.toHtml()}</div><p class="caption">${escapeHtml(caption)}</p>`,
      ),
      "</section>",
    ].join("\n"),
  );
  const footer = report.footer
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
    .join("\n");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)}</title><style>${style}</style>
${scripts}</head><body><main>
<h1>${escapeHtml(report.title)}</h1>
<p class="headline">${escapeHtml(report.headline)}</p>
${sections.join("\n")}
</main><footer><p>For research and teaching only. Nothing here is a diagnosis.</p><dl>${footer}</dl></footer></body></html>
`;
}
