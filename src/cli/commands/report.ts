import { join, resolve } from "node:path";
import type { Command } from "commander";
import { writeWhole } from "../../files/writeWhole";
import { reportPage } from "../../viz/reports/reportPage";
import { runReport } from "../../viz/reports/runReport";
import { addDatasetOptions, readOptionsOf } from "../dataOptions";
import type { DataOptions, MaskOptions, UnitOptions } from "../dataOptions";
import { findProject } from "../doctor/project";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

interface ReportOptions extends CommonOptions, DataOptions, MaskOptions, UnitOptions {
  readonly out?: string;
  readonly data?: string;
}

/** `layerbook report RUN`: one page about a training, without a notebook. */
export function registerReportCommand(program: Command): void {
  const command = program
    .command("report")
    .description("write a page about a run: scores, worst slices, viewer, curves, settings")
    .argument("<run>", "a folder that `train` made")
    .option("--out <file>", "default: report.html in the run's folder")
    .option("--data <path>", "where the data lies now; default: where it lay in training");
  addDatasetOptions(command);
  addCommonOptions(command).action((run: string, options: ReportOptions) =>
    resultAction<ReportOptions>((given) => report(run, given))(options),
  );
}

async function report(folder: string, options: ReportOptions): Promise<CommandResult> {
  const library = await import("../library");
  const { record, models } = await library.loadRun(folder);
  const source = options.data ?? record.data.source;
  const data = await library.loadLabelledData(source, record.config, readOptionsOf(options));
  const [split] = await library.readSplits(join(folder, "split.json"), data.cases);
  const cases = library.selectById(data.cases, split.test);
  const predictions = library.predictCases(models, cases, library.inferenceOptions(record.config));
  const evaluation = library.scorePredictions(cases, predictions, record.classNames);
  const { packageRoot } = findProject(__dirname, process.cwd());
  const page = reportPage(
    runReport({
      record,
      evaluation,
      cases,
      predictions,
      command: `npx layerbook report ${folder}`,
      date: new Date().toISOString().slice(0, 16).replace("T", " "),
    }),
    packageRoot,
  );
  const out = resolve(options.out ?? join(folder, "report.html"));
  await writeWhole(out, page);
  const { dice, cases: count } = evaluation.summary;
  return {
    text: `${out}\nDice ${dice.toFixed(3)} on ${count} held-out slices`,
    json: { out, dice },
  };
}
