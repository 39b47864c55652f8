import { join } from "node:path";
import * as z from "zod";
import { version } from "../../../package.json";
import { DataError } from "../../core/errors";
import { writeJsonWhole } from "../../files/writeWhole";
import { checkRecords } from "../../metrics/recordsJson";
import type { CaseRecord } from "../../metrics";
import { trainingConfigSchema } from "../config/trainingConfig";
import { expectSameSettings } from "../storage/manifest";
import { readRecord } from "../storage/readRecord";
import { epochRecordSchema } from "../training/checkpoint";
import type { TrainedRun } from "../training/trainRun";
import { factorsSchema, leakSchema } from "./job";
import type { Job } from "./job";
import { JOB_RECORD_FILE } from "../storage/fileNames";

const fileSchema = z.strictObject({
  format: z.literal("layerbook-job-1"),
  id: z.string(),
  model: z.string(),
  factors: factorsSchema,
  /** The job's permitted leaks; absent if there are none. */
  leak: leakSchema.optional(),
  config: trainingConfigSchema,
  fold: z.int(),
  seed: z.int(),
  classNames: z.array(z.string()).min(2),
  /** Why the job was dropped before its training; `null` if it was trained. */
  dropped: z.string().nullable(),
  training: z
    .strictObject({
      ended: z.enum(["completed", "earlyStop"]),
      bestEpoch: z.int(),
      steps: z.int(),
      seconds: z.number(),
      records: z.array(epochRecordSchema),
    })
    .nullable(),
  /** A note on the split if the patients are unknown; see `splitNote`. */
  splitNote: z.string().nullable().optional(),
  versions: z.strictObject({ layerbook: z.string(), node: z.string() }),
  /** `checkRecords` checks these. */
  cases: z.array(z.unknown()),
});

/** The result of a job, from which tables and figures are made. */
export type JobRecord = Omit<z.infer<typeof fileSchema>, "cases"> & {
  /** Scores of each held-out case, on its own grid; empty if the job was dropped. */
  readonly cases: readonly CaseRecord[];
};

/**
 * Reads a job's record.
 *
 * @returns `null` if the job is not done
 * @throws DataError if the file is not the record of this job's cases; ConfigError if it is the record
 *   of other settings
 */
export async function readJobRecord(folder: string, job: Job): Promise<JobRecord | null> {
  const path = join(folder, JOB_RECORD_FILE);
  const expected = `the record of job ${job.id}`;
  const remedy = "Remove the file; the job then runs again.";
  const file = await readRecord(path, fileSchema, { expected, remedy });
  if (file === null) return null;
  expectSameSettings(folder, file, job);
  const cases = checkRecords(file.cases);
  const wanted = file.dropped === null ? job.split.test : [];
  const isWhole =
    cases.length === wanted.length && cases.every(({ id }, index) => id === wanted[index]);
  if (isWhole) return { ...file, cases };
  throw new DataError({
    where: path,
    expected: `${expected}, with its ${wanted.length} cases`,
    got: `${cases.length} ${cases.length === wanted.length ? "others" : "cases"}`,
    remedy,
  });
}

/** Writes the record of a trained job atomically; the job is then done. */
export async function writeJobRecord(
  folder: string,
  job: Job,
  { record }: TrainedRun,
  cases: readonly CaseRecord[],
): Promise<JobRecord> {
  const { ended, bestEpoch, steps, seconds, records } = record.result;
  if (ended === "interrupted") throw new Error("an interrupted training has no record");
  const training = { ended, bestEpoch, steps, seconds, records };
  const { classNames, data } = record;
  const { splitNote } = data;
  return write(folder, job, { dropped: null, training, classNames, splitNote, cases });
}

/** Writes the record of a job that was dropped before its training, with the reason. */
export async function writeDroppedRecord(
  folder: string,
  job: Job,
  dropped: string,
  classNames: readonly string[],
): Promise<JobRecord> {
  return write(folder, job, { dropped, training: null, classNames: [...classNames], cases: [] });
}

async function write(
  folder: string,
  { id, model, factors, config, split, leak }: Job,
  result: Pick<JobRecord, "dropped" | "training" | "classNames" | "splitNote" | "cases">,
): Promise<JobRecord> {
  const record: JobRecord = {
    format: "layerbook-job-1",
    ...{ id, model, factors: { ...factors }, config, fold: split.fold, seed: config.seed },
    ...(leak === undefined ? {} : { leak }),
    ...result,
    versions: { layerbook: version, node: process.version },
  };
  await writeJsonWhole(join(folder, JOB_RECORD_FILE), record);
  return record;
}
