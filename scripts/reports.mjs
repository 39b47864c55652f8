// @ts-check
// Runs every notebook and writes it as a page that opens offline, with an index page, into reports/.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const notebooks = path.join(root, "notebooks");
const reports = path.join(root, "reports", "notebooks");
fs.mkdirSync(reports, { recursive: true });

/** @param {string} text */
const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const names = fs.readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));
const failed = [];
const rows = [];
for (const name of names) {
  const stem = path.basename(name, ".ipynb");
  console.log(`${stem} ...`);
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(root, "dist", "cli.js"),
      ...["export", path.join(notebooks, name), "--execute"],
      ...["--output", path.join(reports, `${stem}.html`), "--overwrite"],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status !== 0) {
    failed.push(stem);
    continue;
  }
  const { metadata } = JSON.parse(fs.readFileSync(path.join(notebooks, name), "utf8"));
  rows.push(`<li><a href="${stem}.html">${escape(metadata.title ?? stem)}</a></li>`);
}
const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>layerbook: notebooks</title>
<style>:root { color-scheme: light dark } body { font: 17px/1.6 system-ui, sans-serif; max-width: 42em; margin: 3em auto; padding: 0 1em }</style>
</head><body><main><h1>Notebooks</h1><ol>
${rows.join("\n")}
</ol><p>For research and teaching only. Nothing here is a diagnosis.</p></main></body></html>
`;
fs.writeFileSync(path.join(reports, "index.html"), page);
console.log(path.join(reports, "index.html"));
if (failed.length > 0) {
  console.error(`Not written: ${failed.join(", ")}`);
  process.exitCode = 1;
}
