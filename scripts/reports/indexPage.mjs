// @ts-check
import fs from "node:fs";
import path from "node:path";
import { readNotebook } from "./notebook.mjs";

/** @param {string} text */
const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const STYLE = `
  :root { color-scheme: light; --text: #222; --page: #fff; --soft: #595959; --line: #ddd; --link: #0b5cad; }
  @media screen and (prefers-color-scheme: dark) {
    :root { color-scheme: dark; --text: #ddd; --page: #16181c; --soft: #a5a8ad; --line: #3a3d42; --link: #7ab7ff; }
  }
  body { font: 17px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; max-width: 44em; margin: 2.5em auto;
    padding: 0 1em; background: var(--page); color: var(--text); }
  h1 { line-height: 1.2; } a { color: var(--link); }
  ol { list-style: none; padding: 0; } li { padding: .7em 0; border-bottom: 1px solid var(--line); }
  .soft { color: var(--soft); font-size: .88em; }
`;

/**
 * A page that links every notebook that has been rendered.
 *
 * @param {string} notebooks
 * @param {string} reports
 */
export function indexPage(notebooks, reports) {
  const rows = fs
    .readdirSync(notebooks)
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => path.basename(name, ".ipynb"))
    .filter((stem) => fs.existsSync(path.join(reports, `${stem}.html`)))
    .map((stem) => {
      const { title, takes } = readNotebook(path.join(notebooks, `${stem}.ipynb`));
      const slides = fs.existsSync(path.join(reports, `${stem}.slides.html`))
        ? `<a href="${stem}.slides.html">slides</a> · `
        : "";
      const runs = takes === "" ? "" : ` · runs in ${takes}`;
      return `<li><a href="${stem}.html">${escape(title)}</a><br><span class="soft">${slides}${stem}.ipynb${runs}</span></li>`;
    });
  const quickstart = path.join(reports, "..", "quickstart.html");
  const demo = fs.existsSync(quickstart)
    ? `<p><a href="../quickstart.html">The demo's page</a>: both networks trained for minutes, by <code>npm run demo</code>.</p>`
    : "";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>layerbook: notebooks</title><style>${STYLE}</style></head>
<body><main><h1>layerbook: notebooks</h1>
<p>Each page is a notebook as it ran on ${new Date().toISOString().slice(0, 10)}, with preset <code>${escape(process.env.LAYERBOOK_PRESET ?? "smoke")}</code> unless it says otherwise. The trainings are short: they show that everything runs, not how good it gets. Pages and slides open offline.</p>
${demo}<ol>
${rows.join("\n")}
</ol><p class="soft">For research and teaching only. Nothing here is a diagnosis.</p></main></body></html>
`;
}
