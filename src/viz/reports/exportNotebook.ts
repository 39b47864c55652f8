import { spawn } from "node:child_process";
import { mkdtemp, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { LayerbookError, SetupError } from "../../core/errors";

/** What {@link exportNotebook} needs to know. */
export interface ExportOptions {
  /** The notebook; it is not changed. */
  readonly notebook: string;
  /** The page to write. */
  readonly html: string;
  /** A Python that has nbconvert and the kernel. */
  readonly python: string;
  /** The folder of layerbook's own files: `templates/` and its dependencies. */
  readonly packageRoot: string;
  /** The folder of `plotly.min.js`. */
  readonly plotlyFolder: string;
  /** Added to the kernel's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Seconds a cell may take; default 1800. */
  readonly cellSeconds?: number;
}

/** A notebook whose execution stopped at an error. */
export class NotebookError extends LayerbookError {}

const KERNEL = "layerbook";
/** What Jupyter says where it lacks a part, and the part. */
const MISSING: readonly (readonly [RegExp, string])[] = [
  [/No module named .?nbconvert/, "nbconvert"],
  [/NoSuchKernel|No such kernel/, `the kernel "${KERNEL}"`],
];

/**
 * Executes a notebook with real Jupyter and writes it as one self-contained page: figures stay
 * interactive, and nothing is fetched when it is opened.
 *
 * The page is written beside its place and renamed, so a failure leaves an earlier one as it was.
 *
 * @throws SetupError when nbconvert or the kernel is missing
 * @throws NotebookError when a cell throws
 */
export async function exportNotebook(options: ExportOptions): Promise<void> {
  const { notebook, html, python, packageRoot, plotlyFolder, env, cellSeconds = 1800 } = options;
  await mkdir(dirname(html), { recursive: true });
  const folder = await mkdtemp(join(dirname(html), `.${basename(html)}-`));
  try {
    const output = await run(
      python,
      [
        ...["-m", "nbconvert", "--to", "html", "--execute", "--template", "layerbook"],
        `--TemplateExporter.extra_template_basedirs=${join(packageRoot, "templates")}`,
        `--TemplateExporter.extra_template_paths=${plotlyFolder}`,
        `--ExecutePreprocessor.kernel_name=${KERNEL}`,
        `--ExecutePreprocessor.timeout=${cellSeconds}`,
        ...["--output-dir", folder, "--output", "page.html", notebook],
      ],
      { ...process.env, ...env },
    );
    if (output.code !== 0) throw failure(notebook, output);
    const page = join(folder, "page.html");
    const file = await open(page, "r+");
    await file.sync();
    await file.close();
    await rename(page, html);
  } finally {
    await rm(folder, { recursive: true, force: true });
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
          expected: "a Python with nbconvert",
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
    expected: "every cell to run",
    got: cellError(text) ?? `exit code ${code}`,
    remedy: "Open it in JupyterLab to see the cell.",
    cause: new Error(text),
  });
}

/** The error's own line: the first one behind the cell, which nbclient quotes between rules. */
function cellError(text: string): string | undefined {
  const lines = stripVTControlCharacters(text).trimEnd().split("\n");
  const rule = lines.findLastIndex((line) => /^-{10,}$/.test(line));
  return lines.slice(rule + 1).find((line) => line.trim() !== "")?.trim();
}
