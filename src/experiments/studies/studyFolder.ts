import { createHash } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { ConfigError } from "../../core/errors";
import type { SliceDataset } from "../../data/types";
import { listFolder, pathKind } from "../../files/readFiles";
import { writeJsonWhole } from "../../files/writeWhole";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { caseHashes, differenceOf } from "../storage/caseHashes";
import { expectSameSettings } from "../storage/manifest";
import { readRecord } from "../storage/readRecord";
import { jobSchema } from "./job";
import type { Job } from "./job";
import { MANIFEST_FILE, STUDY_FILE } from "../storage/fileNames";

const JOBS_FOLDER = "jobs";
/** The names of the tables of studies. */
const IS_TABLE = /^(table[12]|ablation|leak-study|k-shot)\.(md|csv|tex|json)$/;
const REMEDY = "Choose another folder, or remove this one.";

const studyFileSchema = z.strictObject({
  format: z.literal("layerbook-study-1"),
  /** The planner's name: `compare`, `ablate`, … */
  kind: z.string(),
  source: z.string(),
  /** The settings shared by all jobs, including those for reading the source or making the phantom. */
  config: trainingConfigSchema,
  /** The ids of the jobs of the latest plan, in order. */
  jobs: z.array(z.string()),
  folds: z.string(),
  cases: z.record(z.string(), z.strictObject({ image: z.string(), mask: z.string().nullable() })),
});

/** The content of `study.json`. */
export type StudyFile = z.infer<typeof studyFileSchema>;

/** A study: its name, its data and its jobs. */
export interface Study {
  /** The planner's name. */
  readonly kind: string;
  /** A path, or `phantom`. */
  readonly source: string;
  /** The settings shared by all jobs; those that the planner varies are ignored. */
  readonly config: TrainingConfig;
  readonly jobs: readonly Job[];
}

/** The folder of one of a study's jobs. */
export function jobFolder(out: string, id: string): string {
  return join(out, JOBS_FOLDER, id);
}

/** The log of a job, if its executor keeps one. */
export function jobLog(out: string, id: string): string {
  return join(jobFolder(out, id), "log.txt");
}

/** The folder where a study's jobs share pre-trained networks. */
export function pretrainingsFolder(out: string): string {
  return join(out, "pretraining");
}

/**
 * Writes a study into its folder, or checks that the folder's study is the same: jobs may be added, but
 * settings, folds and the contents of the data must stay as they were when the first job began.
 *
 * @throws ConfigError that names what differs
 */
export async function openStudy(out: string, study: Study, dataset: SliceDataset): Promise<void> {
  const cases = caseHashes(dataset.cases);
  const before = await readStudy(out);
  if (before === null) {
    await expectNoRun(out);
    await expectNoTables(out);
  }
  const folds = foldsHash(study.jobs);
  if (before !== null) {
    expectSameKind(out, before, study);
    expectSameSettings(out, { ...before, model: "" }, { ...study, model: "" });
    expectSameContents(out, before, dataset);
    if (before.folds !== folds) {
      throw new ConfigError({
        where: out,
        expected: "the folds that the study began with",
        got: "others",
        remedy: REMEDY,
      });
    }
  }
  const { kind, source, config } = study;
  const jobs = study.jobs.map(({ id }) => id);
  const file: StudyFile = {
    ...{ format: "layerbook-study-1", kind, source, config, jobs, folds, cases },
  };
  const added: Job[] = [];
  for (const job of study.jobs) {
    const planned = await readJob(out, job.id);
    if (planned === null) added.push(job);
    else expectSameJob(jobFolder(out, job.id), planned, job);
  }
  await writeJsonWhole(join(out, STUDY_FILE), file);
  for (const job of added) await writeJsonWhole(join(jobFolder(out, job.id), "job.json"), job);
}

/** Checks that a job has the data that it was planned with, since its record applies only to these. */
function expectSameJob(folder: string, planned: Job, job: Job): void {
  expectSameSettings(folder, planned, job);
  const dataOf = ({ split, unlabelled = [], leak }: Job) => {
    const { train, validation, test } = split;
    return { train, validation, test, unlabelled, leak: leak ?? null };
  };
  // The keys of parsed JSON may be in another order.
  if (isDeepStrictEqual(dataOf(planned), dataOf(job))) return;
  throw new ConfigError({
    where: folder,
    expected: "the split that the job was planned with",
    got: "a different one",
    remedy: REMEDY,
  });
}

/** Rejects the folder of a run, where a study would not be found. */
async function expectNoRun(out: string): Promise<void> {
  if ((await pathKind(join(out, MANIFEST_FILE))) === "missing") return;
  throw new ConfigError({
    where: out,
    expected: "a folder for a study",
    got: "the folder of a run",
    remedy: "Choose another folder for the study",
  });
}

/** Rejects a folder with tables but no study, since these tables are the user's own. */
async function expectNoTables(out: string): Promise<void> {
  if ((await pathKind(out)) !== "folder") return;
  const own = (await listFolder(out)).find((name) => IS_TABLE.test(name));
  if (own === undefined) return;
  throw new ConfigError({
    where: join(out, own),
    expected: "a folder without tables, or one of a study",
    got: "a file that no study wrote, which this study would replace",
    remedy: "Choose another folder for the study, or move the file away",
  });
}

/**
 * Reads the `study.json` of a folder.
 *
 * @returns `null` if there is none
 */
export function readStudy(out: string): Promise<StudyFile | null> {
  return readRecord(join(out, STUDY_FILE), studyFileSchema, {
    expected: "a study of this version",
    remedy: REMEDY,
  });
}

/** @returns `null` if the study has no such job */
export function readJob(out: string, id: string): Promise<Job | null> {
  return readRecord(join(jobFolder(out, id), "job.json"), jobSchema, {
    expected: `job ${id} of a study of this version`,
    remedy: REMEDY,
  });
}

/**
 * Rejects data whose contents have changed since the study began.
 *
 * @throws ConfigError that names the first case that differs
 */
export function expectSameContents(
  out: string,
  { cases }: Pick<StudyFile, "cases">,
  dataset: SliceDataset,
): void {
  const difference = differenceOf(cases, caseHashes(dataset.cases));
  if (difference === null) return;
  throw new ConfigError({
    where: out,
    expected: "the data that the study began with",
    got: difference,
    remedy: "Restore the data, or choose another folder: results from different data do not mix.",
  });
}

function expectSameKind(out: string, before: StudyFile, { kind }: Study): void {
  if (before.kind === kind) return;
  throw new ConfigError({
    where: out,
    expected: `an empty folder or one of ${kind}`,
    got: `one of ${before.kind}`,
    remedy: REMEDY,
  });
}

/** A hash of the cases that the folds hold out. */
function foldsHash(jobs: readonly Job[]): string {
  const parts = new Set(jobs.map(({ split }) => JSON.stringify([split.fold, split.test])));
  return createHash("sha256")
    .update([...parts].sort().join("\n"))
    .digest("hex");
}
