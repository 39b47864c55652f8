import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { splitNote } from "../../data/splitNote";
import type { Plane, SliceCase, SliceDataset } from "../../data/types";
import { reportScores } from "../../metrics";
import type { ReportScores } from "../../metrics";
import { PHANTOM, loadLabelledData } from "../training/dataSource";
import { predictCases, scorePredictions } from "../evaluation/evaluateModel";
import type { Evaluation } from "../evaluation/evaluateModel";
import { inferenceOptions } from "../evaluation/inferenceOptions";
import { presetConfig } from "../config/presets";
import { readRunRecord } from "../storage/runs";
import { newSplit, trainRun } from "../training/trainRun";
import type { JobRecord } from "./jobRecord";
import { QUICKSTART_MODELS, planQuickstart } from "./planners/quickstart";
import { studyTable } from "./views/studyTable";
import type { StudyTable } from "./views/studyTable";
import type { TrainingHooks } from "../training/fitSplit";
import type { TrainedRun } from "../training/trainRun";
import type { TrainingConfig } from "../config/trainingConfig";

/** Options of {@link quickstart}. */
export interface QuickstartOptions extends TrainingHooks {
  /** The folder with one subfolder per model; default {@link quickstartFolder}. */
  readonly folder?: string;
  /** A path that `readDataset` reads, or `"phantom"`; default that of the existing runs. */
  readonly source?: string;
  /** Default that of the existing runs, else preset `smoke`. */
  readonly config?: TrainingConfig;
}

/** One model: its run, and its predictions and scores on the held-out cases. */
export interface QuickstartModel {
  readonly run: TrainedRun;
  readonly predictions: readonly Plane<Uint8Array>[];
  readonly evaluation: Evaluation;
}

/** Both models on the same held-out cases. */
export interface Quickstart {
  readonly folder: string;
  readonly dataset: SliceDataset;
  readonly config: TrainingConfig;
  readonly testCases: readonly SliceCase[];
  readonly models: Readonly<Record<(typeof QUICKSTART_MODELS)[number], QuickstartModel>>;
}

/** The content of `reports/quickstart.json`. */
export interface QuickstartReport {
  readonly seed: number;
  /** Duration of training, for both models together. */
  readonly minutes: number;
  /** A note on the split if the patients are unknown; see `splitNote`. */
  readonly splitNote: string | null;
  readonly models: Readonly<Record<string, ReportScores>>;
}

/**
 * The folder in `LAYERBOOK_RUNS`; else the folder of the demo's runs, in `from` or one of its parents; else
 * a separate folder.
 *
 * @param from where to start looking; default the working directory
 */
export function quickstartFolder(from: string = process.cwd()): string {
  const named = process.env["LAYERBOOK_RUNS"];
  if (named !== undefined && named !== "") return named;
  for (let folder = from; ; folder = dirname(folder)) {
    const demo = join(folder, "runs", "demo");
    if (QUICKSTART_MODELS.every((model) => existsSync(join(demo, model, "run.json")))) return demo;
    if (dirname(folder) === folder) return join(from, "runs", "smoke");
  }
}

/**
 * Trains {@link QUICKSTART_MODELS} on one split, or loads them if they are already trained, and scores
 * both on the held-out cases, on the cases' own grid. The command `demo` and the notebook
 * `01-quickstart` call it.
 *
 * @throws DataError for data that cannot be read; ConfigError if the folder has other runs
 */
export async function quickstart(options: QuickstartOptions = {}): Promise<Quickstart> {
  const { folder = quickstartFolder(), progress, shouldStop, onEpoch, callbacks } = options;
  const before = await readRunRecord(join(folder, QUICKSTART_MODELS[0]));
  const config = options.config ?? before?.config ?? presetConfig("smoke");
  const source = options.source ?? before?.data.source ?? PHANTOM;
  const dataset = await loadLabelledData(source, config);
  const entries: [string, QuickstartModel][] = [];
  for (const { id, model, split } of planQuickstart(config, newSplit(dataset, config))) {
    const out = join(folder, id);
    const run = await trainRun({
      ...{ model, config, out, source, dataset, split },
      ...{ progress, shouldStop, onEpoch, callbacks },
    });
    const predictions = predictCases(run.models, run.testCases, inferenceOptions(config));
    const evaluation = scorePredictions(run.testCases, predictions, dataset.classNames);
    entries.push([model, { run, predictions, evaluation }]);
  }
  const models = Object.fromEntries(entries) as Quickstart["models"];
  return { folder, dataset, config, testCases: models.unet.run.testCases, models };
}

/** The scores in the form of `reports/quickstart.json`. */
export function quickstartReport({ config, dataset, models }: Quickstart): QuickstartReport {
  const trained = Object.values(models);
  const seconds = trained.reduce((sum, { run }) => sum + run.record.result.seconds, 0);
  return {
    seed: config.seed,
    minutes: Math.round(seconds / 6) / 10,
    splitNote: splitNote(dataset),
    models: Object.fromEntries(
      Object.entries(models).map(([name, { evaluation }]) => [
        name,
        reportScores(evaluation.summary),
      ]),
    ),
  };
}

/**
 * Both models' scores on the held-out cases as a table with a sentence about the result. Draw it with
 * `scoreBars(classScoresOf(table))`, save it with `writeStudyTable`.
 */
export function quickstartTable({
  dataset,
  config,
  models,
}: Pick<Quickstart, "dataset" | "config" | "models">): StudyTable {
  const { classNames, name } = dataset;
  const records = Object.entries(models).map(([model, { run, evaluation }]): JobRecord => {
    const { data, versions } = run.record;
    return {
      format: "layerbook-job-1",
      ...{ id: model, model, factors: {}, config, fold: 0, seed: config.seed },
      ...{ classNames: [...classNames], dropped: null, training: null },
      splitNote: data.splitNote ?? null,
      versions: { layerbook: versions.layerbook, node: versions.node },
      cases: evaluation.records,
    };
  });
  return studyTable(`Preset ${config.preset} on ${name}: held-out cases`, records);
}

/** A row of the score table, and a bar of `scoreBars`. */
export interface QuickstartScore {
  readonly model: string;
  readonly className: string;
  /** Mean Dice over the held-out cases that have the class. */
  readonly mean: number;
  /** Bootstrap interval of the mean, over patients. */
  readonly interval: readonly [number, number];
  readonly precision: number;
  readonly recall: number;
  /** Number of held-out cases that have the class. */
  readonly count: number;
  /** Number of held-out cases without the class in which it was predicted. */
  readonly falseAlarms: number;
}

/** Scores by model and class, without the background. */
export function quickstartScores({ models }: Pick<Quickstart, "models">): QuickstartScore[] {
  return Object.entries(models).flatMap(([model, { evaluation }]) =>
    evaluation.summary.perClass
      .filter(({ label }) => label > 0)
      .map(({ name, whereTruth, casesWithTruth, casesWithFalseAlarm }) => ({
        model,
        className: name,
        mean: whereTruth.dice.mean,
        interval: [whereTruth.dice.interval.low, whereTruth.dice.interval.high] as const,
        precision: whereTruth.precision.mean,
        recall: whereTruth.recall.mean,
        count: casesWithTruth,
        falseAlarms: casesWithFalseAlarm,
      })),
  );
}
