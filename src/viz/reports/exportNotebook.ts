import { spawn } from "node:child_process";
import { readFile, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { DataError, LayerbookError, SetupError } from "../../core/errors";
import { asDataError } from "../../files/systemErrors";
import { writeFolderWhole } from "../../files/writeWhole";
import { printToPdf } from "./browser";
import { templateFiles } from "./templates";

/** The forms that a notebook can be exported to. */
export const EXPORT_FORMS = ["html", "slides", "pdf"] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** Options of {@link exportNotebook}. */
export interface ExportNotebookOptions {
  /** The notebook; it is not modified. */
  readonly notebook: string;
  /** The file to write. */
  readonly output: string;
  /** Default `"html"`. */
  readonly to?: ExportForm;
  /** Runs every cell first; default false: exports the existing outputs. */
  readonly execute?: boolean;
  /** Collapses code cells; default false. */
  readonly noCode?: boolean;
  /** A Python with nbconvert, and with the kernel if cells are run. */
  readonly python: string;
  /** The folder of layerbook's own files: `templates/` and its dependencies. */
  readonly packageRoot: string;
  /** Added to the kernel's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Time limit of a cell in seconds; default 1800. */
  readonly cellSeconds?: number;
}

/** A notebook whose execution stopped at an error. */
export class NotebookError extends LayerbookError {}

const KERNEL = "layerbook";
/** Jupyter's error messages for missing parts, with the name of the part. */
const MISSING: readonly (readonly [RegExp, string])[] = [
  [/No module named .?nbconvert/, "nbconvert"],
  [/NoSuchKernel|No such kernel/, `the kernel "${KERNEL}"`],
];

/**
 * Writes a notebook as one self-contained page, as slides or as a PDF: figures are included, and
 * nothing is downloaded when it is opened. Figures stay interactive in pages and slides.
 *
 * If it fails, an existing output is not modified.
 *
 * @throws DataError when the notebook cannot be read, or has no outputs and `execute` is false
 * @throws SetupError when nbconvert, the kernel or, for a PDF, Chromium is missing
 * @throws NotebookError when a cell throws
 */
export async function exportNotebook(options: ExportNotebookOptions): Promise<void> {
  const { notebook, output, to = "html", execute = false, noCode = false } = options;
  const { python, packageRoot, env, cellSeconds = 1800 } = options;
  await checkNotebook(notebook, execute);
  const { templates, included } = templateFiles(packageRoot);
  const template = to === "slides" ? "layerbook-slides" : "layerbook";
  const folders = [
    ...new Set([...included.map((file) => dirname(file)), join(templates, template)]),
  ];
  await writeFolderWhole(dirname(output), async (folder) => {
    // A PDF is printed from an HTML page, which is deleted afterwards.
    const page = to === "pdf" ? ".page.html" : basename(output);
    const result = await run(
      python,
      [
        ...["-m", "nbconvert", "--to", to === "slides" ? "slides" : "html"],
        ...(execute
          ? [
              "--execute",
              `--ExecutePreprocessor.kernel_name=${KERNEL}`,
              `--ExecutePreprocessor.timeout=${cellSeconds}`,
            ]
          : []),
        ...["--template", template, `--TemplateExporter.extra_template_basedirs=${templates}`],
        ...folders.map((each) => `--TemplateExporter.extra_template_paths=${each}`),
        ...(noCode ? ["--TemplateExporter.exclude_input=True"] : []),
        ...["--output-dir", folder, "--output", page, notebook],
      ],
      { ...process.env, ...env },
    );
    if (result.code !== 0) throw failure(notebook, result);
    // nbconvert always uses its own extension for slides.
    await renameOutput(folder, page);
    if (to !== "pdf") return;
    await printToPdf(join(folder, page), join(folder, basename(output)));
    await rm(join(folder, page));
  });
}

/** Renames nbconvert's file to the requested name. */
async function renameOutput(folder: string, name: string): Promise<void> {
  const names = await readdir(folder);
  const [only] = names;
  if (names.length === 1 && only !== undefined && only !== name) {
    await rename(join(folder, only), join(folder, name));
  }
}

/** Rejects a file that is not a notebook, and a notebook that would be exported without any output. */
async function checkNotebook(path: string, execute: boolean): Promise<void> {
  const expected = "a Jupyter notebook";
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw asDataError(path, expected, cause);
  }
  let cells: unknown;
  try {
    cells = (JSON.parse(text) as { cells?: unknown }).cells;
  } catch (cause) {
    throw new DataError({ where: path, expected, got: "a file that is not JSON", cause });
  }
  if (!Array.isArray(cells)) {
    throw new DataError({
      where: path,
      expected,
      got: extname(path) === ".ipynb" ? "JSON without cells" : "another kind of file",
    });
  }
  const code = (cells as { cell_type?: string; outputs?: unknown[] }[]).filter(
    ({ cell_type }) => cell_type === "code",
  );
  const hasOutputs = code.some(({ outputs }) => (outputs?.length ?? 0) > 0);
  if (!execute && code.length > 0 && !hasOutputs) {
    throw new DataError({
      where: path,
      expected: "a notebook that has been run",
      got: `${code.length} code cells without outputs`,
      remedy: "Run it in JupyterLab and save it, or export with --execute",
    });
  }
}

interface Output {
  readonly code: number | null;
  readonly text: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const collect = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (cause) => {
      reject(
        new SetupError({
          where: command,
          expected: "a Python environment with nbconvert",
          got: cause.message,
          remedy: "Run `npx layerbook doctor`.",
          cause,
        }),
      );
    });
    child.on("close", (code) => resolve({ code, text }));
  });
}

function failure(notebook: string, { code, text }: Output): LayerbookError {
  const missing = MISSING.find(([pattern]) => pattern.test(text));
  if (missing !== undefined) {
    return new SetupError({
      where: "exportNotebook",
      expected: missing[1],
      got: "none in this Python environment",
      remedy: "Run `npx layerbook setup`.",
    });
  }
  return new NotebookError({
    where: notebook,
    expected: "every cell to run without an error",
    got: cellError(text) ?? `exit code ${code}`,
    remedy: "Open it in JupyterLab to see the cell.",
    cause: new Error(text),
  });
}

/** The line with the error: the first one after the cell, which nbclient quotes between rules. */
function cellError(text: string): string | undefined {
  const lines = stripVTControlCharacters(text).trimEnd().split("\n");
  const rule = lines.findLastIndex((line) => /^-{10,}$/.test(line));
  return lines
    .slice(rule + 1)
    .find((line) => line.trim() !== "")
    ?.trim();
}
