// @ts-check
// Runs every notebook, or the given ones (`npm run reports -- 01 05`), and writes each into reports/notebooks/ as
// a page and as slides that open offline, with an index page.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { indexPage } from "./reports/indexPage.mjs";
import { notebookProblems, readNotebook } from "./reports/notebook.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const notebooks = path.join(root, "notebooks");
const reports = path.join(root, "reports", "notebooks");
const executed = path.join(reports, "executed");
fs.mkdirSync(executed, { recursive: true });
const python = process.env.LAYERBOOK_PYTHON ?? path.join(root, ".venv", "bin", "python");
// The quick start uses the demo's runs if they exist.
const demo = path.join(root, "runs", "demo");
const runs = fs.existsSync(demo) ? demo : path.join(root, "runs", "smoke");

const wanted = process.argv.slice(2);
const names = fs
  .readdirSync(notebooks)
  .filter((name) => name.endsWith(".ipynb"))
  .filter((name) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)))
  .map((name) => path.basename(name, ".ipynb"));
if (names.length === 0) {
  console.error(`reports: expected the beginning of a notebook's name, got ${wanted.join(", ")}`);
  process.exit(2);
}

/** @param {string} stem */
function execute(stem) {
  const { status } = spawnSync(
    python,
    [
      ...["-m", "nbconvert", "--to", "notebook", "--execute", "--log-level=ERROR"],
      ...["--ExecutePreprocessor.kernel_name=layerbook", "--ExecutePreprocessor.timeout=1800"],
      ...["--output-dir", executed, "--output", `${stem}.ipynb`],
      path.join(notebooks, `${stem}.ipynb`),
    ],
    { stdio: ["ignore", "ignore", "inherit"], env: { LAYERBOOK_RUNS: runs, ...process.env } },
  );
  return status === 0;
}

/**
 * @param {string} stem
 * @param {"html" | "slides"} form
 * @param {string} output
 */
function exportTo(stem, form, output) {
  const { status } = spawnSync(
    process.execPath,
    [
      ...[path.join(root, "dist", "cli.js"), "export", path.join(executed, `${stem}.ipynb`)],
      ...["--to", form, "--output", path.join(reports, output), "--overwrite"],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return status === 0;
}

const problems = [];
for (const stem of names) {
  console.log(`${stem} ...`);
  const began = Date.now();
  if (!execute(stem)) {
    problems.push(`${stem}: a cell threw, see above; its page is as it was`);
    continue;
  }
  const notebook = readNotebook(path.join(executed, `${stem}.ipynb`));
  problems.push(...notebookProblems(notebook).map((text) => `${stem}: ${text}`));
  if (!exportTo(stem, "html", `${stem}.html`)) problems.push(`${stem}: no page`);
  if (notebook.hasSlides && !exportTo(stem, "slides", `${stem}.slides.html`)) {
    problems.push(`${stem}: no slides`);
  }
  console.log(`${stem}: ${Math.round((Date.now() - began) / 1000)} s`);
}
fs.writeFileSync(path.join(reports, "index.html"), indexPage(notebooks, reports));
console.log(path.join(reports, "index.html"));
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}
