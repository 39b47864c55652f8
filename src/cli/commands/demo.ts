import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import type { QuickstartReport } from "../../experiments/studies/quickstart";
import { SetupError } from "../../core/errors";
import { expectNoFile } from "../../files/expectNoFile";
import { writeJsonWhole } from "../../files/writeWhole";
import { exportNotebook } from "../../viz/reports/exportNotebook";
import { findProject, readPython } from "../doctor/project";
import { addOverwriteOption } from "../options";
import type { OverwriteOption } from "../options";
import { addCommonOptions, resultAction, withStopOnInterrupt } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";
import { addTrainingOptions, configOf } from "../trainingOptions";
import type { TrainingOptions } from "../trainingOptions";

interface DemoOptions extends CommonOptions, TrainingOptions, OverwriteOption {
  readonly data?: string;
  readonly runs?: string;
  readonly out?: string;
}

/** `layerbook demo`: trains both models, scores them, and exports the executed quick-start notebook. */
export function registerDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description("train unet and residualAttentionUnet, score both, write a report")
    .option("--data <path>", "a NIfTI pair or a COVID-SemiSeg folder; default the seeded phantom")
    .option("--runs <folder>", "where the trained models go; default runs/demo")
    .option("--out <folder>", "where quickstart.html and quickstart.json go; default reports");
  addTrainingOptions(addOverwriteOption(command), ["folds"]);
  addCommonOptions(command).action(resultAction(demo));
}

async function demo(options: DemoOptions): Promise<CommandResult> {
  const { data, out = "reports" } = options;
  const json = resolve(out, "quickstart.json");
  const html = resolve(out, "quickstart.html");
  // The default folder holds only files that this command wrote.
  if (options.out !== undefined) await expectNoFile([json, html], options);
  const preset = options.preset ?? (options.config === undefined ? "demo" : undefined);
  const config = await configOf({ ...options, ...(preset === undefined ? {} : { preset }) });
  const { PHANTOM, quickstart, quickstartReport } = await import("../library");
  const { packageRoot, root, setupCommand } = findProject(__dirname, process.cwd());
  // Check for what is missing before minutes of training, not after.
  const python = readPython(root);
  if (python === null) {
    throw new SetupError({
      where: "demo",
      expected: "a Python environment with Jupyter",
      got: "none",
      remedy: `Run \`${setupCommand}\`.`,
    });
  }
  const source = data === undefined ? PHANTOM : resolve(data);
  const name = data === undefined ? "demo" : `demo-${basename(source)}`;
  const folder = resolve(options.runs ?? join("runs", name));
  const result = await withStopOnInterrupt((shouldStop) =>
    quickstart({ folder, source, config, shouldStop }),
  );
  const stopped = Object.values(result.models).some(
    ({ run }) => run.record.result.ended === "interrupted",
  );
  if (stopped) {
    return {
      text: "Stopped. Run the same command again to resume.",
      json: { folder, stopped },
      exitCode: 130,
    };
  }
  const report = quickstartReport(result);
  await writeJsonWhole(json, report);
  process.stderr.write("Executing notebooks/01-quickstart.ipynb with Jupyter ...\n");
  await exportNotebook({
    notebook: join(packageRoot, "notebooks", "01-quickstart.ipynb"),
    output: html,
    execute: true,
    python: python.executable,
    packageRoot,
    env: { LAYERBOOK_RUNS: folder },
  });
  return { text: summary(report, html, json), json: report };
}

function summary(
  { minutes, splitNote, models }: QuickstartReport,
  html: string,
  json: string,
): string {
  const number = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : "-");
  const rows = Object.entries(models).map(
    ([
      name,
      {
        accuracy,
        overCases: { dice, precision },
      },
    ]) =>
      `${name.padEnd(24)}${number(dice).padStart(8)}${number(accuracy).padStart(10)}${number(precision).padStart(11)}`,
  );
  const count = Math.max(0, ...Object.values(models).map(({ overCases }) => overCases.cases));
  return [
    `${"held-out cases".padEnd(24)}${"Dice".padStart(8)}${"accuracy".padStart(10)}${"precision".padStart(11)}`,
    ...rows,
    `Dice and precision: mean over the classes that a case has, then over the ${count} cases that have one.`,
    ...(splitNote === null ? [] : [splitNote]),
    `trained in ${minutes} minutes`,
    `report  ${html}`,
    `scores  ${json} (its "dice" is the mean of the classes' means; "overCases" has the Dice above)`,
  ].join("\n");
}
