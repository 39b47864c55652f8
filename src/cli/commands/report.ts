import { join, resolve } from "node:path";
import type { Command } from "commander";
import { expectNoFile } from "../../files/expectNoFile";
import { ConfigError, DataError } from "../../core/errors";
import type { StudyFile } from "../../experiments/studies/studyFolder";
import { describeSlices } from "../../viz/headline";
import { findBrowser } from "../../viz/reports/browser";
import { reportPage } from "../../viz/reports/reportPage";
import { runReport } from "../../viz/reports/runReport";
import { studyReport } from "../../viz/reports/studyReport";
import { isPdf, writePage } from "../../viz/reports/writePage";
import { addDatasetOptions, readOptionsOf } from "../dataOptions";
import type { DataOptions, MaskOptions, UnitOptions } from "../dataOptions";
import { findProject } from "../doctor/project";
import { addOverwriteOption } from "../options";
import type { OverwriteOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

interface ReportOptions
  extends CommonOptions, DataOptions, MaskOptions, UnitOptions, OverwriteOption {
  readonly out?: string;
  readonly data?: string;
}

/** `layerbook report RUN`: writes a one-page report on a training, without a notebook. */
export function registerReportCommand(program: Command): void {
  const command = program
    .command("report")
    .description(
      "write a page about a run or a study: scores, worst slices, figures, curves, settings",
    )
    .argument("<run-or-study>", "a folder written by `train`, `compare` or another study")
    .option(
      "--out <file>",
      "default: report.html in that folder; a name that ends in .pdf is printed with Chromium",
    )
    .option("--data <path>", "where the data are now; default: where they were in training");
  addDatasetOptions(addOverwriteOption(command));
  addCommonOptions(command).action((run: string, options: ReportOptions) =>
    resultAction<ReportOptions>((given) => report(run, given))(options),
  );
}

async function report(folder: string, options: ReportOptions): Promise<CommandResult> {
  // report.html in a run's folder was written by this command.
  if (options.out !== undefined) await expectNoFile([resolve(options.out)], options);
  // Check for missing parts before slices are predicted, not after.
  if (isPdf(options.out ?? "")) findBrowser();
  const library = await import("../library");
  const study = await library.readStudy(folder);
  if (study !== null) return reportStudy(folder, study, options);
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
  await writePage(out, page);
  const { dice } = evaluation.summary;
  return {
    text: `${out}\nMean Dice ${library.formatScore(dice)} on ${describeSlices(evaluation.records)}`,
    json: { out, dice },
  };
}

/** Writes a study's report, which needs only its records, not the data. */
async function reportStudy(
  folder: string,
  study: StudyFile,
  options: ReportOptions,
): Promise<CommandResult> {
  if (options.data !== undefined) {
    throw new ConfigError({
      where: "report --data",
      expected: "a run",
      got: `a study, "${folder}", whose page is made from its records`,
      remedy: "Remove --data.",
    });
  }
  const { studyRecords, studyTables } = await import("../library");
  const records = await studyRecords(folder);
  if (records.length === 0) {
    throw new DataError({
      where: folder,
      expected: "a study with at least one finished training",
      got: `none of ${study.jobs.length}`,
      remedy: "Run its command again to resume",
    });
  }
  const { packageRoot } = findProject(__dirname, process.cwd());
  const page = reportPage(
    studyReport({
      ...{ study, records, tables: studyTables(study.kind, records) },
      command: `npx layerbook report ${folder}`,
      date: new Date().toISOString().slice(0, 16).replace("T", " "),
    }),
    packageRoot,
  );
  const out = resolve(options.out ?? join(folder, "report.html"));
  await writePage(out, page);
  const done = `${records.length} of ${study.jobs.length} trainings`;
  return {
    text: `${out}\n${done}`,
    json: { out, records: records.length, jobs: study.jobs.length },
  };
}
