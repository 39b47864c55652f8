import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkSplit } from "../../data/splits";
import type { SliceDataset } from "../../data/types";
import { withInterruptible } from "../../display";
import { evaluateModel } from "../evaluation/evaluateModel";
import { inferenceOptions } from "../evaluation/inferenceOptions";
import { StoppedWaiting, hasLock, withFolderLock, withFreeFolder } from "../storage/folderLock";
import { memberFolder, removeUnfinished } from "../storage/runs";
import { summaryScores, trackedSettings, trackersOf } from "../tracking/trackersOf";
import type { TrackingOptions } from "../tracking/trackersOf";
import type { TrainingHooks } from "../training/fitSplit";
import { trainInFolder } from "../training/trainRun";
import type { FactorValue, Factors, Job } from "./job";
import { progressWriter } from "./jobProgress";
import { readJobRecord, writeDroppedRecord, writeJobRecord } from "./jobRecord";
import type { JobRecord } from "./jobRecord";
import { RECORD_FILE, WEIGHTS_FILE } from "../storage/fileNames";

/** Options of {@link runJob}. */
export interface RunJobOptions extends TrainingHooks {
  /** The job's folder. */
  readonly folder: string;
  readonly source: string;
  readonly dataset: SliceDataset;
  /** The folder where a study's jobs share their pre-training; default in the job's folder. */
  readonly pretrainings?: string;
  /** Whether to wait if another process runs the job; by default that is an error. */
  readonly waits?: boolean;
  /** Whether to keep the trained weights beside the record; default false. */
  readonly keepsWeights?: boolean;
  /** Tools to log the training to. */
  readonly tracking?: TrackingOptions;
  /** Called before the training; returns why the job should not run, or `null`. */
  readonly reasonToDrop?: () => Promise<string | null>;
}

/**
 * Trains a job, scores it on its held-out cases, and writes its record atomically, after which the job
 * is done. If called again, returns the record; if it was killed, continues from the last checkpoint.
 *
 * @returns `null` if it was asked to stop
 * @throws ConfigError if another process runs the job, or the folder has another one
 */
export async function runJob(job: Job, options: RunJobOptions): Promise<JobRecord | null> {
  const { folder, dataset, waits = false, shouldStop = () => false } = options;
  const { unlabelled = [] } = job;
  const split = { ...job.split, train: [...job.split.train, ...unlabelled] };
  checkSplit(split, dataset.cases, { allowsTornGroups: job.leak?.tornGroups ?? false });
  const done = await readJobRecord(folder, job);
  if (done !== null && !(await hasLock(folder))) return done;
  const body = async (): Promise<JobRecord | null> => {
    // Another process may have finished it before the lock was taken, or been killed before its clean-up.
    const record = (await readJobRecord(folder, job)) ?? (await trainAndScore(job, options));
    if (record !== null && options.keepsWeights !== true) await removeWeights(folder, job);
    return record;
  };
  try {
    return await (waits ? withFreeFolder(folder, shouldStop, body) : withFolderLock(folder, body));
  } catch (error) {
    if (error instanceof StoppedWaiting) return null;
    throw error;
  }
}

async function trainAndScore(job: Job, options: RunJobOptions): Promise<JobRecord | null> {
  const { folder, dataset, callbacks = [] } = options;
  const { classNames } = dataset;
  const { unlabelled = [] } = job;
  const reason = (await options.reasonToDrop?.()) ?? null;
  if (reason !== null) return writeDroppedRecord(folder, job, reason, classNames);
  const settings = trackedSettings(job.config, {
    ...{ source: options.source, fold: job.split.fold + 1 },
    ...prefixed("factor/", job.factors),
  });
  const place = { name: job.id, folder, settings };
  const trackers = trackersOf(options.tracking ?? {}, place, { isJob: true });
  const run = await trainInFolder({
    ...options,
    ...{ model: job.model, config: job.config, split: job.split, out: folder },
    unlabelled,
    ...(job.leak === undefined ? {} : { leak: job.leak }),
    callbacks: [...callbacks, ...trackers.map(({ callback }) => callback)],
    memberCallbacks: [progressWriter(folder)],
  });
  try {
    if (run.record.result.ended === "interrupted") return null;
    // A stop waits for these seconds: a cell that is terminated would leave the study's folder locked.
    const { records, summary } = withInterruptible(() =>
      evaluateModel(run.models, run.testCases, { ...inferenceOptions(job.config), classNames }),
    );
    const record = await writeJobRecord(folder, job, run, records);
    for (const tracker of trackers) await tracker.scores(summaryScores(summary));
    return record;
  } finally {
    for (const model of run.models) model.dispose();
  }
}

function prefixed(prefix: string, factors: Factors): Record<string, FactorValue> {
  return Object.fromEntries(
    Object.entries(factors).map(([name, value]): [string, FactorValue] => [prefix + name, value]),
  );
}

async function removeWeights(folder: string, { config }: Job): Promise<void> {
  await removeUnfinished(folder);
  await rm(join(folder, RECORD_FILE), { force: true });
  await rm(join(folder, WEIGHTS_FILE), { force: true });
  for (let member = 2; member <= config.inference.ensemble; member++) {
    await rm(memberFolder(folder, member), { recursive: true, force: true });
  }
}
