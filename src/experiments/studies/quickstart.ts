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

/** Where {@link quickstart} finds or makes its runs. */
export interface QuickstartOptions extends TrainingHooks {
  /** Holds one folder per model; default {@link quickstartFolder}. */
  readonly folder?: string;
  /** A path that `readDataset` reads, or `"phantom"`; default that of the runs that are there. */
  readonly source?: string;
  /** Default that of the runs that are there, else preset `smoke`. */
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

/** What `reports/quickstart.json` holds. */
export interface QuickstartReport {
  readonly seed: number;
  /** Of training, both models. */
  readonly minutes: number;
  /** What the split means where the patients are not known; see `splitNote`. */
  readonly splitNote: string | null;
  readonly models: Readonly<Record<string, ReportScores>>;
}

/**
 * The folder that `LAYERBOOK_RUNS` names; else the demo's runs where they are, in this folder or
 * one above it; else a folder for runs of its own.
 *
 * @param from where to look first; default the working directory
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
 * Trains {@link QUICKSTART_MODELS} on one split, or loads them where they are trained already,
 * and scores both on the held-out cases, on the cases' own grid. The command `demo` and the
 * notebook `01-quickstart` both call it.
 *
 * @throws DataError for data that cannot be read; ConfigError where the folder holds other runs
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

/** The scores as `reports/quickstart.json` holds them. */
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
 * Both models' scores on the held-out cases as a table, which shows the result in a sentence, can be drawn
 * by `scoreBars(classScoresOf(table))`, and kept by `writeStudyTable`.
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
  /** Held-out cases that have the class. */
  readonly count: number;
  /** Held-out cases in which it was predicted though the truth has it not. */
  readonly falseAlarms: number;
}

/** Scores by model and class, background left out. */
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
