// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * @typedef {object} Cell
 * @property {string} cell_type
 * @property {string | readonly string[]} source
 * @property {{ slideshow?: { slide_type?: string } }} metadata
 * @property {readonly { output_type: string, name?: string, text?: string | readonly string[], ename?: string, evalue?: string }[]} [outputs]
 */

/** @param {string | readonly string[]} [text] */
const textOf = (text = "") => (typeof text === "string" ? text : text.join(""));

/**
 * The parts of a notebook that pages show.
 *
 * @param {string} file
 */
export function readNotebook(file) {
  /** @type {{ cells: Cell[], metadata: { title?: string } }} */
  const { cells, metadata } = JSON.parse(fs.readFileSync(file, "utf8"));
  const text = cells
    .filter(({ cell_type: type }) => type === "markdown")
    .map(({ source }) => textOf(source))
    .join("\n\n");
  return {
    cells,
    title: metadata.title ?? path.basename(file, ".ipynb"),
    /** The running time shown in the index, as stated in the notebook. */
    takes: /(?:about|in) ((?:one|two|three|four|\d+)(?: to \w+)? minutes?)/.exec(text)?.[1] ?? "",
    hasSlides: cells.some(({ metadata: { slideshow } }) => slideshow?.slide_type !== undefined),
  };
}

/** Notebook 04 explains this line, which is written on processors without AVX-512. */
const EXPLAINED = "bfloat16: TensorFlow has fast kernels";

/**
 * Errors, and unexplained text written to stderr.
 *
 * @param {{ cells: readonly Cell[] }} notebook
 */
export function notebookProblems({ cells }) {
  return cells.flatMap(({ outputs = [] }, index) =>
    outputs
      .filter(({ output_type: type, name }) => type === "error" || name === "stderr")
      .map(({ ename, evalue, text }) => `cell ${index}: ${ename ?? ""} ${evalue ?? textOf(text)}`)
      .filter((problem) => !problem.includes(EXPLAINED)),
  );
}
