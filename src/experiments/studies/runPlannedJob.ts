import { DataError } from "../../core/errors";
import type { SliceDataset } from "../../data/types";
import { hasLock } from "../storage/folderLock";
import type { TrackingOptions } from "../tracking/trackersOf";
import { loadLabelledData } from "../training/dataSource";
import type { TrainingHooks } from "../training/fitSplit";
import { rowKey } from "./job";
import type { Job } from "./job";
import { readJobRecord } from "./jobRecord";
import type { JobRecord } from "./jobRecord";
import { reasonToDrop } from "./prune";
import { runJob } from "./runJob";
import {
  expectSameContents,
  jobFolder,
  pretrainingsFolder,
  readJob,
  readStudy,
} from "./studyFolder";
import type { StudyFile } from "./studyFolder";

/** Options of {@link runPlannedJob}. */
export interface PlannedJobOptions extends TrainingHooks {
  /** The study's data, if they are in memory and known to be unchanged. */
  readonly dataset?: SliceDataset;
  readonly prune?: boolean;
  readonly keepsWeights?: boolean;
  /** Whether to wait if another process runs the job; by default that is an error. */
  readonly waits?: boolean;
  /** Tools to log the training to. */
  readonly tracking?: TrackingOptions;
}

/**
 * Runs a job by its name. It needs only the study's folder and the data, so that any machine with access
 * to both can run it.
 *
 * @returns `null` if it was asked to stop
 * @throws DataError if there is no such study or job; ConfigError if the contents of the data have
 *   changed, or another process runs the job
 */
export async function runPlannedJob(
  out: string,
  id: string,
  options: PlannedJobOptions = {},
): Promise<JobRecord | null> {
  const study = await expectStudy(out);
  const job = await expectJob(out, id);
  const folder = jobFolder(out, id);
  const done = await readJobRecord(folder, job);
  if (done !== null && !(await hasLock(folder))) return done;
  const { source, config } = study;
  const dataset = options.dataset ?? (await loadLabelledData(source, config));
  if (options.dataset === undefined) expectSameContents(out, study, dataset);
  return runJob(job, {
    ...options,
    ...{ folder, source, dataset, pretrainings: pretrainingsFolder(out) },
    ...(options.prune === true
      ? { reasonToDrop: async () => dropReason(job, await jobsOf(out, study), out) }
      : {}),
  });
}

/**
 * The id of a study's job by its index in the list, counted from 0, which a Slurm array task has.
 *
 * @throws DataError if there is no such study or job
 */
export async function jobAt(out: string, index: number): Promise<string> {
  const { jobs } = await expectStudy(out);
  const id = jobs.at(index);
  if (id !== undefined && index >= 0) return id;
  throw new DataError({
    where: out,
    expected: `a job from 0 to ${jobs.length - 1}`,
    got: String(index),
  });
}

/**
 * The records of a study's finished jobs, in the order of its plan.
 *
 * @throws DataError if there is no study
 * @example
 * const none = await studyRecords("no/such/study").catch((error: Error) => error.message);
 * none; // "no/such/study: expected a study's folder, got no study.json in it. Name the folder that was given as --out"
 */
export async function studyRecords(out: string): Promise<JobRecord[]> {
  const study = await expectStudy(out);
  return recordsOf(out, await jobsOf(out, study));
}

async function jobsOf(out: string, { jobs }: StudyFile): Promise<Job[]> {
  return Promise.all(jobs.map((id) => expectJob(out, id)));
}

async function recordsOf(out: string, jobs: readonly Job[]): Promise<JobRecord[]> {
  const records = await Promise.all(jobs.map((job) => readJobRecord(jobFolder(out, job.id), job)));
  return records.filter((record) => record !== null);
}

async function dropReason(job: Job, jobs: readonly Job[], out: string): Promise<string | null> {
  return reasonToDrop(job, await recordsOf(out, jobs), rowKey(jobs[0]));
}

async function expectStudy(out: string): Promise<StudyFile> {
  const study = await readStudy(out);
  if (study !== null) return study;
  throw new DataError({
    where: out,
    expected: "a study's folder",
    got: "no study.json in it",
    remedy: "Name the folder that was given as --out",
  });
}

async function expectJob(out: string, id: string): Promise<Job> {
  const job = await readJob(out, id);
  if (job !== null) return job;
  const { jobs } = await expectStudy(out);
  throw new DataError({
    where: out,
    expected: "a job of the study",
    got: `"${id}"`,
    remedy: `Its jobs are ${jobs.slice(0, 3).join(", ")}${jobs.length > 3 ? ", …" : ""}`,
  });
}
