import { resolve } from "node:path";
import { expectDistinctNames } from "../../data/classNames";
import { readSplits } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { SliceDataset } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { rejectChangedSettings, rejectUnusedSettings } from "../training/unusedSettings";
import { PHANTOM, loadLabelledData } from "../training/dataSource";
import { expectLoss, expectTrainable } from "../training/fitSplit";
import { expectForeground, missingClassNotes } from "../training/missingClasses";
import type { TrainingHooks } from "../training/fitSplit";
import { expectTracking } from "../tracking/trackersOf";
import type { TrackingOptions } from "../tracking/trackersOf";
import { expectNoOwner } from "../storage/folderLock";
import type { Executor } from "./executors/Executor";
import { inProcessExecutor } from "./executors/inProcess";
import { estimateSeconds, stepCosts } from "./cost";
import { crossValidationFolds, ownFolds } from "./folds";
import type { Job } from "./job";
import { runPlannedJob } from "./runPlannedJob";
import { runStudy } from "./runStudy";
import type { RunStudyOptions, StudyResult } from "./runStudy";
import type { Study } from "./studyFolder";

/** Options common to all studies. */
export interface StudyOptions extends Pick<TrainingHooks, "shouldStop" | "callbacks"> {
  readonly config: TrainingConfig;
  /** The folder of records and tables; a call with an existing one resumes its study. */
  readonly out: string;
  /** A path, or `"phantom"` (the default). */
  readonly source?: string;
  /** The slices of the source, if they are already in memory. */
  readonly dataset?: SliceDataset;
  /** A file of splits to use instead of folds made here. */
  readonly splitFile?: string;
  /** Seeds of weights, order and augmentation; default that of the configuration. The folds stay the same. */
  readonly seeds?: readonly number[];
  /** Default: one job after another in this process. */
  readonly executor?: Executor;
  /** Whether to drop rows that clearly lose after two folds; see `reasonToDrop`. Default false. */
  readonly prune?: boolean;
  /** Whether to keep each job's weights, for ensembles and maps; default false. */
  readonly keepsWeights?: boolean;
  /**
   * Tools to log trainings to. Executors other than the default have them in their command. The tools must be
   * reachable before the first job starts.
   */
  readonly tracking?: TrackingOptions;
  /** Label of the progress bar, or `false` for no bar. */
  readonly progress?: string | false;
  /** Called before anything is trained or written; an error ends the study. */
  readonly beforeRun?: (study: Study, dataset: SliceDataset) => Promise<void>;
  /** Relative cost of one step of a job, to estimate the remaining time. */
  readonly stepCost?: (job: Job) => number;
}

/**
 * Plans a study's jobs and runs those that are not done.
 *
 * @param kind the study's name
 * @param plan pure function from folds to jobs
 * @throws DataError for data that cannot be read; ConfigError if the folder has another study or is in
 *   use. Nothing is written then.
 */
export async function conductStudy(
  kind: string,
  options: StudyOptions,
  plan: (folds: readonly Split[], dataset: SliceDataset) => Job[],
): Promise<StudyResult> {
  const { config, out, splitFile, prune = false, keepsWeights = false } = options;
  const source = absoluteSource(options.source ?? PHANTOM);
  rejectChangedSettings(
    config,
    "testFraction",
    "a study does not use, since its folds hold out the test slices",
    "Remove it, or change the number of folds.",
  );
  await expectNoOwner(out);
  await expectTracking(options.tracking ?? {});
  const dataset = options.dataset ?? (await loadLabelledData(source, config));
  expectDistinctNames(source, dataset.classNames);
  expectForeground(source, dataset);
  const folds =
    splitFile === undefined
      ? crossValidationFolds(dataset.cases, config)
      : ownFolds(await readSplits(splitFile, dataset.cases), dataset.cases, config);
  const jobs = plan(folds, dataset);
  for (const job of jobs) {
    expectTrainable(job.model, job.config);
    expectLoss(job.config, dataset.classNames);
  }
  rejectUnusedSettings(jobs);
  const study: Study = { kind, source, config, jobs };
  await options.beforeRun?.(study, dataset);
  for (const note of missingClassNotes(dataset, folds)) console.warn(`${kind}: ${note}`);
  const executor =
    options.executor ??
    inProcessExecutor((id) =>
      runPlannedJob(out, id, { ...options, dataset, prune, keepsWeights, progress: false }),
    );
  return runStudy(study, { ...options, ...costOf(options, dataset), dataset, executor });
}

/** The cost of the jobs, if they run in this process with a progress bar. */
function costOf(
  { stepCost, executor, progress }: StudyOptions,
  { classNames }: SliceDataset,
): Pick<RunStudyOptions, "stepCost" | "estimate"> {
  if (stepCost !== undefined || executor !== undefined || progress === false) return {};
  const costs = stepCosts(classNames.length);
  return { stepCost: costs, estimate: (jobs) => estimateSeconds(jobs, costs) };
}

/** Makes a source path absolute, since jobs may run in another working directory. */
function absoluteSource(source: string): string {
  return source === PHANTOM ? source : resolve(source);
}
