// @ts-check
import fs from "node:fs";
import path from "node:path";
import { figuresPage } from "./figures.mjs";
import { notebookPage } from "./notebookPage.mjs";

/** The pages before the API, in menu order; the rest of docs/ follows. */
const FIRST = [
  "start.md",
  "in-a-notebook.md",
  "add-a-layer.md",
  "bring-your-data.md",
  "volumes.md",
  "load-weights.md",
  "train-on-a-gpu.md",
  "several-machines.md",
  "export.md",
  "in-the-browser.md",
  "kernel.md",
  "widgets.md",
];

/**
 * Copies the project's Markdown into a folder with the same layout, together with the pages generated
 * from records, so that links between them work.
 *
 * @param {string} root
 * @param {string} staged
 * @param {{ hasApi: boolean }} options
 * @returns {{ home: string, documents: string[] }}
 */
export function stagePages(root, staged, { hasApi }) {
  const docs = fs.readdirSync(path.join(root, "docs")).filter((name) => name.endsWith(".md"));
  const ordered = [
    ...FIRST.filter((name) => docs.includes(name)),
    ...docs.filter((name) => !FIRST.includes(name) && name !== "index.md"),
  ].map((name) => `docs/${name}`);
  const others = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  for (const name of ["docs/index.md", ...ordered, ...others]) {
    const text = fs.readFileSync(path.join(root, name), "utf8");
    stage(root, staged, name, name === "docs/index.md" && !hasApi ? withoutApi(text) : text);
  }
  write(staged, "docs/figures.md", figuresPage(path.join(root, "bench", "results")));
  const notebooks = fs
    .readdirSync(path.join(root, "notebooks"))
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => {
      const page = `notebooks/${name.replace(/\.ipynb$/, ".md")}`;
      const text = fs.readFileSync(path.join(root, "notebooks", name), "utf8");
      const rendered = path.join(root, "reports", "notebooks", name.replace(/\.ipynb$/, ".html"));
      stage(root, staged, page, notebookPage(name, JSON.parse(text), fs.existsSync(rendered)));
      return page;
    });
  const documents = [...ordered, "docs/figures.md", ...others, ...notebooks];
  return {
    home: path.join(staged, "docs", "index.md"),
    documents: documents.map((name) => path.join(staged, name)),
  };
}

/** @param {string} text */
function withoutApi(text) {
  return text.replace(/\{@link [^}|]*\|? ?([^}]*)\}/g, "$1");
}

/**
 * Writes a page with its links converted to other pages, and copies the files that it links to.
 *
 * @param {string} root
 * @param {string} staged
 * @param {string} name
 * @param {string} text
 */
function stage(root, staged, name, text) {
  const folder = path.dirname(name);
  const turned = text.replace(/\]\(([^)#:\s]+)((?:#[^)\s]*)?)\)/g, (whole, target, anchor) => {
    const linked = path.normalize(path.join(folder, target));
    if (linked.endsWith(".ipynb")) return `](${target.replace(/\.ipynb$/, ".md")})`;
    const source = path.join(root, linked);
    if (linked.endsWith(".md") || !fs.existsSync(source)) return whole;
    if (fs.statSync(source).isDirectory()) return whole;
    fs.mkdirSync(path.dirname(path.join(staged, linked)), { recursive: true });
    fs.copyFileSync(source, path.join(staged, linked));
    return `](${target}${anchor})`;
  });
  write(staged, name, turned);
}

/**
 * @param {string} staged
 * @param {string} name
 * @param {string} text
 */
function write(staged, name, text) {
  const file = path.join(staged, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const title = /^# (.*)$/m.exec(text)?.[1] ?? path.basename(name, ".md");
  const head = text.startsWith("---\n") ? "" : `---\ntitle: ${JSON.stringify(title)}\n---\n\n`;
  fs.writeFileSync(file, head + text);
}
