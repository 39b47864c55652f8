import { basename, dirname, extname, join, resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { SetupError } from "../../core/errors";
import { EXPORT_FORMS, exportNotebook } from "../../viz/reports/exportNotebook";
import type { ExportForm } from "../../viz/reports/exportNotebook";
import { findProject, readPython } from "../doctor/project";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

interface ExportCommandOptions extends CommonOptions {
  readonly to: ExportForm;
  readonly output?: string;
  readonly execute?: boolean;
  readonly code: boolean;
}

/** `layerbook export NOTEBOOK`: a page, slides or a PDF that opens offline. */
export function registerExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description("write a notebook as a self-contained page, as slides or as a PDF")
    .argument("<notebook>", "an .ipynb file")
    .addOption(new Option("--to <form>", "what to write").choices(EXPORT_FORMS).default("html"))
    .option("--output <file>", "default: beside the notebook, with the form's ending")
    .option("--execute", "run every cell first; by default the saved outputs are exported")
    .option("--no-code", "leave the code out");
  addCommonOptions(command).action((notebook: string, options: ExportCommandOptions) =>
    resultAction<ExportCommandOptions>((given) => exportOne(notebook, given))(options),
  );
}

async function exportOne(notebook: string, options: ExportCommandOptions): Promise<CommandResult> {
  const { to, execute = false } = options;
  const { packageRoot, root, setupCommand } = findProject(__dirname, process.cwd());
  const python = readPython(root);
  if (python === null) {
    throw new SetupError({
      where: "export",
      expected: "a Python environment with Jupyter",
      got: "none",
      remedy: `Run \`${setupCommand}\`.`,
    });
  }
  const stem = basename(notebook, extname(notebook));
  const ending = { html: ".html", slides: ".slides.html", pdf: ".pdf" }[to];
  const output = resolve(options.output ?? join(dirname(notebook), `${stem}${ending}`));
  await exportNotebook({
    notebook: resolve(notebook),
    output,
    to,
    execute,
    noCode: !options.code,
    python: python.executable,
    packageRoot,
  });
  return { text: output, json: { output } };
}
