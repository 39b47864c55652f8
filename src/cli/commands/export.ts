import { basename, dirname, extname, join, resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { ConfigError, SetupError } from "../../core/errors";
import { EXPORT_FORMS, exportNotebook } from "../../viz/reports/exportNotebook";
import type { ExportForm } from "../../viz/reports/exportNotebook";
import { expectNoFile } from "../../files/expectNoFile";
import { pathKind, listFolder } from "../../files/readFiles";
import { findProject, readPython } from "../doctor/project";
import { addOverwriteOption } from "../options";
import type { OverwriteOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

/** The forms that a trained run can be exported to. */
const MODEL_FORMS = ["web", "saved-model"] as const;
type ModelForm = (typeof MODEL_FORMS)[number];

interface ExportCommandOptions extends CommonOptions, OverwriteOption {
  readonly to: ExportForm | ModelForm;
  readonly output?: string;
  readonly execute?: boolean;
  readonly code: boolean;
  readonly weights?: "float32" | "float16";
}

/** `layerbook export`: exports a notebook as a page, slides or a PDF, or a run as a model for other programs. */
export function registerExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description("write a notebook as a page, slides or a PDF, or a run as a model for the web")
    .argument("<source>", "an .ipynb file, or the folder of a run that train made")
    .addOption(
      new Option(
        "--to <form>",
        "html, slides or pdf of a notebook; web (tfjs) or saved-model (TensorFlow) of a run",
      )
        .choices([...EXPORT_FORMS, ...MODEL_FORMS])
        .default("html"),
    )
    .option(
      "--output <path>",
      "a file for a notebook (default: beside it, with the form's ending), a folder for a run (default: RUN/web or RUN/saved-model)",
    )
    .option("--execute", "notebooks: run every cell first instead of exporting the saved outputs")
    .option("--no-code", "notebooks: leave the code out")
    .addOption(
      new Option(
        "--weights <type>",
        "runs, to web: float16 halves the download and rounds kernels (default: float32)",
      ).choices(["float32", "float16"]),
    );
  addCommonOptions(addOverwriteOption(command)).action(
    (source: string, options: ExportCommandOptions) =>
      resultAction<ExportCommandOptions>((given) => exportOne(source, given))(options),
  );
}

async function exportOne(source: string, options: ExportCommandOptions): Promise<CommandResult> {
  const { to } = options;
  if (isModelForm(to)) {
    rejectOption(options.execute === true, "--execute", `--to ${to}`, "notebooks");
    rejectOption(!options.code, "--no-code", `--to ${to}`, "notebooks");
    rejectOption(
      to !== "web" && options.weights !== undefined,
      "--weights",
      `--to ${to}`,
      "--to web",
    );
    return exportRun(source, to, options);
  }
  rejectOption(options.weights !== undefined, "--weights", `--to ${to}`, "--to web");
  if (!/\.ipynb$/i.test(source)) {
    throw new ConfigError({
      where: `export ${source}`,
      expected: `a notebook (.ipynb) for --to ${to}`,
      got: "another path",
      remedy: `For the folder of a run, give --to ${MODEL_FORMS.join(" or --to ")}.`,
    });
  }
  return exportPage(source, to, options);
}

function isModelForm(form: ExportForm | ModelForm): form is ModelForm {
  return MODEL_FORMS.some((each) => each === form);
}

function rejectOption(isGiven: boolean, option: string, form: string, where: string): void {
  if (!isGiven) return;
  throw new ConfigError({
    where: `export ${option}`,
    expected: `no ${option} with ${form}`,
    got: option,
    remedy: `It is for ${where}.`,
  });
}

async function exportRun(
  run: string,
  to: ModelForm,
  { output = join(run, to), weights, overwrite = false }: ExportCommandOptions,
): Promise<CommandResult> {
  const { exportSavedModel, exportWebModel, loadRun, onlyModel } = await import("../library");
  await expectNoFile(await modelFiles(output), { overwrite });
  if (to === "saved-model") {
    const loaded = await loadRun(run);
    exportSavedModel(onlyModel("export", loaded), output);
    const { patchSize } = loaded.record.config.sampling;
    const windows =
      patchSize === null
        ? ""
        : `\nIt takes windows of ${patchSize} x ${patchSize}, not whole slices`;
    return { text: `${output}${windows}`, json: { output } };
  }
  const { files, preprocessing } = await exportWebModel(run, output, {
    ...(weights === undefined ? {} : { weights }),
  });
  const { dtype, bytes, largestRounding } = preprocessing.weights;
  const rounding =
    dtype === "float16"
      ? `, kernels rounded by at most ${Number(largestRounding.toPrecision(2))}`
      : "";
  return {
    text: `${output}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB of ${dtype} weights${rounding}`,
    json: { output, files, preprocessing },
  };
}

/** The files of an exported model in a folder; the names of its shards are not known in advance. */
async function modelFiles(folder: string): Promise<string[]> {
  if ((await pathKind(folder)) !== "folder") return [];
  const isModel = /^(model\.json|preprocessing\.json|weights-\d+of\d+\.bin|saved_model\.pb)$/;
  const names = await listFolder(folder);
  return names.filter((name) => isModel.test(name)).map((name) => join(folder, name));
}

async function exportPage(
  notebook: string,
  to: ExportForm,
  options: ExportCommandOptions,
): Promise<CommandResult> {
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
  await expectNoFile([output], options);
  await exportNotebook({
    notebook: resolve(notebook),
    output,
    to,
    execute: options.execute ?? false,
    noCode: !options.code,
    python: python.executable,
    packageRoot,
  });
  return { text: output, json: { output } };
}
